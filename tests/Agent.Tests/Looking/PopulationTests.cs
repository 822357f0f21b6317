using System.Diagnostics;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

public sealed class PopulationTests : IDisposable
{
    private readonly DirectoryHandle _proc = DirectoryHandle.Open("/proc");

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void IsAsBefore_AfterOneHasComeAndGone_SaysNo()
    {
        using var population = new Population(_proc, own: true);
        population.IsAsBefore();
        using (Process child = Process.Start("/bin/true"))
            child.WaitForExit();

        Assert.False(population.IsAsBefore());
    }

    /// <summary>A file of ours with what a machine at rest shows: this one is never at rest.</summary>
    [Theory]
    [InlineData("0.10 0.20 0.30 3/412 9001\n", true)]
    [InlineData("0.90 0.20 0.30 1/412 9001\n", true)] // load and who runs say nothing of who is there
    [InlineData("0.10 0.20 0.30 3/412 9002\n", false)] // one has come, and one has gone
    [InlineData("0.10 0.20 0.30 3/411 9001\n", false)]
    public void IsAsBefore_ByTheCounts_SaysSo(string next, bool same)
    {
        string directory = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string file = Path.Combine(directory, "loadavg");
            File.WriteAllText(file, "0.10 0.20 0.30 3/412 9001\n");
            using DirectoryHandle proc = DirectoryHandle.Open(directory);
            using var population = new Population(proc, own: true);
            Assert.False(population.IsAsBefore());

            File.WriteAllText(file, next);

            Assert.Equal(same, population.IsAsBefore());
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void IsAsBefore_AnotherPidNamespace_IsNotKnown()
    {
        using var population = new Population(_proc, own: false);
        population.IsAsBefore();

        Assert.False(population.IsAsBefore());
    }

    /// <summary>Else the two above would say nothing.</summary>
    [Fact]
    public void OpenUncovered_FileOfThisProc_IsRead()
    {
        Assert.Equal(Sight.Seen, _proc.OpenUncovered("loadavg"u8, out KeptFile loadavg));
        Span<byte> text = stackalloc byte[128];

        Assert.Equal(Sight.Seen, loadavg.Read(text, out int length));
        loadavg.Close();

        Assert.NotNull(LoadavgFile.Parse(text[..length]));
    }

    [Fact]
    public void OpenUncovered_FileOfAnotherMount_IsNotOpened()
    {
        using DirectoryHandle root = DirectoryHandle.Open("/");

        Assert.NotEqual(Sight.Seen, root.OpenUncovered("proc/loadavg"u8, out KeptFile loadavg));
        Assert.False(loadavg.IsOpen);
    }
}
