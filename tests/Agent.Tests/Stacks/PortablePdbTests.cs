using CsCheck;
using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class PortablePdbTests
{
    private static readonly byte[] Real = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "hung", "Hung.pdb"));

    [Fact]
    public void LineOf_EachMethodOfARealFile_IsALineOfItsSource()
    {
        var pdb = new PortablePdb(Real);

        (string File, int Line)[] lines = [.. Enumerable.Range(1, 50).Select(method => pdb.LineOf((uint)method, 0)).OfType<(string, int)>()];

        Assert.InRange(lines.Length, 5, 50);
        Assert.All(lines, line => Assert.EndsWith("/Hung.cs", line.File, StringComparison.Ordinal));
        string[] source = File.ReadAllLines(lines[0].File);
        Assert.All(lines, line => Assert.InRange(line.Line, 1, source.Length));
    }

    [Fact]
    public void LineOf_AnyBytesOfItAreOthers_TellsSomethingOrRefuses() =>
        Gen.Select(Gen.Int[0, Real.Length - 1], Gen.Byte).Array[1, 20].Sample(changes =>
        {
            byte[] file = [.. Real];
            foreach ((int at, byte value) in changes)
                file[at] = value;
            try
            {
                var pdb = new PortablePdb(file);
                for (uint method = 1; method < 20; method++)
                    pdb.LineOf(method, 1000);
            }
            catch (InvalidDataException)
            {
            }
        });
}
