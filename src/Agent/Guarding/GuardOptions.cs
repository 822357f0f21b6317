using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Guarding;

/// <summary>How to guard. Defaults as in docs/guard.md.</summary>
internal sealed record GuardOptions
{
    /// <inheritdoc/>
    public override string ToString() => nameof(GuardOptions);

    /// <summary>How long a deadlock that is likely, and not proven, must last before it counts.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long what the command leaves behind may take to end by itself.</summary>
    public TimeSpan Linger { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Null: none.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>How long a process must stand still before a stall counts.</summary>
    public TimeSpan MinimumWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>When a stall is first told of: not after the grace is over.</summary>
    public TimeSpan StallAfter => MinimumWait < Grace ? MinimumWait : Grace;

    /// <summary>Only tell of a deadlock, and let the command go on.</summary>
    public bool OnlyReport { get; init; }

    /// <summary>Leave a deadlock alive.</summary>
    public bool Keep { get; init; }

    public OrphanPolicy Orphans { get; init; }

    /// <summary>Whether hazards are told as they come.</summary>
    public bool Hazards { get; init; }

    /// <summary>Whether user-space stacks are read on a panic.</summary>
    public bool Stacks { get; init; } = true;

    public string? JsonPath { get; init; }
    public string? JUnitPath { get; init; }
    public string? BundlePath { get; init; }
    public BackendKind? Backend { get; init; }
}

/// <summary>What is done about processes that the command leaves behind.</summary>
internal enum OrphanPolicy
{
    /// <summary>They are told of.</summary>
    Report,

    /// <summary>They are told of, and the exit code is 87.</summary>
    Fail,

    /// <summary>They are told of and ended.</summary>
    Reap,
}
