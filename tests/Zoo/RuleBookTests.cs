using OrphanBoard.Shared.Diagnosis.Rules;

namespace OrphanBoard.Zoo;

/// <summary>No rule without a real hang that it names and a page that explains it.</summary>
public sealed class RuleBookTests
{
    [Fact]
    public void EachRule_HasASpecimen() =>
        Assert.Empty(RuleBook.All.Select(rule => rule.Name).Except(ZooTable.Hangs.Concat(ZooTable.Leftovers).Select(specimen => specimen.Expected!.Rule)));

    [Fact]
    public void EachRule_HasAPage() =>
        Assert.All(RuleBook.All, rule => Assert.True(File.Exists(Path.Combine(Places.RulePages, $"{rule.Name}.md")), rule.Name));

    [Fact]
    public void EachRule_IsInTheIndex()
    {
        string index = File.ReadAllText(Path.Combine(Places.RulePages, "README.md"));

        Assert.All(RuleBook.All, rule => Assert.Contains($"[{rule.Name}]({rule.Name}.md)", index, StringComparison.Ordinal));
    }
}
