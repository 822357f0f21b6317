using System.Collections.Immutable;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Guarding;

/// <summary>What a run under guard came to: all that its reports tell.</summary>
public sealed record GuardOutcome
{
    /// <inheritdoc/>
    public override string ToString() => nameof(GuardOutcome);

    /// <summary>The command, argument by argument, secrets redacted.</summary>
    public required ImmutableArray<string> Command { get; init; }
    public required int Pid { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public required TimeSpan Duration { get; init; }
    public required GuardEnd End { get; init; }

    /// <summary>Exit code of guard.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The command's own, 128+n for a signal; null: guard ended it.</summary>
    public int? CommandExitCode { get; init; }

    /// <summary>What was found is left as it is, for somebody to look at: <c>--keep</c>.</summary>
    public bool Kept { get; init; }

    /// <summary>What is to be told: the deadlock that was the end, orphans, hazards. The one that made it a panic first.</summary>
    public ImmutableArray<Finding> Findings { get; init; } = [];

    /// <summary>What could be seen at the last look; null: the command was over before there was one.</summary>
    public Visibility? Visibility { get; init; }

    /// <summary>The two looks that the last diagnosis rests on; null: there was none.</summary>
    public Capture? Evidence { get; init; }
    public ImmutableArray<ProcessStacks> Stacks { get; init; } = [];

    /// <summary>What the command left behind: reported, or ended by guard.</summary>
    public ImmutableArray<LeftProcess> Left { get; init; } = [];
}

public enum GuardEnd
{
    /// <summary>The command exited by itself.</summary>
    Exited,

    /// <summary>Ended for a deadlock: exit code 86.</summary>
    Deadlock,

    /// <summary>The command exited and left processes behind, with <c>--orphans=fail</c>: exit code 87.</summary>
    Orphans,

    /// <summary>Ended for <c>--timeout</c>: exit code 88.</summary>
    Timeout,
}

/// <summary>A process that lived on when the command had exited.</summary>
/// <param name="Pid">As in proc(5).</param>
/// <param name="Comm">Its name.</param>
/// <param name="Cmdline">Redacted argument vector; null: not readable.</param>
/// <param name="StartedBy">comm and pid of who started it, as far as it was seen; null: not seen.</param>
/// <param name="Since">When it started.</param>
/// <param name="Holds">Fds of it that lead where the command's own stdin, stdout and stderr led: number and what it is.</param>
/// <param name="Reaped">Guard has ended it.</param>
/// <param name="Stays">It is a build server, meant to outlive the command (data of the agent): named, not blamed.</param>
public sealed record LeftProcess(
    int Pid, string Comm, ImmutableArray<string>? Cmdline, string? StartedBy, DateTimeOffset Since, ImmutableArray<FdInfo> Holds, bool Reaped, bool Stays);
