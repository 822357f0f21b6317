using System.Collections.Immutable;
using OrphanBoard.Agent.Commands;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding;

/// <summary>
/// Which finding ends the command: a hang on which its result depends, proven, or likely for as long as the grace. Who hangs and came from the command
/// without having lost its parent is somebody that the command is going to wait for; an orphan that hangs by itself is not. Nor is a specimen that somebody
/// has made to hang, nor what is below another guard, whose affair it is.
/// </summary>
/// <param name="command">Pid of the command.</param>
/// <param name="grace">How long a likely hang must last.</param>
/// <param name="minimumWait">How long a stall has lasted when it is first told of.</param>
internal sealed class PanicPolicy(int command, TimeSpan grace, TimeSpan minimumWait)
{
    private Dictionary<string, TimeSpan> _since = [];

    /// <summary>Judges one look; each look of the run is to be shown to it, in order.</summary>
    /// <param name="findings">Those that somebody of the tree is part of.</param>
    /// <param name="look">The look.</param>
    /// <param name="told">Ids of findings that have been told and left to go on.</param>
    /// <param name="at">Monotonic time.</param>
    /// <returns>The one that it panics of, the surest first; null: none.</returns>
    public Finding? Judge(ImmutableArray<Finding> findings, Snapshot look, IReadOnlySet<string> told, TimeSpan at)
    {
        Finding? worst = null;
        Dictionary<string, TimeSpan> since = [];
        foreach (Finding finding in findings.Where(finding => IsHang(finding) && finding.Pids.Any(pid => IsAwaited(pid, look))))
        {
            TimeSpan first = since[finding.Id] = _since.GetValueOrDefault(finding.Id, finding.Class == FindingClass.Stall ? at - minimumWait : at);
            bool counts = !told.Contains(finding.Id)
                && (finding.Confidence == Confidence.Proven || finding.Confidence == Confidence.Likely && at - first >= grace);
            if (counts && (worst is null || Weigh(finding).CompareTo(Weigh(worst)) > 0))
                worst = finding;
        }
        _since = since;
        return worst;
    }

    private static bool IsGuard(ProcessRecord process) =>
        process.Cmdline is [var program, GuardCommand.Name, ..] && Path.GetFileName(program.AsSpan()) is "orphan-agent";

    /// <summary>What somebody above it, in the tree, is going to end by itself at a time limit of its own is told, and left to that.</summary>
    public static bool Ends(Finding hang) => !hang.HasTimeLimit;

    private static (bool, Confidence) Weigh(Finding hang) => (Ends(hang), hang.Confidence);

    private static bool IsHang(Finding finding) => finding.Class is FindingClass.Deadlock or FindingClass.Stall;

    /// <summary>The command, or below it by parents that all live.</summary>
    public bool IsAwaited(int pid, Snapshot look)
    {
        // A pid that was given out again while the look walked could close a circle of parents.
        for (int steps = 0; steps < look.Processes.Length; steps++)
        {
            if (look.Find(pid) is not { IsSpecimen: false } process || IsGuard(process))
                return false;
            if (pid == command)
                return true;
            pid = process.Ppid;
        }
        return false;
    }
}
