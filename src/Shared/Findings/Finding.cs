using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Findings;

/// <summary>One thing worth telling. Field by field as in docs/contract/scan.schema.json.</summary>
public sealed record Finding
{
    /// <inheritdoc/>
    public override string ToString() => Summary;

    /// <summary>Stable while the finding lasts on this host and boot.</summary>
    public required string Id { get; init; }
    public required FindingClass Class { get; init; }
    public required Confidence Confidence { get; init; }

    /// <summary>Kebab-case rule name.</summary>
    public required string Rule { get; init; }
    public required FindingFingerprint Fingerprint { get; init; }

    /// <summary>One sentence.</summary>
    public required string Summary { get; init; }

    /// <summary>One sentence per hop.</summary>
    public required ImmutableArray<string> Explanation { get; init; }

    /// <summary>How long the longest waiter is known not to have run: a lower bound, seconds.</summary>
    public required double WaitedSeconds { get; init; }
    public required ImmutableArray<Participant> Participants { get; init; }

    /// <summary>The stuck (orphaned, stopped, zombie, hazardous) processes, ascending.</summary>
    public required ImmutableArray<int> Pids { get; init; }

    /// <summary>The first of <see cref="Culprits"/>, or null.</summary>
    public Culprit? Culprit { get; init; }
    public ImmutableArray<Culprit> Culprits { get; init; } = [];
    public ImmutableArray<string> Notes { get; init; } = [];

    /// <summary>What a proof rests on beyond what was seen; empty for none.</summary>
    public required ImmutableArray<string> Assumptions { get; init; }
    public ImmutableArray<string> NotProvenBecause { get; init; } = [];

    /// <summary>Something outside that is going to end it, or null.</summary>
    public string? BoundedBy { get; init; }

    /// <summary>Whether <see cref="BoundedBy"/> is a time limit of somebody above it, who means to end it: whoever guards it may leave it to that.</summary>
    [JsonIgnore]
    public bool HasTimeLimit { get; init; }
    public required ImmutableArray<WaitEdge> Edges { get; init; }
}

[JsonConverter(typeof(KebabCase<FindingClass>))]
public enum FindingClass { Deadlock, Stall, Orphan, Zombie, Stopped, Hazard }

/// <summary>Ascending: <see cref="Proven"/> is the strongest.</summary>
[JsonConverter(typeof(KebabCase<Confidence>))]
public enum Confidence { Suspected, Likely, Proven }

/// <summary>The four keys of a finding's fingerprint: <c>v1-</c> and 26 characters of lower-case base32 each.</summary>
/// <param name="Family">Class and edge kinds only.</param>
/// <param name="Shape">Canonical core with names normalised: what groups.</param>
/// <param name="Exact">Shape, upstream waiters, arguments normalised, counts, thread names.</param>
/// <param name="Culprit">The holder's side alone; null without a culprit.</param>
/// <param name="Text">The canonical text that <paramref name="Shape"/> is the hash of.</param>
/// <param name="Version">Version of the algorithm.</param>
/// <param name="Visibility">What could be seen, as a mask in words; compare only at the common mask.</param>
public sealed record FindingFingerprint(string Family, string Shape, string Exact, string? Culprit, string Text, int Version, string Visibility);

/// <summary>The holder and the resource whose release would free the others.</summary>
/// <param name="Pid">Holder.</param>
/// <param name="Fd">File descriptor, or null where the resource is no fd.</param>
/// <param name="Resource"><c>pipe:[inode]</c>, <c>futex:0xaddr</c>, <c>child:pid</c> ...</param>
/// <param name="Remedy">One sentence: what would end it.</param>
public sealed record Culprit(int Pid, int? Fd, string Resource, string Remedy);

/// <summary>One wait of one thread and who could end it.</summary>
/// <param name="From">Waiter.</param>
/// <param name="Clause">Waits with the same waiter and different clauses must all be ended.</param>
/// <param name="Kind">Wait kind, as <see cref="Waits.WaitKind"/>.</param>
/// <param name="Resource">What is waited for.</param>
/// <param name="To">Who could end it.</param>
/// <param name="Basis">Seen, assumed, or joined by kinship only.</param>
public sealed record WaitEdge(EdgeEnd From, int Clause, string Kind, string Resource, ImmutableArray<EdgeTarget> To, EdgeBasis Basis)
{
    /// <summary>How it waits, where the kind leaves that open: <c>send</c>, <c>one</c>, <c>unix</c>; of a set which member this is, <c>SocketRead:tcp</c>. Null: the kind says all.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Detail { get; init; }
}

public sealed record EdgeEnd(int Pid, int Tid);

/// <param name="Pid">A process that could end the wait; 0 where <paramref name="Outside"/>.</param>
/// <param name="Fd">The fd through which it could, if any.</param>
/// <param name="Outside">Something outside what is known could end it.</param>
public sealed record EdgeTarget(int Pid, int? Fd, bool Outside);

[JsonConverter(typeof(KebabCase<EdgeBasis>))]
public enum EdgeBasis { Proven, Assumed, Kinship }
