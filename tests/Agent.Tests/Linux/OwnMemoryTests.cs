using System.Globalization;
using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Tests.Linux;

public sealed class OwnMemoryTests
{
    [Fact]
    public void GiveBack_PagesOfFiles_AreNotResidentAndTheProgramRunsOn()
    {
        int resident = ResidentFileKb();

        OwnMemory.GiveBack();

        Assert.InRange(ResidentFileKb(), 0, resident - 1);
    }

    /// <summary>RssFile of status, kB.</summary>
    private static int ResidentFileKb() => int.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith("RssFile:", StringComparison.Ordinal))["RssFile:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
        CultureInfo.InvariantCulture);
}
