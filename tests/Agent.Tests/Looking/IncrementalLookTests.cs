using System.Collections.Immutable;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>What a look may take over from the look before, with each back end.</summary>
public sealed class IncrementalLookTests
{
    private static readonly HashSet<int> Nobody = [];

    public static TheoryData<BackendKind> Backends => [.. BackendsHere.All];

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_ProcessThatStoodStill_IsTheSameRecord(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartAsync("threads");
        ProcessRecord first = specimen.LookUntil(looker, p => p.Threads is [{ Memory.FutexWord: not null }, { Wchan: not null }]);

        ProcessRecord second = Find(looker.Look(Nobody), specimen.Pid);

        Assert.Same(first, second);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_Full_ReadsAgainAndFindsNothingNew(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartAsync("epoll");
        ProcessRecord first = specimen.LookUntil(looker, p => p.Fds.Any(fd => fd.EpollMembers is { Length: 2 }));

        Assert.Same(first, Find(looker.Look(Nobody, LookDepth.Full), specimen.Pid));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_ProcessThatHasClosedAnFd_ShowsTheNewTable(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartAsync("obey");
        ProcessRecord before = specimen.LookUntil(looker, p => p.Threads is [{ Call.Number: 0 }] && p.FindFd(4) is not null);

        await specimen.TellAsync('c');
        ProcessRecord after = specimen.LookUntil(looker, p => p.Threads is [{ Call.Status: BlockedCallStatus.InCall, State: 'S' }] && p.FindFd(4) is null);

        Assert.Equal(before.Fds.Length - 1, after.Fds.Length);
        Assert.NotEqual(before.Threads[0].Counters, after.Threads[0].Counters);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_ProcessThatHasExecutedItselfAnew_HasTheNewArguments(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartAsync("obey");
        specimen.LookUntil(looker, p => p.Threads is [{ Call.Number: 0, State: 'S' }]);

        await specimen.TellAsync('x');

        ProcessRecord after = specimen.LookUntil(looker, p => p.Cmdline is [_, "read"] && p.Threads is [{ Call.Status: BlockedCallStatus.InCall }]);
        Assert.Equal("specimen", after.Comm);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_ParentThatLeft_GivesItsSleepingChildAnother(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartAsync("sleeping-child");
        ProcessRecord child = looker.Look(Nobody).Processes.Single(p => p.Ppid == specimen.Pid);
        child = Specimen.LookUntil(looker, child.Pid, p => p.Threads is [{ State: 'S' }]);

        specimen.EndAlone();
        ProcessRecord orphan = Specimen.LookUntil(looker, child.Pid, p => p.Ppid != specimen.Pid);

        Assert.Equal(child.Threads[0].Counters, orphan.Threads[0].Counters);
        specimen.EndOrphan(child);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_SuspectNoMore_LosesTheCostlyFacts(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartAsync("read");
        ProcessRecord suspect = specimen.LookUntil(looker, p => p.Threads is [{ Call.Number: 0, State: 'S' }], suspect: true);

        ProcessRecord record = Find(looker.Look(Nobody), specimen.Pid);

        Assert.All(suspect.Fds, fd => Assert.NotNull(fd.CloseOnExec));
        Assert.All(record.Fds, fd => Assert.Null(fd.CloseOnExec));
        Assert.Null(record.HasPosixTimers);
        Assert.All(suspect.Threads, thread => Assert.NotNull(thread.SignalsBlocked));
        Assert.All(record.Threads, thread => Assert.Null(thread.SignalsBlocked));
        Assert.All(record.Threads, thread => Assert.Null(thread.LastRan));
        Assert.Same(record, Find(looker.Look(Nobody), specimen.Pid));
        Assert.Same(record, Find(looker.Look(Nobody, LookDepth.Full), specimen.Pid));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_ProcessThatIsSeized_HasItsTracer(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartAsync("seizes-child");

        ProcessRecord traced = looker.Look(Nobody).Processes.Single(p => p.Ppid == specimen.Pid);
        traced = Specimen.LookUntil(looker, traced.Pid, p => p.TracerPid != 0);

        Assert.Equal(specimen.Pid, traced.TracerPid);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_ParentThatLivedBetweenTwoLooks_IsKnownByItsChildsBirth(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        looker.Look(Nobody);
        using Specimen specimen = await Specimen.StartAsync("brief-parent");

        Snapshot look = looker.Look(Nobody);

        Birth brief = Assert.Single(look.Births, birth => birth.ParentPid == specimen.Pid);
        Birth child = Assert.Single(look.Births, birth => birth.ParentPid == brief.Pid);
        Assert.DoesNotContain(look.Processes, process => process.Pid == brief.Pid);
        // The proc connector tells numbers; the kernel program knew the name.
        Assert.Equal(backend == BackendKind.Ebpf ? "brief" : null, child.ParentComm);
        specimen.EndOrphan(Find(look, child.Pid));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_ForksBetweenTwoLooks_AreTold(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        Assert.Equal(backend == BackendKind.Ebpf ? EventsChoice.Ebpf : EventsChoice.Connector, looker.Events.Source);
        looker.Look(Nobody);
        using Specimen specimen = await Specimen.StartAsync("sleeping-child");

        Snapshot look = looker.Look(Nobody);

        ProcessRecord child = look.Processes.Single(p => p.Ppid == specimen.Pid);
        Birth birth = Assert.Single(look.Births, birth => birth.Pid == child.Pid);
        Assert.Equal(specimen.Pid, birth.ParentPid);
        Assert.InRange(birth.At, TimeSpan.FromTicks(1), look.Uptime + look.Duration);
        Assert.Contains(look.Births, birth => birth.Pid == specimen.Pid && birth.ParentPid == Environment.ProcessId);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public void Look_WholeHostManyTimes_NeverFindsThatWhoStoodStillHasChanged(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        for (int look = 0; look < 150; look++)
            looker.Look(Nobody);

        Assert.True(looker.SelfCheck.Checked > 0);
        Assert.Equal(0, looker.SelfCheck.Mismatches);
    }

    /// <summary>To exit is to run: of a thousand that end at once some do between the sweep and the reading, and the rule of who stood still is as true as before.</summary>
    [Theory]
    [InlineData('Z', true)]
    [InlineData('T', false)]
    public async Task SelfCheck_ExitedBetweenSweepAndReading_IsNoMismatch(char state, bool same)
    {
        using HostLooker looker = BackendsHere.Open(BackendKind.Proc);
        using Specimen specimen = await Specimen.StartAsync("read");
        ProcessRecord before = Find(looker.Look(Nobody), specimen.Pid);

        Assert.True(SelfCheckCounts.AreSame(before, before));
        Assert.Equal(same, SelfCheckCounts.AreSame(before, before with { State = state, Threads = [], Fds = [] }));
    }

    /// <summary>Up to twenty thousand files for which nobody waits, in a process that runs at each look, and of a suspect an fdinfo each.</summary>
    [Fact]
    public async Task Look_OfTheLookerItself_LeavesOutWhatItKeepsOpenToLook()
    {
        using HostLooker looker = BackendsHere.Open(BackendKind.Proc);
        using Specimen specimen = await Specimen.StartAsync("read");

        ImmutableArray<FileDescriptor> fds = [];
        for (int look = 0; look < 3; look++)
            fds = Find(looker.Look(new HashSet<int> { Environment.ProcessId }), Environment.ProcessId).Fds;

        // What other threads of the test run close in between has no target any more.
        string[] open = [.. Directory.GetFiles("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "")];
        Assert.Contains($"/proc/{specimen.Pid}/schedstat", open);
        Assert.DoesNotContain($"/proc/{specimen.Pid}/schedstat", fds.Select(fd => fd.Target.Text));
        Assert.Contains("socket", fds.Select(fd => fd.Target.Text.Split(':')[0]));
    }

    private static ProcessRecord Find(Snapshot look, int pid) => look.Processes.Single(p => p.Pid == pid);
}
