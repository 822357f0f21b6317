using System.Collections.Immutable;
using System.Globalization;

namespace OrphanBoard.Agent.Stacks;

/// <summary>gdb(1) as a reader: how it is called, and what it writes.</summary>
internal static class Gdb
{
    internal const string Name = "gdb", Install = "apt-get install gdb";

    /// <summary>
    /// Arguments to read one process. Of its own files gdb runs none but those at <paramref name="trusted"/>, it changes nothing in the process, and no
    /// values of arguments are shown, which may hold secrets. Settings that an older gdb does not know are passed over by it.
    /// </summary>
    /// <param name="trusted">A file besides gdb's own directories that may extend it; null: none.</param>
    /// <param name="command">What is asked of each thread.</param>
    internal static IEnumerable<string> Words(int pid, string? trusted, string command)
    {
        string[] settings =
        [
            "auto-load off", "auto-load python-scripts on", $"auto-load safe-path $debugdir:$datadir/auto-load{(trusted is null ? "" : $":{trusted}")}",
            "debuginfod enabled off", "may-write-memory off", "may-write-registers off", "may-insert-breakpoints off", "may-call-functions off",
            "width 0", "height 0", "filename-display absolute", "print frame-arguments presence", "print entry-values no", "backtrace limit 64",
        ];
        return
        [
            "-nx", "-batch", .. settings.SelectMany(setting => (string[])["-iex", $"set {setting}"]),
            "-p", pid.ToString(CultureInfo.InvariantCulture), "-ex", $"thread apply all -c {command}",
        ];
    }

    /// <summary>
    /// What <c>bt</c> says.
    /// <code>
    /// Thread 2 (Thread 0x7f708b9616c0 (LWP 2777) "reader"):
    /// #0  __GI___libc_read (...) at ../sysdeps/unix/sysv/linux/read.c:26
    /// #1  0x000055804d65d1a5 in wait_for_end (...) at /src/hang.c:5
    /// #2  0x00007f169bff12ec in read () from /lib/x86_64-linux-gnu/libc.so.6
    /// #3  &lt;signal handler called&gt;
    /// </code>
    /// </summary>
    internal static ImmutableArray<ThreadStack> Backtraces(string text, StackTarget target) => Stacks(text, target, line =>
    {
        if (line is not ['#', >= '0' and <= '9', ..])
            return null;
        string rest = line.TrimStart(['#', .. "0123456789"]).TrimStart();
        if (rest.StartsWith("0x", StringComparison.Ordinal) && rest.IndexOf(" in ", StringComparison.Ordinal) is var to and >= 0)
            rest = rest[(to + 4)..];
        int arguments = rest.IndexOf(" (...)", StringComparison.Ordinal);
        int none = rest.IndexOf(" ()", StringComparison.Ordinal);
        int end = arguments >= 0 ? arguments : none;
        if (end < 0)
            return new StackFrame(rest);
        string function = rest[..end], place = rest[(end + (arguments >= 0 ? 6 : 3))..];
        if (place.StartsWith(" at ", StringComparison.Ordinal) && place.LastIndexOf(':') is var colon and > 4
            && int.TryParse(place.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return new StackFrame(function, place[4..colon], number);
        return place.StartsWith(" from ", StringComparison.Ordinal) && function == "??" ? Unknown(place[6..]) : new StackFrame(function);
    });

    /// <summary>
    /// What CPython's extension says to <c>py-bt</c>. Threads that run no Python have no frames, and are left out.
    /// <code>
    /// Thread 2 (Thread 0x7f708b9616c0 (LWP 2777) "python3"):
    /// Traceback (most recent call first):
    ///   &lt;built-in method read of module object at remote 0x7f708bd15b20&gt;
    ///   File "/src/hang.py", line 4, in wait_for_end
    ///     while os.read(fd, 1):
    /// </code>
    /// </summary>
    internal static ImmutableArray<ThreadStack> PythonTracebacks(string text, StackTarget target) => Stacks(text, target, line =>
    {
        const string File = "  File \"", BuiltIn = "  <built-in method ", Line = "\", line ", In = ", in ";
        if (line.StartsWith(BuiltIn, StringComparison.Ordinal))
            return new StackFrame($"{line[BuiltIn.Length..].Split(' ')[0]} (built-in)");
        if (!line.StartsWith(File, StringComparison.Ordinal) || line.LastIndexOf(Line, StringComparison.Ordinal) is var at && at < File.Length)
            return null;
        int number = at + Line.Length, end = line.IndexOf(In, number, StringComparison.Ordinal);
        return end >= 0 && int.TryParse(line.AsSpan(number, end - number), NumberStyles.None, CultureInfo.InvariantCulture, out int value)
            ? new StackFrame(line[(end + In.Length)..], line[File.Length..at], value)
            : null;
    });

    /// <summary>A frame without a symbol, told by the file that its code is from.</summary>
    internal static StackFrame Unknown(string module) => new($"?? in {Path.GetFileName(module)}");

    private static ImmutableArray<ThreadStack> Stacks(string text, StackTarget target, Func<string, StackFrame?> frame)
    {
        var stacks = new StackBuilder(target);
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith("Thread ", StringComparison.Ordinal) && line.EndsWith(':'))
                stacks.Begin(Tid(line));
            else if (frame(line) is { } read)
                stacks.Add(read);
        }
        return stacks.ToArray();
    }

    /// <summary>The number after the first LWP or process: a thread's name stands behind, and may be anything.</summary>
    private static int? Tid(string line)
    {
        foreach (string word in (ReadOnlySpan<string>)["(LWP ", "(process "])
        {
            if (line.IndexOf(word, StringComparison.Ordinal) is var at and >= 0)
            {
                ReadOnlySpan<char> digits = line.AsSpan(at + word.Length);
                return digits.IndexOf(')') is var end and > 0 && int.TryParse(digits[..end], NumberStyles.None, CultureInfo.InvariantCulture, out int tid) ? tid : null;
            }
        }
        return null;
    }
}
