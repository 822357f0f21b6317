using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding;

/// <summary>What lives on when the command has exited: who, since when, and what of the command's own stdio it holds.</summary>
internal static class LeftBehind
{
    private const string Nothing = "/dev/null";

    /// <param name="look">A look after the exit.</param>
    /// <param name="memory">What the looks of the run knew.</param>
    /// <param name="stdio">Where the command's fds 0, 1 and 2 led, as links in /proc/PID/fd read; null: closed.</param>
    public static ImmutableArray<LeftProcess> Of(TreeLook look, LookMemory memory, ImmutableArray<string?> stdio) =>
        [.. look.Last.Processes.Where(process => look.Pids.Contains(process.Pid) && !process.IsZombie).Select(process => new LeftProcess(
            process.Pid,
            process.Comm,
            process.Cmdline,
            StartedBy(process, look, memory),
            look.Last.TakenAt - (look.Last.Uptime - TimeSpan.FromSeconds((double)process.StartTimeTicks / look.Last.Host.ClockTicksPerSecond)),
            [.. LiveState.FdsOf(process, process.Fds.Length).Where(fd => fd.Target != Nothing && stdio.Contains(fd.Target))],
            Reaped: false,
            BuildServers.Has(process.Cmdline)))];

    private static string? StartedBy(ProcessRecord process, TreeLook look, LookMemory memory)
    {
        if (memory.LostParentOf(process) is { LostPpid: { } pid } lost)
            return lost.LostParent is { } comm ? $"{comm} ({pid})" : $"pid {pid}";
        return look.Last.Find(process.Ppid) is { } parent && parent.Pid != look.Last.ObserverPid ? $"{ProgramName.Of(parent.Comm, parent.Cmdline)} ({parent.Pid})" : null;
    }
}
