using System.Text.RegularExpressions;
using CsCheck;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;

namespace OrphanBoard.Shared.Tests.Fingerprints;

public sealed partial class CanonicalFormTests
{
    [Fact]
    public void Of_AnyFindingOnAnotherDay_HasTheSameKeysAndText() =>
        (from seed in Gen.Int from day in Gen.Int select (seed, day)).Sample(again =>
        {
            Finding finding = RandomFinding.Of(again.seed);

            FindingFingerprint first = Fingerprinter.Of(finding), second = Fingerprinter.Of(RandomFinding.Again(finding, again.day));

            Assert.Equal(first.Text, second.Text);
            Assert.Equal(first, second);
        }, iter: 12_000);

    [Fact]
    public void Of_AnyFinding_NamesNoNumberAndNoPath() =>
        Gen.Int.Sample(seed =>
        {
            string text = Fingerprinter.Of(RandomFinding.Of(seed)).Text;

            Assert.DoesNotMatch(Identity(), text);
        }, iter: 1_000);

    /// <summary>Against all permutations of small graphs: equal where one of them maps the one to the other, and nowhere else.</summary>
    [Fact]
    public void Places_OfSmallGraphs_AreEqualWhereTheGraphsAre() =>
        (from a in Gen.Int[0, 1 << 14] from b in Gen.Int[0, 1 << 14] select (a, b)).Sample(pair =>
            Assert.Equal(Permutations(4).Any(permutation => Bits(pair.a, permutation) == Bits(pair.b, [0, 1, 2, 3])), Canonical(pair.a) == Canonical(pair.b)), iter: 10_000);

    [Theory]
    [InlineData(40)]
    [InlineData(41)]
    public void Places_OfACliqueOfAlikeOnes_AreFoundBySymmetry(int count)
    {
        var graph = new CanonicalGraph();
        foreach (int vertex in Enumerable.Range(0, count))
            graph.Add("x");
        foreach (int from in Enumerable.Range(0, count))
        {
            foreach (int to in Enumerable.Range(0, count).Where(to => to != from))
                graph.Connect(from, "waits", to);
        }

        int[] places = graph.Places(out bool isTotal);

        Assert.True(isTotal);
        Assert.Equal(Enumerable.Range(0, count), places.Order());
    }

    [Fact]
    public void Places_OfAMonster_AreOfAlikeOnesTogetherInBoundedTime()
    {
        var graph = new CanonicalGraph();
        const int Count = 3000;
        foreach (int vertex in Enumerable.Range(0, Count))
            graph.Add("x");
        foreach (int vertex in Enumerable.Range(0, Count))
            graph.Connect(vertex, "waits", (vertex * 7 + 1) % Count);
        foreach (int vertex in Enumerable.Range(0, Count))
            graph.Connect(vertex, "waits", (vertex + 1) % Count);
        long begin = Environment.TickCount64;

        int[] places = graph.Places(out bool isTotal);

        Assert.False(isTotal);
        Assert.True(places.Distinct().Count() < Count);
        Assert.InRange(Environment.TickCount64 - begin, 0, 60_000);
    }

    [Fact]
    public void Of_HundredsThatAllWaitForAll_IsOneShortTextWhateverTheOrder()
    {
        Finding finding = RandomFinding.OfCrowd(200);

        string text = Fingerprinter.Of(finding).Text;

        Assert.Equal(text, Fingerprinter.Of(RandomFinding.Again(finding, 1)).Text);
        Assert.NotEqual(text, Fingerprinter.Of(RandomFinding.OfCrowd(201)).Text);
        Assert.StartsWith("v1 deadlock, alike ones together\n", text, StringComparison.Ordinal);
        Assert.InRange(text.Length, 0, 2_000);
    }

    private static string Canonical(int bits)
    {
        var graph = new CanonicalGraph();
        foreach (int vertex in Enumerable.Range(0, 4))
            graph.Add(Label(bits, vertex));
        foreach ((int from, int to) in Arcs(bits))
            graph.Connect(from, "x", to);
        int[] places = graph.Places(out bool isTotal);
        Assert.True(isTotal);
        return string.Join(' ', Enumerable.Range(0, 4).OrderBy(vertex => places[vertex]).Select(vertex => Label(bits, vertex)))
            + string.Join(' ', Arcs(bits).Select(arc => $"{places[arc.From]}>{places[arc.To]}").Order(StringComparer.Ordinal));
    }

    /// <summary>Twelve arcs, and which of the first two vertices are of another kind.</summary>
    private static IEnumerable<(int From, int To)> Arcs(int bits)
    {
        int bit = 0;
        for (int from = 0; from < 4; from++)
        {
            for (int to = 0; to < 4; to++)
            {
                if (from != to && (bits >> bit++ & 1) != 0)
                    yield return (from, to);
            }
        }
    }

    private static string Label(int bits, int vertex) => vertex < 2 && (bits >> (12 + vertex) & 1) != 0 ? "y" : "x";

    private static string Bits(int bits, int[] permutation) =>
        string.Join(' ', Enumerable.Range(0, 4).OrderBy(vertex => permutation[vertex]).Select(vertex => Label(bits, vertex)))
        + string.Join(' ', Arcs(bits).Select(arc => $"{permutation[arc.From]}>{permutation[arc.To]}").Order(StringComparer.Ordinal));

    private static IEnumerable<int[]> Permutations(int count) => count == 0
        ? [[]]
        : Permutations(count - 1).SelectMany(rest => Enumerable.Range(0, count).Select(at => (int[])[.. rest[..at], count - 1, .. rest[at..]]));

    [GeneratedRegex(@"[0-9]{3,}|/tmp|0x|\[")]
    private static partial Regex Identity();
}
