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
        Assert.Empty(RuleBook.All.Select(rule => rule.Name).Where(name => !File.Exists(Path.Combine(Places.RulePages, $"{name}.md"))));
}
