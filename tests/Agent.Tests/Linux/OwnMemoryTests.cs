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

    [Fact]
    public void TakeInLargePages_Heap_IsMarkedForThem()
    {
        Assert.SkipUnless(Directory.Exists("/sys/kernel/mm/transparent_hugepage"), "a kernel without large pages");
        int marked = MarkedMappings();

        OwnMemory.TakeInLargePages();

        Assert.InRange(MarkedMappings(), marked + 1, int.MaxValue);
    }

    /// <summary>Mappings with the flag of MADV_HUGEPAGE, <c>hg</c>.</summary>
    private static int MarkedMappings() => File.ReadLines("/proc/self/smaps").Count(line => line.StartsWith("VmFlags:", StringComparison.Ordinal) && line.Contains(" hg", StringComparison.Ordinal));

    /// <summary>RssFile of status, kB.</summary>
    private static int ResidentFileKb() => int.Parse(
        File.ReadLines("/proc/self/status").Single(line => line.StartsWith("RssFile:", StringComparison.Ordinal))["RssFile:".Length..].Replace("kB", "", StringComparison.Ordinal).Trim(),
        CultureInfo.InvariantCulture);
}
