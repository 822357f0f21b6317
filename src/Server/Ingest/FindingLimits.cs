using System.Collections.Immutable;
using System.Text.RegularExpressions;
using OrphanBoard.Shared.Findings;
using static OrphanBoard.Server.Ingest.FrameLimits;

namespace OrphanBoard.Server.Ingest;

/// <summary>What a finding of a frame may hold: it is stored and shown, and its keys stand in addresses.</summary>
internal static partial class FindingLimits
{
    private const int MaxSentence = 10_000;
    private const int MaxSentences = 1_000;
    private const int MaxCanonicalText = 1_000_000;
    private const int MaxParticipants = 10_000;
    private const int MaxEdges = 100_000;

    /// <exception cref="InvalidDataException">One cannot be worked with.</exception>
    public static void ThrowIfBad(ImmutableArray<Finding> findings, int max)
    {
        Require(!findings.IsDefault, "the list of findings is missing");
        Require(findings.Length <= max, $"{findings.Length} findings are more than the {max} that are taken");
        Require(findings.All(f => f is not null), "a finding is null");
        foreach (Finding finding in findings)
            ThrowIfBad(finding);
        Require(findings.DistinctBy(f => f.Id).Count() == findings.Length, "a finding is there twice");
    }

    private static void ThrowIfBad(Finding f)
    {
        Require(IsText(f.Id, 256) && f.Id.Length > 0, "a finding's id is missing or too long");
        Require(f.Rule is not null && Rule().IsMatch(f.Rule), "a finding's rule is not a kebab-case name");
        Require(IsText(f.Summary, MaxSentence), "a finding's summary is missing or too long");
        ThrowIfBad(f.Fingerprint);
        Require(!f.Pids.IsDefault && f.Pids.Length <= MaxParticipants, "a finding's pids are missing or too many");
        ThrowIfBadSentences(f.Explanation);
        ThrowIfBadSentences(f.Notes);
        ThrowIfBadSentences(f.Assumptions);
        ThrowIfBadSentences(f.NotProvenBecause);
        Require((f.BoundedBy?.Length ?? 0) <= MaxSentence, "what bounds a finding is too long");
        Require(double.IsFinite(f.WaitedSeconds), "a finding's waiting time is no number");
        Require(f.Culprit is null || IsGood(f.Culprit), "a finding's culprit is incomplete or too long");
        Require(!f.Culprits.IsDefault && f.Culprits.Length <= MaxParticipants && f.Culprits.All(IsGood), "a finding's culprits are incomplete or too many");
        Require(!f.Edges.IsDefault && f.Edges.Length <= MaxEdges && f.Edges.All(IsGood), "a finding's edges are incomplete or too many");
        Require(!f.Participants.IsDefault && f.Participants.Length <= MaxParticipants, "a finding's participants are missing or too many");
        foreach (Participant p in f.Participants)
            ThrowIfBad(p);
        Require(f.Participants.DistinctBy(p => p.Pid).Count() == f.Participants.Length, "a finding names a participant twice");
    }

    private static void ThrowIfBad(FindingFingerprint? f)
    {
        Require(f is not null && IsKey(f.Family) && IsKey(f.Shape) && IsKey(f.Exact) && (f.Culprit is null || IsKey(f.Culprit)), "a fingerprint's keys are not v1- and 26 letters of base32");
        Require(IsText(f!.Text, MaxCanonicalText) && IsText(f.Visibility, MaxSentence), "a fingerprint's text is missing or too long");
    }

    private static void ThrowIfBad(Participant? p)
    {
        Require(p is not null && IsText(p.Comm, ProcessLimits.MaxComm) && IsText(p.State, 8), "a participant's comm or state is missing or too long");
        ProcessLimits.ThrowIfBad(p!.Cmdline);
        ProcessLimits.ThrowIfBad(p.Orphan);
        ProcessLimits.ThrowIfBad(p.Threads);
        ProcessLimits.ThrowIfBad(p.Fds);
    }

    private static void ThrowIfBadSentences(ImmutableArray<string> sentences) =>
        Require(!sentences.IsDefault && sentences.Length <= MaxSentences && sentences.All(s => IsText(s, MaxSentence)), "a finding's sentences are missing, too many or too long");

    private static bool IsGood(Culprit? c) => c is not null && IsText(c.Resource, ProcessLimits.MaxText) && IsText(c.Remedy, MaxSentence);

    private static bool IsGood(WaitEdge? e) =>
        e is { From: not null, To.IsDefault: false } && IsText(e.Kind, 64) && IsText(e.Resource, ProcessLimits.MaxText) && e.To.All(t => t is not null);

    private static bool IsKey(string? key) => key is not null && Key().IsMatch(key);

    [GeneratedRegex("^v[0-9]{1,4}-[a-z2-7]{26}$")]
    private static partial Regex Key();

    [GeneratedRegex("^[a-z0-9]+(-[a-z0-9]+)*$")]
    private static partial Regex Rule();
}
