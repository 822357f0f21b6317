using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>How alike two findings are, feature by feature, so that a person sees what differs.</summary>
public static class FingerprintComparison
{
    public static Comparison Compare(Finding a, Finding b)
    {
        Dictionary<string, double> left = Features(a), right = Features(b);
        ImmutableArray<(ComparedFeature Feature, double Weight)> all = [.. left.Keys.Union(right.Keys).Select(feature => (
            new ComparedFeature(feature, !right.ContainsKey(feature) ? FeatureSide.A : !left.ContainsKey(feature) ? FeatureSide.B : FeatureSide.Both),
            Math.Max(left.GetValueOrDefault(feature), right.GetValueOrDefault(feature))))];
        double total = all.Sum(entry => entry.Weight);
        double common = all.Where(entry => entry.Feature.In == FeatureSide.Both).Sum(entry => entry.Weight);
        return new Comparison(
            a.Fingerprint.Shape == b.Fingerprint.Shape,
            a.Fingerprint.Exact == b.Fingerprint.Exact,
            total == 0 ? 1 : Math.Round(common / total, 3),
            [.. all
                .OrderBy(entry => entry.Feature.In == FeatureSide.Both)
                .ThenByDescending(entry => entry.Weight)
                .ThenBy(entry => entry.Feature.Feature, StringComparer.Ordinal)
                .Select(entry => entry.Feature)]);
    }

    /// <summary>Features in words with their weights: what makes the shape weighs most, what only the exact key sees weighs least.</summary>
    private static Dictionary<string, double> Features(Finding finding)
    {
        FindingCore core = FindingCore.Of(finding);
        var names = finding.Participants.ToDictionary(participant => participant.Pid, participant => NameNormalizer.Of(participant.Cmdline, participant.Comm));
        var features = new Dictionary<string, double>();
        void Add(string feature, double weight) => features.TryAdd(feature, weight);

        Add($"class {finding.Class.ToString().ToLowerInvariant()}", 2);
        foreach (Participant participant in core.Core)
            Add($"{names[participant.Pid]} takes part", 3);
        foreach (CoreEdge edge in core.Edges)
            Add($"{names[edge.From]} waits for {names[edge.To]}: {Spell(edge.Kind)}", 3);
        foreach (FdRelation.FdSet set in FdRelation.Of(finding, core))
            Add($"{names[set.Pid]} has {(set.Access == "R" ? "read" : set.Access == "W" ? "write" : "an")} end of one {set.Target[..set.Target.IndexOf(':', StringComparison.Ordinal)]} at fds {set.Fds}", 2);
        foreach (WaitEdge edge in finding.Edges.Where(edge => edge.To.Any(to => to.Pid == edge.From.Pid) && core.Core.Any(participant => participant.Pid == edge.From.Pid)))
            Add($"{names.GetValueOrDefault(edge.From.Pid, "?")} waits for itself: {Spell(edge.Kind)}", 2);
        foreach (Participant participant in core.Upstream)
            Add($"{names[participant.Pid]} waits upstream", 1);
        foreach (Participant participant in finding.Participants)
        {
            Add($"{names[participant.Pid]} has {participant.Threads.Length} threads", 0.5);
            if (participant.Cmdline is { Length: > 1 } cmdline)
                Add($"{names[participant.Pid]} is called with {string.Join(' ', cmdline.Skip(1).Select(NameNormalizer.Argument))}", 0.5);
        }
        return features;
    }

    private static string Spell(string kind) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(kind).Replace('-', ' ');
}
