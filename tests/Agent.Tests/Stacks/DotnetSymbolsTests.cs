using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class DotnetSymbolsTests
{
    /// <summary>A module that has its symbols in it: those of xunit do.</summary>
    private static readonly string Module = typeof(Assert).Assembly.Location;

    private static readonly byte[] File = System.IO.File.ReadAllBytes(Module);

    [Fact]
    public void LineOf_SymbolsInTheModule_AreRead()
    {
        Assert.False(System.IO.File.Exists(Path.ChangeExtension(Module, ".pdb")));

        (string File, int Line)[] lines = LinesOf(new DotnetModule(Module, Identity()));

        Assert.NotEmpty(lines);
        Assert.All(lines, line => Assert.EndsWith(".cs", line.File, StringComparison.Ordinal));
    }

    [Fact]
    public void LineOf_SymbolsOfAnotherBuild_AreNone() => Assert.Empty(LinesOf(new DotnetModule(Module, Guid.NewGuid())));

    [Fact]
    public void LineOf_ModuleThatIsNoFile_HasNone() => Assert.Empty(LinesOf(new DotnetModule(Path.GetFileName(Module), Identity())));

    private static (string, int)[] LinesOf(DotnetModule module)
    {
        var symbols = new DotnetSymbols("");
        return [.. Enumerable.Range(1, 100).Select(row => symbols.LineOf(module, new DotnetMethod(0, 0, 1, 0x06000000 + (uint)row, "", []), 0)).OfType<(string, int)>()];
    }

    /// <summary>As the module tells it: "RSDS" and the identity.</summary>
    private static Guid Identity() => new(File.AsSpan(File.AsSpan().IndexOf("RSDS"u8) + 4, 16));
}
