using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>
/// The same bug on another day has the same shape, and look-alikes have others: on real processes, varied from outside by <c>zoo-vary</c>. A run of the
/// suite takes a sample; ZOO_VARIATIONS=all takes every specimen in every variation.
/// </summary>
public sealed class VariationTests
{
    /// <summary>Another user without a name.</summary>
    private const string OtherUser = "4711";

    /// <summary>One in so many of the table's specimens is in the sample, each in one variation.</summary>
    private const int Sample = 4;

    private static bool All => Environment.GetEnvironmentVariable("ZOO_VARIATIONS") == "all";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly Variation[] Variations =
    [
        new("more-files", "taskstats", "--fds", "9"),
        new("upstream", "proc", "--fds", "2", "--upstream"),
        new("hash-in-its-name", "proc", "--suffix", "-3f2a1b9c"),
        new("another-user", "taskstats", "--uid", OtherUser, "--suffix", "-0123456789abcdef"),
        new("in-a-pid-namespace", "ebpf", "--pid-namespace"),
        new("all-at-once", "ebpf", "--fds", "30", "--suffix", "-c0ffee12", "--uid", OtherUser, "--upstream"),
    ];

    private static readonly Specimen[] Table = [.. ZooTable.Hangs.Concat(ZooTable.Leftovers).Where(specimen => specimen.Expected is { Class: not FindingClass.Hazard } && !specimen.StandsAlone)];

    public static TheoryData<string, string> Varied => [.. All
        ? Table.Concat(ZooTable.LookAlikes).SelectMany(specimen => Variations.Select(variation => (specimen.Name, variation.Name)))
        : Table.Where((_, place) => place % Sample == 0).Select((specimen, place) => (specimen.Name, Variations[place % Variations.Length].Name))
            .Concat(ZooTable.LookAlikes.Where((_, place) => place % 2 == 0).Select((specimen, place) => (specimen.Name, Variations[place % Variations.Length].Name)))];

    [Theory]
    [MemberData(nameof(Varied))]
    public async Task Shape_OfAnotherRun_IsTheSame(string name, string variationName)
    {
        Specimen specimen = Table.Concat(ZooTable.LookAlikes).Single(specimen => specimen.Name == name);
        ZooTests.SkipUnlessInstalled(specimen);
        Variation variation = Variations.Single(variation => variation.Name == variationName);

        Finding plain = await Shapes.OfAsync(specimen, Cancellation);
        string? backend = await Agent.WorksAsync(variation.Backend, Cancellation) ? variation.Backend : null;
        Finding varied = await Shapes.OfNewAsync(variation.Of(specimen), backend, Cancellation);

        Assert.Equal(plain.Fingerprint.Text, varied.Fingerprint.Text);
        Assert.Equal(plain.Fingerprint.Shape, varied.Fingerprint.Shape);
        Assert.Equal(plain.Fingerprint.Family, varied.Fingerprint.Family);
        Assert.Equal(plain.Fingerprint.Culprit, varied.Fingerprint.Culprit);
    }

    [Fact]
    public async Task Shape_OfLookAlikes_IsAnotherForEach()
    {
        Dictionary<string, string> shapes = [];
        foreach (Specimen specimen in ZooTable.LookAlikes)
        {
            string text = (await Shapes.OfAsync(specimen, Cancellation)).Fingerprint.Text;
            Assert.False(shapes.TryGetValue(text, out string? other), $"{specimen.Name} and {other} have one shape: {text}");
            shapes[text] = specimen.Name;
        }
    }

    /// <param name="Name">As the tests call it.</param>
    /// <param name="Backend">How the agent reads it, where that works.</param>
    /// <param name="Options">Of zoo-vary.</param>
    private sealed record Variation(string Name, string Backend, params string[] Options)
    {
        public Specimen Of(Specimen specimen)
        {
            bool own = specimen.Command[0].StartsWith(Places.Programs, StringComparison.Ordinal);
            var options = new List<string>(Options);
            // Interpreters lie where another user may not read, and have no hashes in their names.
            if (!own)
                Leave("--suffix");
            if (!own || !Environment.IsPrivilegedProcess)
                Leave("--uid");
            if (!Environment.IsPrivilegedProcess)
                options.Remove("--pid-namespace");
            return specimen with { Command = [Places.Program("zoo-vary"), .. options, .. specimen.Command] };

            void Leave(string option)
            {
                int at = options.IndexOf(option);
                if (at >= 0)
                    options.RemoveRange(at, 2);
            }
        }
    }
}
