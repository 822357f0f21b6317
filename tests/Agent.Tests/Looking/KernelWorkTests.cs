using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>What the kernel may do for a process while none of its threads runs: io_uring, AIO, and eventfds that it was given.</summary>
public sealed class KernelWorkTests
{
    public static TheoryData<BackendKind> Backends => [.. BackendsHere.All];

    private static ProcessRecord Look(HostLooker looker, Specimen specimen, Func<ProcessRecord, bool>? until = null) =>
        specimen.LookUntil(looker, process => process.Threads is [{ State: 'S' }] && (until is null || until(process)), suspect: true);

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_SuspectWithoutAny_HasNone(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");

        ProcessRecord process = Look(looker, specimen), again = Look(looker, specimen);

        Assert.Equal((false, false), (process.HasIoUring, again.HasIoUring));
        Assert.NotEqual(true, process.HasAio);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_NoSuspect_IsNotAsked(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "uring", "mapped");

        Assert.Null(specimen.In(looker.Look(new HashSet<int>())).HasIoUring);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_RingThatIsMappedAlone_IsSeen(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "uring", "mapped");

        ProcessRecord process = Look(looker, specimen), again = Look(looker, specimen);

        Assert.DoesNotContain(process.Fds, fd => fd.Target.Kind == FdKind.IoUring);
        Assert.Equal((true, true), (process.HasIoUring, again.HasIoUring));
        Assert.Equal(backend == BackendKind.Ebpf ? true : null, process.FindFd(3)!.GivenToKernel);
        Assert.Equal(backend == BackendKind.Ebpf ? false : null, process.FindFd(4)!.GivenToKernel);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_RingThatIsOver_IsNone(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "uring", "over");

        // The kernel takes it down after its last descriptor was closed.
        Look(looker, specimen, process => process.HasIoUring == false && process.FindFd(3)!.GivenToKernel != true);
    }

    /// <summary>Neither a descriptor nor a mapping (Linux 6.5): /proc has nothing of it.</summary>
    [Fact]
    public async Task Look_RingWithoutDescriptorAndMapping_IsSeenInTheKernel()
    {
        Assert.SkipUnless(BackendsHere.All.Contains(BackendKind.Ebpf), "back end ebpf does not work here");
        Assert.SkipUnless(Environment.OSVersion.Version >= new Version(6, 5), "this kernel has no such rings");
        using HostLooker looker = BackendsHere.Open(BackendKind.Ebpf);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "uring", "bare");

        Assert.True(Look(looker, specimen).HasIoUring);
    }

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Look_AioContextThatAddsToAnEventfd_IsSeenByItsMappingOrByTheEventfd(BackendKind backend)
    {
        using HostLooker looker = BackendsHere.Open(backend);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "aio");

        ProcessRecord process = Look(looker, specimen);

        Assert.Equal(false, process.HasIoUring);
        Assert.True(backend == BackendKind.Ebpf ? process.FindFd(3)!.GivenToKernel : process.HasAio);
    }

    [Fact]
    public async Task Look_HandlerThatSigchldHasToo_IsToldFromOthersInTheKernel()
    {
        Assert.SkipUnless(BackendsHere.All.Contains(BackendKind.Ebpf), "back end ebpf does not work here");
        using HostLooker looker = BackendsHere.Open(BackendKind.Ebpf);
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "handlers");

        ProcessRecord process = Look(looker, specimen);

        const ulong Child = 1UL << 16, Terminate = 1UL << 14, HangUp = 1UL << 0;
        Assert.Equal((Child | Terminate | HangUp, Child | Terminate), (process.SignalsCaught, process.SignalsCaughtAsChild));
    }
}
