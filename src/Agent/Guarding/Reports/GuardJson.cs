using System.Text.Json;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary><c>--json FILE</c>: what <c>scan --json</c> says, and the run beside it. Schema: docs/contract/scan.schema.json.</summary>
public static class GuardJson
{
    /// <summary>As a whole or not at all.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="InvalidDataException">It is there and no regular file.</exception>
    public static void Write(string path, GuardOutcome outcome, TimeProvider time, ReportContext context)
    {
        ScanReport report = Of(outcome, outcome.Evidence?.Last.Host ?? ThisHost(time), context);
        WholeFile.Write(path, [.. JsonSerializer.SerializeToUtf8Bytes(report, FindingJson.Default.ScanReport), (byte)'\n']);
    }

    private static HostIdentity ThisHost(TimeProvider time)
    {
        using DirectoryHandle proc = DirectoryHandle.Open("/proc");
        return HostFiles.ReadIdentity(proc, new ReadBuffer(), "/proc", time);
    }

    internal static ScanReport Of(GuardOutcome outcome, HostIdentity host, ReportContext context)
    {
        Capture? looks = outcome.Evidence;
        return new ScanReport
        {
            Host = new ReportHost(host.Name, host.BootId, host.Kernel),
            TakenAt = looks?.First.TakenAt ?? outcome.StartedAt,
            DurationMs = looks is null ? 0 : Math.Round((looks.Last.TakenAt + looks.Last.Duration - looks.First.TakenAt).TotalMilliseconds, 1),
            // Nobody looked: nothing was seen whole.
            Visibility = outcome.Visibility ?? new Visibility(0, 0, 0, 0, 0, false),
            Findings = outcome.Findings,
            Cut = looks is null ? null : ReportCut.Of(looks),
            Guard = new GuardReport(
                outcome.Command,
                outcome.Pid,
                outcome.StartedAt,
                Math.Round(outcome.Duration.TotalMilliseconds, 1),
                outcome.End switch
                {
                    GuardEnd.Deadlock => GuardEnding.Deadlock,
                    GuardEnd.Orphans => GuardEnding.Orphans,
                    GuardEnd.Timeout => GuardEnding.Timeout,
                    _ => GuardEnding.Exited,
                },
                outcome.ExitCode,
                outcome.CommandExitCode,
                outcome.Left.Count(left => left.Reaped),
                [.. outcome.Left.Select(left => new LeftReport(left.Pid, left.Comm, left.Cmdline, left.StartedBy, left.Since, left.Holds, left.Reaped, left.Stays))],
                [.. outcome.Stacks.Select(Stacks)],
                context.Seen?.Times,
                context.EvidenceAt),
        };
    }

    private static StackReport Stacks(ProcessStacks process) => new(
        process.Pid, process.Comm, process.Tool, process.Missing,
        [.. process.Threads.Select(thread => new StackThreadReport(thread.Tid, thread.Name, [.. thread.Frames.Select(frame => new StackFrameReport(frame.Function, frame.File, frame.Line))]))]);
}
