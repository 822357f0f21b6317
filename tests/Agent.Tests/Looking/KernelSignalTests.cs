using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>What the kernel sends signals for, and the time that a terminal gives its readers.</summary>
public sealed class KernelSignalTests
{
    public static TheoryData<BackendKind> Backends => [.. BackendsHere.All];

    private static bool Sleeps(ProcessRecord process) => process.Threads is [{ State: 'S' }];

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_FilesForWhichTheKernelSendsSignals_AreToldAsFarAsTheBackEndSees(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "signalled");

        ProcessRecord process = specimen.LookUntil(looker, Sleeps, suspect: true);

        Assert.Equal(backend == BackendKind.Ebpf ? [3, 5, 7] : [5], process.Fds.Where(fd => fd.Async).Select(fd => fd.Number));
    }

    [Fact]
    public async Task Look_OfWhoIsNoSuspect_TellsThemInTheKernelAndKeepsTheRecord()
    {
        Assert.SkipUnless(BackendsHere.All.Contains(BackendKind.Ebpf), "back end ebpf does not work here");
        using HostLooker looker = BackendsHere.Open(BackendKind.Ebpf);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "signalled");

        ProcessRecord process = specimen.LookUntil(looker, Sleeps);

        Assert.Equal([3, 5, 7], process.Fds.Where(fd => fd.Async).Select(fd => fd.Number));
        Assert.Same(process, specimen.In(looker.Look(new HashSet<int>())));
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_ChildWhoseEndIsToldByAnotherSignal_SaysByWhich(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "odd-child");

        ProcessRecord parent = specimen.LookUntil(looker, Sleeps);
        ProcessRecord child = looker.Look(new HashSet<int>()).Processes.Single(process => process.Ppid == specimen.Pid);

        Assert.Equal((null, 12), (parent.ExitSignal, child.ExitSignal));
    }

    [Fact]
    public async Task Look_SocketThatNobodyWaitsAtAndWhoseWordsNobodyTakes_SaysWhenTcpGivesUp()
    {
        using HostLooker looker = BackendsHere.Open(BackendsHere.All[0]);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "unsent");

        ProcessRecord process = specimen.LookUntil(looker, process => process.FindFd(3)?.Timeouts is not null, suspect: true);

        Assert.Equal(TimeSpan.FromSeconds(90), process.FindFd(3)!.Timeouts!.TcpUser);
        Assert.Null(process.FindFd(4)!.Timeouts);
    }

    [Theory]
    [InlineData("20", 2000)]
    [InlineData("", 0)]
    public async Task Look_TerminalThatIsRead_SaysHowLongAReadTakes(string tenths, int milliseconds)
    {
        using HostLooker looker = BackendsHere.Open(BackendsHere.All[0]);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "terminal", tenths);

        ProcessRecord process = specimen.LookUntil(looker, process => process.FindFd(4)?.Timeouts is not null, suspect: true);

        Assert.Equal(new SocketTimeouts(TimeSpan.FromMilliseconds(milliseconds), TimeSpan.Zero), process.FindFd(4)!.Timeouts);
        Assert.Null(process.FindFd(3)!.Timeouts);
    }
}
