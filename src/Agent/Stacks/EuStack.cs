using System.Collections.Immutable;
using System.Globalization;

namespace OrphanBoard.Agent.Stacks;

/// <summary>eu-stack(1) of elfutils: how it is called, and what it writes. It stops its target for some hundredths of a second.</summary>
internal static class EuStack
{
    internal const string Name = "eu-stack", Install = "apt-get install elfutils";

    /// <summary>-s: source lines, -i: inlined functions, -m: the file that the code is from.</summary>
    internal static IEnumerable<string> Words(int pid) => ["-s", "-i", "-m", "-n", "64", "-p", pid.ToString(CultureInfo.InvariantCulture)];

    /// <summary>
    /// <code>
    /// TID 1883:
    /// #0  0x00007fad1e30d2ec __GI___libc_read - /usr/lib/x86_64-linux-gnu/libc.so.6
    ///     ../sysdeps/unix/sysv/linux/read.c:26:10
    /// #1  0x000055804d65d1a5 - /src/hang                  no symbol
    /// #2  0x000055804d65d1c0 reader - /src/hang
    ///     /src/hang.c:6:32
    /// </code>
    /// </summary>
    internal static ImmutableArray<ThreadStack> Backtraces(string text, StackTarget target)
    {
        const string Tid = "TID ", Place = "    ", Module = " - ";
        var stacks = new StackBuilder(target);
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith(Tid, StringComparison.Ordinal) && int.TryParse(line.AsSpan(Tid.Length).TrimEnd(':'), NumberStyles.None, CultureInfo.InvariantCulture, out int tid))
                stacks.Begin(tid);
            else if (line is ['#', >= '0' and <= '9', ..] && line.IndexOf(" 0x", StringComparison.Ordinal) is var at and > 0)
            {
                string rest = line.IndexOf(' ', at + 1) is var end and > 0 ? line[end..] : "";
                int module = rest.LastIndexOf(Module, StringComparison.Ordinal);
                string function = (module < 0 ? rest : rest[..module]).Trim();
                stacks.Add(function.Length > 0 ? new StackFrame(function) : module < 0 ? new StackFrame("??") : Gdb.Unknown(rest[(module + Module.Length)..]));
            }
            else if (line.StartsWith(Place, StringComparison.Ordinal) && FileAndLine(line[Place.Length..]) is { } place)
                stacks.Place(place.File, place.Line);
        }
        return stacks.ToArray();
    }

    /// <summary>FILE:LINE or FILE:LINE:COLUMN.</summary>
    private static (string File, int Line)? FileAndLine(string text)
    {
        if (TakeNumber(ref text) is not { } last)
            return null;
        string file = text;
        return TakeNumber(ref file) is { } line ? (file, line) : (text, last);

        static int? TakeNumber(ref string text)
        {
            int colon = text.LastIndexOf(':');
            if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
                return null;
            text = text[..colon];
            return number;
        }
    }
}
