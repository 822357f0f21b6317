using System.Collections.Immutable;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Tells once what many processes of one program do in the same way: sixty workers that read one pipe are one sentence and not sixty.</summary>
public static class AlikeHops
{
    /// <summary>Each hop that says something of its own, in the order of <paramref name="hops"/>; those that say the same but for their own pid stand with the first of them.</summary>
    /// <param name="hops">One for each process.</param>
    /// <param name="apart">What keeps two of them apart that say the same; null: nothing.</param>
    public static ImmutableArray<Hop> Join(IEnumerable<Hop> hops, Func<Hop, string>? apart = null) =>
    [
        .. hops.GroupBy(hop => (hop.Comm, Words: string.Join('\n', hop.Sentences).Replace($"({hop.Pid})", "()", StringComparison.Ordinal), Apart: apart?.Invoke(hop)))
            .Select(alike => alike.ToList() is [var first, _, ..] all ? first with { Sentences = [.. first.Sentences, Others(all.Skip(1).Select(hop => hop.Pid))] } : alike.First()),
    ];

    private static string Others(IEnumerable<int> pids)
    {
        string[] others = [.. pids.Select(pid => $"{pid}")];
        return others.Length == 1 ? $"The same goes for process {others[0]}." : $"The same goes for {others.Length} more processes: {Narrator.Listing(others)}.";
    }
}
