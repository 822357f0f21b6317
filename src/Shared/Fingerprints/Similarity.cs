using System.Collections.Immutable;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>Two findings, feature by feature.</summary>
/// <param name="SameShape">Same <c>shape</c> key; where not the same was seen of both, the same shape by what was seen of both.</param>
/// <param name="SameExact">Same <c>exact</c> key.</param>
/// <param name="Similarity">Weighted Jaccard over the feature sets, 0 (nothing in common) to 1.</param>
/// <param name="Features">All features of both, those that differ first.</param>
public sealed record Comparison(bool SameShape, bool SameExact, double Similarity, ImmutableArray<ComparedFeature> Features)
{
    /// <summary>What was seen of both, and so what they are compared by: <c>names and fds</c>, <c>names</c>, <c>fds</c> or <c>waits only</c>.</summary>
    public string By { get; init; } = "names and fds";
}

/// <param name="Feature">In words.</param>
/// <param name="In">Which of the two has it.</param>
public sealed record ComparedFeature(string Feature, FeatureSide In);

public enum FeatureSide { Both, A, B }
