using System.Collections.Immutable;

namespace OrphanBoard.Agent.RiskyReading;

internal sealed record RiskyReadOptions
{
    /// <summary>How long the helper may take without a further answer. Default 100 ms. A helper that merely gets no CPU is waited for longer.</summary>
    internal TimeSpan Deadline { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a helper may take to start. Default 5 s.</summary>
    internal TimeSpan StartDeadline { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many helpers that were given up may be alive. Default 8: after that none is started until one of them has ended.</summary>
    internal int MaxGivenUp { get; init; } = 8;

    /// <summary>How long a target that blocked is not asked again, at first. Default 10 s; doubled each time up to <see cref="MaxBackOff"/>.</summary>
    internal TimeSpan BackOff { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Default 10 min.</summary>
    internal TimeSpan MaxBackOff { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Program and arguments of the helper. Default: this program.</summary>
    internal ImmutableArray<string> Command { get; init; } = [];
}
