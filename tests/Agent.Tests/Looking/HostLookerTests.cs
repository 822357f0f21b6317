using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>Real processes, looked at through the real /proc.</summary>
public sealed class HostLookerTests : IDisposable
{
    private readonly HostLooker _looker = new(TimeProvider.System, CommandLineRedaction.WithRandomKey());

    public void Dispose() => _looker.Dispose();

    [Fact]
    public void Look_ThisHost_KnowsItselfAndNoKernelThread()
    {
        Snapshot look = _looker.Look(new HashSet<int>());

        ProcessRecord self = look.Processes.Single(p => p.Pid == look.ObserverPid);
        Assert.Equal(Environment.ProcessId, self.Pid);
        Assert.Equal(Sight.Seen, self.FdSight);
        Assert.True(self.Threads.Length > 1);
        Assert.DoesNotContain(look.Processes, p => p.Comm == "kthreadd");
        Assert.Equal(look.Processes.Select(p => p.Pid).Order(), look.Processes.Select(p => p.Pid));
        Assert.InRange(look.Uptime, TimeSpan.FromTicks(1), DateTimeOffset.UtcNow - look.Host.BootTime + TimeSpan.FromSeconds(2));
        Assert.True(Guid.TryParse(look.Host.BootId, out _));
    }

    [Fact]
    public async Task Look_ProcessInPipeRead_ShowsCallTableAndAccessModes()
    {
        using Specimen specimen = await Specimen.StartAsync("read");

        ProcessRecord record = specimen.LookUntil(_looker, InCall(0, "pipe_read"), suspect: true);

        Assert.Equal(0L, record.Threads[0].Call.Number);
        Assert.Equal(3UL, record.Threads[0].Call.Arguments[0]);
        Assert.NotNull(record.Threads[0].Counters);
        Assert.InRange(record.Threads[0].LastRan ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(10_000));
        FileDescriptor reading = record.Fds.Single(fd => fd.Number == 3), writing = record.Fds.Single(fd => fd.Number == 4);
        Assert.Equal((FdKind.Pipe, FdAccess.Read), (reading.Target.Kind, reading.Access));
        Assert.Equal((FdKind.Pipe, FdAccess.Write), (writing.Target.Kind, writing.Access));
        Assert.Equal(reading.Target.Id, writing.Target.Id);
        Assert.Equal([false, false], new[] { reading.CloseOnExec, writing.CloseOnExec });
        Assert.Equal("specimen", record.Comm);
        Assert.Equal("read", record.Cmdline!.Value[^1]);
        Assert.EndsWith("/specimen", record.Exe!, StringComparison.Ordinal);
        Assert.Equal((Environment.ProcessId, record.Pid, false), (record.Ppid, record.NsPid, record.HasPosixTimers));
    }

    [Fact]
    public async Task Look_ParentAndChild_ShareThePipeBetweenThem()
    {
        using Specimen specimen = await Specimen.StartAsync("read");

        Snapshot look = _looker.Look(new HashSet<int>());

        FileDescriptor stdin = look.Processes.Single(p => p.Pid == specimen.Pid).Fds.Single(fd => fd.Number == 0);
        ProcessRecord self = look.Processes.Single(p => p.Pid == Environment.ProcessId);
        Assert.Contains(self.Fds, fd => fd.Target.Id == stdin.Target.Id && fd.Access == FdAccess.Write);
    }

    [Fact]
    public async Task Look_NotASuspect_ReadsNoCostlyFacts()
    {
        using Specimen specimen = await Specimen.StartAsync("read");

        ProcessRecord record = specimen.LookUntil(_looker, InCall(0, "pipe_read"));

        Assert.All(record.Fds, fd => Assert.Null(fd.CloseOnExec));
        Assert.Null(record.HasPosixTimers);
        Assert.Null(record.Threads[0].LastRan);
    }

    [Fact]
    public async Task Look_ProcessInPoll_ReadsItsSet()
    {
        using Specimen specimen = await Specimen.StartAsync("poll");

        ProcessRecord record = specimen.LookUntil(_looker, p => p.Threads is [{ Memory: not null }]);

        Assert.Equal([new PollMember(3, 1), new PollMember(4, 8)], record.Threads[0].Memory!.PollSet!.Value);
    }

    [Fact]
    public async Task Look_ProcessInSelect_ReadsItsSetsAsPollEvents()
    {
        using Specimen specimen = await Specimen.StartAsync("select");

        ProcessRecord record = specimen.LookUntil(_looker, p => p.Threads is [{ Memory: not null }]);

        Assert.Equal([new PollMember(3, 1), new PollMember(4, 2)], record.Threads[0].Memory!.PollSet!.Value);
    }

    [Fact]
    public async Task Look_ProcessInEpoll_ReadsItsMembersAndTheEventFd()
    {
        using Specimen specimen = await Specimen.StartAsync("epoll");

        ProcessRecord record = specimen.LookUntil(_looker, p => p.Fds.Any(fd => fd.EpollMembers is { Length: 2 }));

        FileDescriptor pipe = record.Fds.Single(fd => fd.Number == 3);
        EpollMember member = record.Fds.Single(fd => fd.Target.Kind == FdKind.Epoll).EpollMembers!.Value.Single(m => m.Fd == 3);
        Assert.Equal(pipe.Target.Id, member.Inode);
        Assert.Equal(1U, member.Events & 1);
        Assert.True(record.Fds.Single(fd => fd.Target.Kind == FdKind.EventFd).CloseOnExec is false);
    }

    [Fact]
    public async Task Look_ProcessThatWaitsForAPidFd_KnowsWhose()
    {
        using Specimen specimen = await Specimen.StartAsync("pidfd");

        ProcessRecord record = specimen.LookUntil(_looker, p => p.Threads is [{ Wchan: "do_wait" }]);

        FileDescriptor pidfd = record.Fds.Single(fd => fd.Target.Kind == FdKind.PidFd);
        Snapshot look = _looker.Look(new HashSet<int>());
        Assert.Equal(specimen.Pid, look.Processes.Single(p => p.Pid == (int)pidfd.Target.Id).Ppid);
    }

    [Fact]
    public async Task Look_TwoThreads_ShowsEachWithItsNameAndFutexWord()
    {
        using Specimen specimen = await Specimen.StartAsync("threads");

        ProcessRecord record = specimen.LookUntil(_looker, p => p.Threads is [{ Memory.FutexWord: not null }, { Wchan: not null }]);

        Assert.Equal(["specimen", "second"], record.Threads.Select(t => t.Comm));
        Assert.True(record.ThreadsComplete);
        // pthread_join(3) waits on the word that holds the tid of the thread.
        Assert.Equal((uint)record.Threads[1].Tid, record.Threads[0].Memory!.FutexWord);
    }

    [Fact]
    public async Task Look_LeaderThatHasExited_ShowsTheTableOfTheOthers()
    {
        using Specimen specimen = await Specimen.StartAsync("leader-exits");

        ProcessRecord record = specimen.LookUntil(_looker, p => p.State == 'Z' && p.Threads is [{ Memory: not null }]);

        Assert.False(record.IsZombie);
        Assert.NotEqual(record.Pid, record.Threads[0].Tid);
        Assert.Equal(Sight.Seen, record.FdSight);
        Assert.Contains(record.Fds, fd => fd is { Number: 3, Target.Kind: FdKind.Pipe, Access: FdAccess.Read });
    }

    public static TheoryData<BackendKind> BackEnds => [.. BackendsHere.All];

    [Theory]
    [MemberData(nameof(BackEnds))]
    public async Task Look_Zombie_HasNeitherThreadsNorFdsAndSaysWhenItExited(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartAsync("zombie");

        Snapshot look = looker.Look(new HashSet<int>());
        ProcessRecord zombie = look.Processes.Single(p => p.Ppid == specimen.Pid);

        Assert.True(zombie.IsZombie);
        Assert.Equal((0, 0, Sight.Seen), (zombie.Threads.Length, zombie.Fds.Length, zombie.FdSight));
        Assert.Empty(zombie.Cmdline!.Value);
        TimeSpan started = TimeSpan.FromSeconds((double)zombie.StartTimeTicks / look.Host.ClockTicksPerSecond);
        Assert.InRange(zombie.ExitedAt!.Value, started - TimeSpan.FromSeconds(1), look.Uptime + TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task Look_ProcessWithAPosixTimer_SaysSo()
    {
        using Specimen specimen = await Specimen.StartAsync("timer");

        Assert.True(specimen.LookUntil(_looker, InCall(0, "pipe_read"), suspect: true).HasPosixTimers);
    }

    [Theory]
    [InlineData(") R 1 (")]
    [InlineData("a\nState:\tZ")]
    [InlineData("\u001b[2J")]
    [InlineData("((((")]
    [InlineData("\u202etxt.exe")]
    public async Task Look_HostileName_IsKeptAsItIs(string name)
    {
        using Specimen specimen = await Specimen.StartAsync("name", name);

        ProcessRecord record = specimen.LookUntil(_looker, InCall(0, "pipe_read"));

        Assert.Equal(name, record.Comm);
        Assert.Equal(name, record.Threads[0].Comm);
        Assert.Equal(Environment.ProcessId, record.Ppid);
        Assert.Equal(name, record.Cmdline!.Value[^1]);
    }

    [Fact]
    public async Task Look_ProcessThatHasEnded_IsNotThere()
    {
        using Specimen specimen = await Specimen.StartAsync("read");
        int pid = specimen.Pid;

        specimen.End();

        Assert.DoesNotContain(_looker.Look(new HashSet<int>()).Processes, p => p.Pid == pid);
    }

    [Fact]
    public async Task Look_CommandLineWithASecret_IsRedacted()
    {
        using Specimen specimen = await Specimen.StartAsync("name", "--password=hunter2");

        ProcessRecord record = specimen.LookUntil(_looker, InCall(0, "pipe_read"));

        Assert.Matches(@"^--password=\[redacted:[0-9a-f]{8}\]$", record.Cmdline!.Value[^1]);
    }

    private static Func<ProcessRecord, bool> InCall(long number, string wchan) => process =>
        process.Threads is [{ Call.Status: BlockedCallStatus.InCall } thread]
        && thread.Call.Number == number
        && thread.Wchan?.Contains(wchan, StringComparison.Ordinal) == true;
}
