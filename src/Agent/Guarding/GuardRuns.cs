using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Guarding;

/// <summary>An outcome in the form in which a server is told of it. Pure.</summary>
internal static class GuardRuns
{
    private const string CutMark = "…";

    /// <summary>Null: there is nothing to tell.</summary>
    public static GuardRun? Of(GuardOutcome outcome, CiJob job, Guid runId, string agentVersion)
    {
        if (outcome is not { Findings.IsEmpty: false, Evidence: { } evidence })
            return null;
        ImmutableArray<Finding> findings = [.. outcome.Findings.DistinctBy(f => f.Id).Take(GuardRun.MaxFindings)];
        DateTimeOffset ended = outcome.StartedAt + outcome.Duration, taken = evidence.Last.TakenAt;
        return new GuardRun
        {
            RunId = runId,
            Host = evidence.Last.Host,
            AgentVersion = agentVersion,
            Command = Cut(outcome.Command),
            Job = job.System is { } system ? new GuardedJob(Cut(system)!, Cut(job.Name ?? system)!, job.Url is { Length: <= GuardRun.MaxUrl } url ? url : null, Cut(job.Cookie)) : null,
            Commit = job.Commit,
            Branch = Cut(job.Branch),
            ExitCode = outcome.ExitCode,
            StartedAt = outcome.StartedAt,
            // The wall clock may have been set meanwhile, the duration is what it is.
            TakenAt = taken < outcome.StartedAt ? outcome.StartedAt : taken > ended ? ended : taken,
            EndedAt = ended,
            EndedBy = outcome.End.ToString().ToLowerInvariant(),
            Findings = findings,
            Ended = [.. findings.Select(f => ReasonOf(f, outcome) is { } reason ? new EndedFinding(f.Id, reason) : null).OfType<EndedFinding>()],
        };
    }

    /// <summary>How a finding ended; null: some of its processes live on.</summary>
    private static string? ReasonOf(Finding finding, GuardOutcome outcome)
    {
        if (outcome.Kept)
            return null;
        if (outcome.End is GuardEnd.Deadlock or GuardEnd.Timeout)
            return EndedFinding.ByGuard;
        LeftProcess[] left = [.. outcome.Left.Where(l => finding.Pids.Contains(l.Pid))];
        return left.Length == 0 ? EndedFinding.Exited : left.All(l => l.Reaped) ? EndedFinding.ByGuard : null;
    }

    /// <summary>As many arguments as are taken, the last one cut.</summary>
    private static ImmutableArray<string> Cut(ImmutableArray<string> command)
    {
        var cut = ImmutableArray.CreateBuilder<string>();
        int room = GuardRun.MaxCommand;
        foreach (string argument in command)
        {
            if (argument.Length + 1 + CutMark.Length + 1 > room)
            {
                cut.Add(Head(argument, room - 1 - CutMark.Length) + CutMark);
                break;
            }
            cut.Add(argument);
            room -= argument.Length + 1;
        }
        return cut.ToImmutable();
    }

    private static string? Cut(string? name) => name is { Length: > GuardRun.MaxName } ? Head(name, GuardRun.MaxName - CutMark.Length) + CutMark : name;

    /// <summary>No half of a surrogate pair.</summary>
    private static string Head(string text, int length)
    {
        if (length >= text.Length)
            return text;
        return text[..(length > 0 && char.IsHighSurrogate(text[length - 1]) ? length - 1 : length)];
    }
}
