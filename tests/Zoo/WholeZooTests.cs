using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>Hundreds of hangs and as many healthy programs on one machine: none hides or colours another.</summary>
[Collection(WholeMachine.Name)]
public sealed class WholeZooTests(WholeZoo zoo) : IClassFixture<WholeZoo>
{
    [Fact]
    public void Scan_OfHostWithWholeZoo_TellsEachHangOnce() => Assert.True(zoo.Missed.Length == 0, string.Join("\n\n", zoo.Missed));

    [Fact]
    public void Shape_OfAllHangs_IsTheSameExactlyInOneGroup()
    {
        Dictionary<string, HashSet<string>> groupsOf = [], shapesOf = [];
        foreach ((Specimen specimen, Finding finding) in zoo.Told)
        {
            string shape = finding.Fingerprint.Text, group = specimen.Expected!.Group ?? specimen.Name;
            (groupsOf.TryGetValue(shape, out HashSet<string>? groups) ? groups : groupsOf[shape] = []).Add(group);
            (shapesOf.TryGetValue(group, out HashSet<string>? shapes) ? shapes : shapesOf[group] = []).Add(shape);
        }

        string[] wrong =
        [
            .. groupsOf.Where(pair => pair.Value.Count > 1).Select(pair => $"{string.Join(", ", pair.Value)} have one shape: {pair.Key}"),
            .. shapesOf.Where(pair => pair.Value.Count > 1).Select(pair => $"{pair.Key} has several shapes: {string.Join(" | ", pair.Value)}"),
        ];
        Assert.True(wrong.Length == 0, string.Join('\n', wrong));
    }
}
