using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// CPython, as its own language sees it: py-spy, which reads the memory and stops nothing, or gdb with the extension that comes with CPython. Nothing is
/// run inside of the process, and no signal is sent to it.
/// </summary>
/// <param name="path">Value of PATH.</param>
internal sealed class PythonStacks(string path) : StackTool
{
    private const string Install = "apt-get install gdb python3-dbg, or pip install py-spy";

    public override string Name => "gdb (py-bt)";

    public override string? Lacks => (ProgramSearch.Find(PySpy.Name, path), ProgramSearch.Find(Gdb.Name, path)) switch
    {
        (null, null) => $"neither py-spy nor gdb is installed: {Install}",
        (null, _) when !HasExtension => $"gdb has no extension for the distribution's python3: {Install}",
        _ => null,
    };

    /// <summary>Where distributions put what their debug packages add to gdb.</summary>
    private static bool HasExtension
    {
        get
        {
            const string Extensions = "/usr/share/gdb/auto-load";
            var all = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
            return Directory.Exists(Extensions) && Directory.EnumerateFiles(Extensions, "*python3*-gdb.py", all).Any();
        }
    }

    public override bool Fits(StackTarget target) => TargetFacts.Of(target.Pid) is { } facts && facts.Program.StartsWith("python", StringComparison.Ordinal);

    public override async Task<ProcessStacks> ReadAsync(StackTarget target, CancellationToken limit)
    {
        try
        {
            if (ProgramSearch.Find(PySpy.Name, path) is { } pySpy
                && PySpy.Parse(await Attaching.RunAsync(target.Pid, pySpy, PySpy.Words(target.Pid), limit), target) is { IsEmpty: false } spied)
                return new ProcessStacks(target.Pid, target.Comm, PySpy.Name, spied);
            return ProgramSearch.Find(Gdb.Name, path) is { } gdb ? await ReadByGdbAsync(target, gdb, limit) : target.Without(Name, Lacks ?? $"py-spy gave no stack: {Gdb.Install} python3-dbg");
        }
        catch (LinuxException e)
        {
            return target.Without(Name, e.Message);
        }
    }

    private async Task<ProcessStacks> ReadByGdbAsync(StackTarget target, string gdb, CancellationToken limit)
    {
        if (TargetFacts.Of(target.Pid) is not { } facts)
            return target.Without(Name, Attaching.Refusal(target.Pid, Gdb.Name, ""));
        // An interpreter that was built on its own machine has its extension beside it; Debian's lies where gdb looks by itself.
        string extension = $"{facts.Exe}-gdb.py";
        string output = await Attaching.RunAsync(target.Pid, gdb, Gdb.Words(target.Pid, facts.SharesFiles && TrustedFile.Is(extension) ? extension : null, "py-bt"), limit);
        ImmutableArray<ThreadStack> threads = Gdb.PythonTracebacks(output, target);
        return threads.IsEmpty ? target.Without(Name, Reason(target.Pid, facts.Exe, output)) : new ProcessStacks(target.Pid, target.Comm, Name, threads);
    }

    private static string Reason(int pid, string exe, string output)
    {
        if (output.Contains("Undefined command: \"py-bt\"", StringComparison.Ordinal))
            return $"gdb has no extension for {exe}: {Install}";
        return output.Contains("Traceback (most recent call first)", StringComparison.Ordinal) || output.Contains("Unable to locate python frame", StringComparison.Ordinal)
            ? $"gdb has no debug symbols of {exe}: {Install}"
            : Attaching.Refusal(pid, Gdb.Name, output);
    }
}
