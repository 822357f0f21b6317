using System.Globalization;
using System.Text.Json;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary><c>--json FILE</c>: what <c>scan --json</c> says, and the run beside it. Schema: docs/contract/scan.schema.json.</summary>
public static class GuardJson
{
    /// <summary>As a whole or not at all.</summary>
    /// <param name="host">The host, for a run that was over before there was a look.</param>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="InvalidDataException">It is there and no regular file.</exception>
    public static void Write(string path, GuardOutcome outcome, ReportHost host, ReportContext context) =>
        WholeFile.Write(path, [.. JsonSerializer.SerializeToUtf8Bytes(Of(outcome, host, context), FindingJson.Default.ScanReport), (byte)'\n']);

    /// <summary>This host, as a look would tell of it.</summary>
    public static ReportHost ThisHost()
    {
        (string name, string release, _) = Machine.Uname();
        return new ReportHost(name, BootId(), release);
    }

    internal static ScanReport Of(GuardOutcome outcome, ReportHost host, ReportContext context)
    {
        Capture? looks = outcome.Evidence;
        return new ScanReport
        {
            Host = looks is null ? host : new ReportHost(looks.Last.Host.Name, looks.Last.Host.BootId, looks.Last.Host.Kernel),
            TakenAt = looks?.First.TakenAt ?? outcome.StartedAt,
            DurationMs = looks is null ? 0 : Math.Round((looks.Last.TakenAt + looks.Last.Duration - looks.First.TakenAt).TotalMilliseconds, 1),
            // Nobody looked: nothing was seen whole.
            Visibility = outcome.Visibility ?? new Visibility(0, 0, 0, 0, 0, false),
            Findings = outcome.Findings,
            Cut = looks is null ? null : new ReportCut(looks.Backend, Rfc3339(looks.First.TakenAt), Rfc3339(looks.Last.TakenAt + looks.Last.Duration), 0),
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

    private static string BootId()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception e) when (StateDirectory.IsFailure(e))
        {
            return "";
        }
    }

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
