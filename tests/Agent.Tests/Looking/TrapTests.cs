using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>Processes that make a look long, or change under it.</summary>
public sealed class TrapTests : IDisposable
{
    private const int MaxDescriptors = 65_536;
    private readonly HostLooker _looker = new(TimeProvider.System, CommandLineRedaction.WithRandomKey());

    public void Dispose() => _looker.Dispose();

    /// <summary>100,000, or as many as this machine's hard limit allows.</summary>
    [Fact]
    public async Task Look_HugeFdTable_GoesOnAndSaysWhetherItIsAll()
    {
        using Specimen specimen = await Specimen.StartAsync("fds", "100000");
        int open = Directory.EnumerateFileSystemEntries($"/proc/{specimen.Pid}/fd").Count();

        Snapshot look = _looker.Look(new HashSet<int>());

        ProcessRecord record = look.Processes.Single(p => p.Pid == specimen.Pid);
        Assert.Equal((Math.Min(open, MaxDescriptors), open > MaxDescriptors ? Sight.Failed : Sight.Seen), (record.Fds.Length, record.FdSight));
        Assert.Equal(Enumerable.Range(0, record.Fds.Length), record.Fds.Select(fd => fd.Number));
        Assert.Contains(look.Processes, p => p.Pid == Environment.ProcessId && p.FdSight == Sight.Seen);
    }

    [Fact]
    public async Task Look_NameOfBytesThatAreNoText_IsReadAndTheFieldsBehindItToo()
    {
        using Specimen specimen = await Specimen.StartAsync("raw-name");

        ProcessRecord record = specimen.LookUntil(_looker, p => p.State == 'S');

        Assert.StartsWith("\ufffd\ufffd(\n) S 1 ", record.Comm, StringComparison.Ordinal);
        Assert.Equal((Environment.ProcessId, record.Comm), (record.Ppid, record.Threads[0].Comm));
    }

    [Fact]
    public async Task Look_WhileThousandsOfProcessesComeAndGo_StaysInOrderAndKeepsTheOthers()
    {
        using Specimen specimen = await Specimen.StartAsync("forks", "2000");

        bool stormy;
        do
        {
            Snapshot look = _looker.Look(new HashSet<int> { specimen.Pid });
            ProcessRecord record = look.Processes.Single(p => p.Pid == specimen.Pid);
            // After the storm it says so with a byte and reads its pipe.
            stormy = record.Threads is not [{ Call: { Status: BlockedCallStatus.InCall, Number: 0 } }];
            Assert.Equal(look.Processes.Select(p => p.Pid).Distinct().Order(), look.Processes.Select(p => p.Pid));
            Assert.Contains(look.Processes, p => p.Pid == Environment.ProcessId && p.Cmdline is not null);
            Assert.All(look.Processes.Where(p => p.Ppid == specimen.Pid && !p.IsZombie), p => Assert.False(p.MemoryBlocked));
        }
        while (stormy);
        await specimen.NextByteAsync();
    }

    [Fact]
    public async Task Look_LeaderThatHasExited_HasItsCommandLineReadThroughAnotherThread()
    {
        using Specimen specimen = await Specimen.StartAsync("leader-exits");

        ProcessRecord record = specimen.LookUntil(_looker, p => p.State == 'Z' && p.Threads is [{ Memory: not null }]);

        Assert.Equal("leader-exits", record.Cmdline!.Value[^1]);
        Assert.False(record.MemoryBlocked);
    }

    /// <summary>Between the look at its state and the reading of its command line a leader may have left, and then there is none to be read by it.</summary>
    [Fact]
    public void ExecOf_LeaderHasLeftSince_IsToBeReadAgain()
    {
        var process = new TrackedProcess(2, 3);
        ExecFacts byLeader = process.ExecOf("server", "/bin/server", leaderLeft: false);
        byLeader.Arguments = [];

        ExecFacts byThread = process.ExecOf("server", "/bin/server", leaderLeft: true);

        Assert.Null(byThread.Arguments);
        Assert.Same(byThread, process.ExecOf("server", "/bin/server", leaderLeft: true));
    }
}
