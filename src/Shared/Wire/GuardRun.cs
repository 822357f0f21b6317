using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Wire;

/// <summary>
/// What a run of a command under guard came to. It is told once, at its end, and apart from the stream of an agent that may run on that host.
/// </summary>
public sealed record GuardRun
{
    /// <inheritdoc/>
    public override string ToString() => nameof(GuardRun);

    /// <summary>Where it is posted to, with the agent's token.</summary>
    public const string Path = "/api/v1/guard-runs";

    /// <summary>Of the body, bytes: more is refused.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;
    public const int MaxFindings = 256;

    /// <summary>Of all arguments together, characters.</summary>
    public const int MaxCommand = 8192;

    /// <summary>Of a name: system, job, cookie, commit, branch.</summary>
    public const int MaxName = 256;
    public const int MaxUrl = 2048;

    /// <summary>New for each run: what is sent again after a lost answer is the same run.</summary>
    public required Guid RunId { get; init; }
    public required HostIdentity Host { get; init; }
    public required string AgentVersion { get; init; }

    /// <summary>The command, argument by argument, secrets redacted.</summary>
    public required ImmutableArray<string> Command { get; init; }

    /// <summary>Null: it ran in no CI job that is known.</summary>
    public GuardedJob? Job { get; init; }

    /// <summary>Commit that was checked out; null: not known.</summary>
    public string? Commit { get; init; }
    public string? Branch { get; init; }

    /// <summary>Exit code of guard.</summary>
    public required int ExitCode { get; init; }
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>The look that the findings are of.</summary>
    public required DateTimeOffset TakenAt { get; init; }
    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>What ended it: <c>exited</c>, <c>deadlock</c>, <c>orphans</c>, <c>timeout</c>.</summary>
    public required string EndedBy { get; init; }
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>Those of <see cref="Findings"/> that are over; the others are of processes that live on.</summary>
    public required ImmutableArray<EndedFinding> Ended { get; init; }
}

/// <summary>The CI job that a command ran in.</summary>
/// <param name="System">Name of the CI system, as people write it.</param>
/// <param name="Name">What the job is called there.</param>
/// <param name="Url">Its page; null: none.</param>
/// <param name="Cookie">Its mark, <c>CI_JOB_ID=4711</c>, as in <see cref="OrphanInfo.Job"/>; null: none.</param>
public sealed record GuardedJob(string System, string Name, string? Url, string? Cookie);

/// <summary>Answer to a <see cref="GuardRun"/>.</summary>
/// <param name="Board">The board.</param>
/// <param name="Findings">In the order in which they were told.</param>
public sealed record GuardAnswer(string Board, ImmutableArray<RememberedFinding> Findings);

/// <param name="Id">As <see cref="Finding.Id"/>.</param>
/// <param name="Episode">Id of its episode.</param>
/// <param name="Url">Its page on the board.</param>
/// <param name="SeenBefore">Null: never.</param>
public sealed record RememberedFinding(string Id, string Episode, string Url, SeenBefore? SeenBefore);

/// <summary>Earlier episodes of the same shape.</summary>
/// <param name="Times">How many.</param>
/// <param name="First">When the oldest began.</param>
/// <param name="Last">When the newest began.</param>
public sealed record SeenBefore(int Times, DateTimeOffset First, DateTimeOffset Last);
