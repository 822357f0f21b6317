using System.Collections.Immutable;
using OrphanBoard.Agent.Guarding.Reports.Texts;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>What a command left behind when it exited.</summary>
public static class LeftText
{
    private const int MaxTold = 20, MaxFds = 6;

    /// <summary>
    /// Nothing where nothing was left. Build servers are named beside what is blamed; alone only where one of them holds an output of the command, for whose
    /// end somebody may wait.
    /// </summary>
    public static void Write(TextWriter output, GuardOutcome outcome, ReportContext context)
    {
        TextStyle style = context.Style;
        ImmutableArray<LeftProcess> blamed = [.. outcome.Left.Where(left => !left.Stays)];
        ImmutableArray<LeftProcess> staying = [.. outcome.Left.Where(left => left.Stays && (!blamed.IsEmpty || !left.Holds.IsEmpty))];
        if (!blamed.IsEmpty)
        {
            Report.Lines(output, "", Title(outcome, style), style);
            foreach (LeftProcess left in blamed.Take(MaxTold))
                Tell(output, left, context);
            if (blamed.Length > MaxTold)
                output.WriteLine($"  and {Shown.Count(blamed.Length - MaxTold, "more process", "more processes")}");
            Report.Lines(output, "  ", Done(outcome, blamed), style);
        }
        else if (!staying.IsEmpty)
            Report.Lines(output, "", $"orphan-agent: {Report.Command(outcome, style)} has exited; what is meant to stay has its output open:", style);
        foreach (LeftProcess left in staying.Take(MaxTold))
            Tell(output, left, context);
    }

    internal static bool IsWorthTelling(GuardOutcome outcome) => outcome.Left.Any(left => !left.Stays || !left.Holds.IsEmpty);

    internal static string Title(GuardOutcome outcome, TextStyle style)
    {
        int count = outcome.Left.Count(left => !left.Stays);
        return $"orphan-agent: ORPHANS: {Report.Command(outcome, style)} has exited ({outcome.CommandExitCode?.ToString() ?? "ended"}) and left {Shown.Count(count, "process", "processes")} behind";
    }

    private static void Tell(TextWriter output, LeftProcess left, ReportContext context)
    {
        TextStyle style = context.Style;
        string command = left.Cmdline is { Length: > 0 } arguments ? $": `{Shown.Command(arguments, style, 60)}`" : "";
        string by = left.StartedBy is { } parent ? $", started by {parent}" : "";
        string since = $"since {Moments.At(left.Since, context)} ({Report.Span(Math.Max(0, (context.Now - left.Since).TotalSeconds))})";
        string stays = left.Stays ? ", a build server that is meant to stay" : "";
        Report.Lines(output, $"  {(style.Unicode ? '●' : 'o')} ", $"{ProgramName.Of(left.Comm, left.Cmdline)} ({left.Pid}){command}, {since}{by}{stays}", style);
        if (left.Holds.IsEmpty)
            return;
        string fds = string.Join(", ", left.Holds.Take(MaxFds).Select(fd => $"fd {fd.Fd} ({fd.Target})")) + (left.Holds.Length > MaxFds ? $" and {left.Holds.Length - MaxFds} more" : "");
        bool awaited = left.Holds.Any(fd => (fd.Target.StartsWith("pipe:", StringComparison.Ordinal) || fd.Target.StartsWith("socket:", StringComparison.Ordinal)));
        Report.Lines(output, "    ", $"has what the command wrote to still open: {fds}.{(awaited ? " Whoever reads it to its end waits for this process." : "")}", style);
    }

    private static string Done(GuardOutcome outcome, ImmutableArray<LeftProcess> blamed)
    {
        int reaped = blamed.Count(left => left.Reaped);
        string ended = reaped == 0 ? "" : $"guard has ended {(reaped == blamed.Length ? "all of them" : $"{reaped} of them")}; ";
        string choice = outcome.End == GuardEnd.Orphans ? " (--orphans=fail)" : reaped == 0 ? "; --orphans=reap ends them, --orphans=fail makes this exit code 87" : "";
        return $"{ended}exit code {outcome.ExitCode}{choice}";
    }
}
