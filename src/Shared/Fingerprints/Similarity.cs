using System.Collections.Immutable;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>Two findings, feature by feature.</summary>
/// <param name="SameShape">Same <c>shape</c> key.</param>
/// <param name="SameExact">Same <c>exact</c> key.</param>
/// <param name="Similarity">Weighted Jaccard over the feature sets, 0 (nothing in common) to 1.</param>
/// <param name="Features">All features of both, those that differ first.</param>
public sealed record Comparison(bool SameShape, bool SameExact, double Similarity, ImmutableArray<ComparedFeature> Features);

/// <param name="Feature">In words.</param>
/// <param name="In">Which of the two has it.</param>
public sealed record ComparedFeature(string Feature, FeatureSide In);

public enum FeatureSide { Both, A, B }
