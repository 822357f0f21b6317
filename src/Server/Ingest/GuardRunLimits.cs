using System.Text.RegularExpressions;
using OrphanBoard.Server.History;
using OrphanBoard.Shared.Wire;
using static OrphanBoard.Server.Ingest.FrameLimits;

namespace OrphanBoard.Server.Ingest;

/// <summary>What a guarded run may tell: it is stored, and its tags are listed with each episode.</summary>
internal static partial class GuardRunLimits
{
    /// <summary>Longer than any CI system lets a job run.</summary>
    private static readonly TimeSpan MaxDuration = TimeSpan.FromDays(366);

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(GuardRun run)
    {
        Require(run.RunId != Guid.Empty, "the run id is missing");
        if (Check(run.Host) is { } bad)
            throw new InvalidDataException(bad);
        Require(IsText(run.AgentVersion, 64), "the agent's version is missing or too long");
        Require(!run.Command.IsDefaultOrEmpty && run.Command.All(a => a is not null), "the command is missing");
        Require(run.Command.Sum(a => a.Length + 1L) <= GuardRun.MaxCommand, $"the command is longer than {GuardRun.MaxCommand} characters");
        Require(run.Job is null || IsGood(run.Job), "the job's name or address is missing or too long");
        Require(IsName(run.Commit) && IsName(run.Branch), "the commit or the branch is too long");
        Require(run.ExitCode is >= 0 and <= 255, "the exit code is not from 0 to 255");
        Require(run.EndedBy is not null && Word().IsMatch(run.EndedBy), "what ended the run is not a kebab-case word");
        Require(run.StartedAt <= run.TakenAt && run.TakenAt <= run.EndedAt && run.EndedAt - run.StartedAt <= MaxDuration, "the times of the run are not in their order, or a year apart");
        FindingLimits.ThrowIfBad(run.Findings, GuardRun.MaxFindings);
        Require(!run.Ended.IsDefault && run.Ended.Length <= run.Findings.Length, "the list of findings that are over is missing or too long");
        foreach (EndedFinding ended in run.Ended)
        {
            Require(ended?.Id is not null && run.Findings.Any(f => f.Id == ended.Id), "a finding is over that was not told");
            Require(ended!.Reason is not null && EndReasons.IsGuards(ended.Reason), $"a finding ended for an unknown reason '{ended.Reason}'");
        }
    }

    private static bool IsGood(GuardedJob job) =>
        IsText(job.System, GuardRun.MaxName) && IsText(job.Name, GuardRun.MaxName) && IsName(job.Cookie) && (job.Url?.Length ?? 0) <= GuardRun.MaxUrl;

    private static bool IsName(string? text) => (text?.Length ?? 0) <= GuardRun.MaxName;

    [GeneratedRegex("^[a-z-]{1,32}$")]
    private static partial Regex Word();
}
