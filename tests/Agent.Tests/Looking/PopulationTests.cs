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
