using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>How alike two findings are, feature by feature, so that a person sees what differs.</summary>
public static class FingerprintComparison
{
    public static Comparison Compare(Finding a, Finding b)
    {
        FindingCore coreOfA = FindingCore.Of(a), coreOfB = FindingCore.Of(b);
        Seen seen = SeenOf.Core(coreOfA) & SeenOf.Core(coreOfB);
        Dictionary<string, double> left = Features(a, coreOfA, seen), right = Features(b, coreOfB, seen);
        ImmutableArray<(ComparedFeature Feature, double Weight)> all = [.. left.Keys.Union(right.Keys).Select(feature => (
            new ComparedFeature(feature, !right.ContainsKey(feature) ? FeatureSide.A : !left.ContainsKey(feature) ? FeatureSide.B : FeatureSide.Both),
            Math.Max(left.GetValueOrDefault(feature), right.GetValueOrDefault(feature))))];
        double total = all.Sum(entry => entry.Weight);
        double common = all.Where(entry => entry.Feature.In == FeatureSide.Both).Sum(entry => entry.Weight);
        return new Comparison(
            a.Fingerprint.Shape == b.Fingerprint.Shape || seen != Seen.All && ShapeText.Of(a, coreOfA, seen) == ShapeText.Of(b, coreOfB, seen),
            a.Fingerprint.Exact == b.Fingerprint.Exact,
            total == 0 ? 1 : Math.Round(common / total, 3),
            [.. all
                .OrderBy(entry => entry.Feature.In == FeatureSide.Both)
                .ThenByDescending(entry => entry.Weight)
                .ThenBy(entry => entry.Feature.Feature, StringComparer.Ordinal)
                .Select(entry => entry.Feature)])
        {
            By = SeenOf.Spell(seen),
        };
    }

    /// <summary>Features in words with their weights: what makes the shape weighs most, what only the exact key sees weighs least.</summary>
    private static Dictionary<string, double> Features(Finding finding, FindingCore core, Seen seen)
    {
        Dictionary<int, string> names = finding.Participants.DistinctBy(participant => participant.Pid).ToDictionary(
            participant => participant.Pid,
            participant => (seen & Seen.Names) == 0 && core.Core.Contains(participant) ? "a process" : NameNormalizer.Of(participant.Cmdline, participant.Comm));
        var counts = new Dictionary<string, int>();
        var weights = new Dictionary<string, double>();
        void Add(string feature, double weight)
        {
            counts[feature] = counts.GetValueOrDefault(feature) + 1;
            weights[feature] = weight;
        }

        Add($"class {finding.Class.ToString().ToLowerInvariant()}", 2);
        FdRelation.FdSet[] sets = (seen & Seen.Fds) == 0 ? [] : [.. FdRelation.Of(finding, core)];
        foreach (Participant participant in core.Core)
        {
            Add($"{names[participant.Pid]} takes part", 3);
            foreach (string wait in RelevantWaits.Of(finding, participant).Where(wait => wait.Contains(':', StringComparison.Ordinal)))
                Add($"{names[participant.Pid]} waits in {Spell(wait)}", 2);
        }
        foreach (CoreEdge edge in core.Edges)
            Add($"{names[edge.From]} waits for {names[edge.To]}: {Spell(edge.Kind)}", 3);
        foreach (FdRelation.FdSet set in sets)
            Add($"{names[set.Pid]} has {(set.Access == "R" ? "read" : set.Access == "W" ? "write" : "an")} end of one {ObjectWord.Of(set.Target)} at fds {set.Fds}", 2);
        foreach (CoreEdge edge in core.Own)
            Add($"{names[edge.From]} waits for itself: {Spell(edge.Kind)}", 2);
        foreach (Participant participant in core.Upstream)
            Add($"{names[participant.Pid]} waits upstream", 1);
        foreach (Participant participant in finding.Participants)
        {
            Add($"{names[participant.Pid]} has {participant.Threads.Length} thread{(participant.Threads.Length == 1 ? "" : "s")}", 0.5);
            if (participant.Cmdline is { Length: > 1 } cmdline)
                Add($"{names[participant.Pid]} is called with {string.Join(' ', cmdline.Skip(1).Select(NameNormalizer.Argument))}", 0.5);
        }
        // What is there three times in one and twice in the other has two in common.
        return counts
            .SelectMany(pair => Enumerable.Range(1, Math.Min(pair.Value, MaxTimes)).Select(time => (Feature: time == 1 ? pair.Key : $"{pair.Key} ({time} times)", Weight: weights[pair.Key] / (time == 1 ? 1 : 2))))
            .ToDictionary(pair => pair.Feature, pair => pair.Weight);
    }

    /// <summary>Past so many the count of alike things says nothing new.</summary>
    private const int MaxTimes = 8;

    private static string Spell(string kind) => System.Text.Json.JsonNamingPolicy.KebabCaseLower.ConvertName(kind).Replace('-', ' ').Replace(':', ' ');
}
