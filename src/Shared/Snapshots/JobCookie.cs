using System.Collections.Immutable;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>
/// An environment variable that a CI runner marks the processes of a job with, or a test suite those that hang on purpose. These, and no other, are ever kept
/// of an environment.
/// </summary>
/// <param name="Key">One of <see cref="Keys"/>.</param>
/// <param name="Value">Its value, at most <see cref="MaxValueLength"/> characters; not a secret, and the same in all processes of one job.</param>
public sealed record JobCookie(string Key, string Value)
{
    /// <summary>What is kept of a value, in characters.</summary>
    public const int MaxValueLength = 256;

    /// <summary>The mark of a specimen: somebody has made it hang and is going to end it. It names no job.</summary>
    public const string Specimen = "ORPHANBOARD_SPECIMEN";

    /// <summary>The whole allow-list: GitHub Actions, Jenkins (two), GitLab, and <see cref="Specimen"/>.</summary>
    public static ImmutableArray<string> Keys { get; } = ["RUNNER_TRACKING_ID", "BUILD_ID", "JENKINS_NODE_COOKIE", "CI_JOB_ID", Specimen];
}
