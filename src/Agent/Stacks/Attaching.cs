using System.Globalization;
using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Tools that attach themselves to a process by ptrace(2), which stops it while they read.</summary>
internal static class Attaching
{
    /// <summary>Nothing of the agent's own. No debug symbols are fetched from the network (debuginfod).</summary>
    private static readonly string[] Environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C.UTF-8", "DEBUGINFOD_URLS="];

    /// <summary>Each loads the symbols of its target: a processor each, those that are asked for first in front.</summary>
    private static readonly SemaphoreSlim Places = new(System.Environment.ProcessorCount);

    /// <summary>Runs a tool to its end. What it wrote, stdout and stderr.</summary>
    /// <exception cref="LinuxException">It could not be started.</exception>
    /// <exception cref="OperationCanceledException">It was killed at the limit; its target runs on.</exception>
    internal static async Task<string> RunAsync(int pid, string program, IEnumerable<string> words, CancellationToken limit)
    {
        await Places.WaitAsync(limit);
        try
        {
            return await AttachAsync(pid, program, words, limit);
        }
        finally
        {
            Places.Release();
        }
    }

    private static async Task<string> AttachAsync(int pid, string program, IEnumerable<string> words, CancellationToken limit)
    {
        using ProcessHandle? target = ProcessHandle.TryOpen(pid);
        bool stopped = TargetFacts.Of(pid) is { Stopped: true };
        try
        {
            return await CapturedProgram.RunAsync(program, [program, .. words], Environment, limit);
        }
        catch (OperationCanceledException) when (!stopped)
        {
            // PTRACE_ATTACH stops by a SIGSTOP. Where the tracer dies before it has waited for that stop, the signal is delivered and the target stays stopped.
            target?.Send(ProcessHandle.Continue);
            throw;
        }
    }

    /// <summary>Why a tool that wrote this, and no stack, could read none; and what to do.</summary>
    internal static string Refusal(int pid, string tool, string output)
    {
        if (TargetFacts.HasEnded(pid))
            return "it has ended";
        if (TargetFacts.Of(pid) is not { } target)
            return "it may not be read, for it belongs to another user or is just executing a program: run as root";
        if (!output.Contains("not permitted", StringComparison.Ordinal) && !output.Contains("Permission denied", StringComparison.Ordinal))
            return LastLine(output) is { } said ? $"{tool} gave no stack: {said}" : $"{tool} gave no stack";
        if (target.Status.TracerPid != 0)
            return $"process {target.Status.TracerPid.ToString(CultureInfo.InvariantCulture)} traces it already, and only one can: end that one first";
        if (YamaScope() is { } scope and > 0)
        {
            return scope == 3
                ? "nobody may attach to a process: kernel.yama.ptrace_scope is 3 until the next boot"
                : $"{tool} may not attach to it, for kernel.yama.ptrace_scope is {scope.ToString(CultureInfo.InvariantCulture)}: run as root, or sudo sysctl kernel.yama.ptrace_scope=0";
        }
        return $"{tool} may not attach to it (uid {target.Status.Uid.ToString(CultureInfo.InvariantCulture)}): run as root, in a container with --cap-add=SYS_PTRACE";
    }

    private static string? LastLine(string output) =>
        output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [.., var line] ? line : null;

    private static int? YamaScope()
    {
        const string Setting = "/proc/sys/kernel/yama/ptrace_scope";
        return File.Exists(Setting) && int.TryParse(File.ReadAllText(Setting), CultureInfo.InvariantCulture, out int scope) ? scope : null;
    }
}
