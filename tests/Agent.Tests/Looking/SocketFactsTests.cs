using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>Real sockets of real processes, and their other ends.</summary>
public sealed class SocketFactsTests : IDisposable
{
    private readonly HostLooker _looker = new(TimeProvider.System, CommandLineRedaction.WithRandomKey());

    public void Dispose() => _looker.Dispose();

    [Fact]
    public async Task Look_SocketPairOfTwoProcesses_NamesThePeerOfEach()
    {
        using Specimen specimen = await Specimen.StartAsync("socket-pair");

        Snapshot look = specimen.LookUntil(_looker, look => specimen.ChildrenIn(look).Any(child => child.FindFd(5) is null && child.FindFd(6) is not null) && specimen.In(look).FindFd(6) is null);

        SocketRecord parent = SocketOf(look, specimen.In(look), 5), child = SocketOf(look, specimen.ChildrenIn(look).Single(), 6);
        Assert.Equal((SocketFamily.Unix, SocketType.Stream, SocketState.Established), (parent.Family, parent.Type, parent.State));
        Assert.Equal((child.Inode, parent.Inode), (parent.Peer!.Value, child.Peer!.Value));
        Assert.Equal((0U, 0U), (parent.ReceiveQueue!.Value, parent.SendQueue!.Value));
        Assert.Equal(specimen.In(look).Namespaces!.Net, parent.NetNamespace);
        Assert.Equal(Sight.Seen, look.SocketSight);
    }

    [Fact]
    public async Task Look_UnixConnectionThatNobodyAccepted_NamesTheListener()
    {
        using Specimen specimen = await Specimen.StartAsync("unix-listener");

        Snapshot look = _looker.Look(new HashSet<int> { specimen.Pid });

        ProcessRecord process = specimen.In(look);
        SocketRecord listener = SocketOf(look, process, 5), client = SocketOf(look, process, 6), accepted = SocketOf(look, process, 7), pending = SocketOf(look, process, 8);
        Assert.Equal((SocketState.Listening, 1U), (listener.State, listener.ReceiveQueue!.Value));
        Assert.StartsWith("@", listener.Name, StringComparison.Ordinal);
        Assert.Equal((accepted.Inode, null), (client.Peer, client.PendingAt));
        Assert.Equal((client.Inode, 3U), (accepted.Peer, accepted.ReceiveQueue!.Value));
        Assert.Equal((0UL, listener.Inode), (pending.Peer, pending.PendingAt));
        Assert.Contains(new UnixListener(listener.Inode, listener.Name!), look.UnixListeners);
    }

    [Fact]
    public async Task Look_LoopbackConnection_NamesThePeerOfEach()
    {
        using Specimen specimen = await Specimen.StartAsync("tcp-pair");

        Snapshot look = _looker.Look(new HashSet<int> { specimen.Pid });

        ProcessRecord process = specimen.In(look);
        SocketRecord listener = SocketOf(look, process, 5), client = SocketOf(look, process, 6), accepted = SocketOf(look, process, 7);
        Assert.Equal((SocketFamily.Inet, SocketState.Listening, SocketState.Established), (listener.Family, listener.State, client.State));
        Assert.Equal((accepted.Inode, client.Inode), (client.Peer, accepted.Peer));
        Assert.Equal((client.Remote, client.Local, true), (accepted.Local, accepted.Remote, client.RemoteIsLocal));
        Assert.Equal((listener.Local, null), (client.Remote, client.PendingAt));
    }

    [Fact]
    public async Task Look_LoopbackConnectionThatNobodyAccepted_NamesTheListener()
    {
        using Specimen specimen = await Specimen.StartAsync("tcp-pending");

        Snapshot look = _looker.Look(new HashSet<int> { specimen.Pid });

        ProcessRecord process = specimen.In(look);
        Assert.Equal((0UL, SocketOf(look, process, 5).Inode), (SocketOf(look, process, 6).Peer, SocketOf(look, process, 6).PendingAt));
    }

    [Fact]
    public async Task Look_SocketsOfAnotherNetworkNamespace_AreThereAndPeersOfUnixOnesAreUnknown()
    {
        using (var unshare = System.Diagnostics.Process.Start("unshare", ["--net", "true"]))
        {
            await unshare.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.SkipUnless(unshare.ExitCode == 0, "a network cannot be unshared here");
        }
        using Specimen specimen = await Specimen.StartAsync("own-network");

        Snapshot look = _looker.Look(new HashSet<int> { specimen.Pid });

        ProcessRecord process = specimen.In(look);
        SocketRecord client = SocketOf(look, process, 6), accepted = SocketOf(look, process, 7), listener = SocketOf(look, process, 8);
        Assert.NotEqual(look.Processes.Single(p => p.Pid == look.ObserverPid).Namespaces!.Net, process.Namespaces!.Net);
        Assert.Equal((process.Namespaces.Net, process.Namespaces.Net), (client.NetNamespace, listener.NetNamespace));
        Assert.Equal((accepted.Inode, client.Inode), (client.Peer, accepted.Peer));
        Assert.Equal((SocketState.Listening, "@orphan-specimen", null), (listener.State, listener.Name![..16], listener.Peer));
        Assert.DoesNotContain(look.UnixListeners, own => own.Inode == listener.Inode);
    }

    [Fact]
    public async Task Look_ReceiveTimeoutOfASocketThatIsWaitedFor_IsSeen()
    {
        using Specimen specimen = await Specimen.StartAsync("timeouts");

        ProcessRecord process = specimen.LookUntil(_looker, p => p.FindFd(6)?.Timeouts is not null, suspect: true);

        Assert.Equal(new SocketTimeouts(TimeSpan.FromSeconds(7), TimeSpan.Zero, TimeSpan.FromSeconds(9)), process.FindFd(6)!.Timeouts);
        Assert.Null(process.FindFd(7)!.Timeouts);
        // The duplicate that was asked is closed.
        Assert.DoesNotContain(_looker.Look(new HashSet<int>()).Processes.Single(p => p.Pid == Environment.ProcessId).Fds, fd => fd.Target.Id == process.FindFd(6)!.Target.Id);
    }

    [Fact]
    public async Task Look_UnixSocketWithoutTimeouts_SaysThatThereAreNone()
    {
        using Specimen specimen = await Specimen.StartAsync("socket-pair");

        ProcessRecord process = specimen.LookUntil(_looker, p => p.FindFd(5)?.Timeouts is not null, suspect: true);

        Assert.Equal(new SocketTimeouts(TimeSpan.Zero, TimeSpan.Zero, null), process.FindFd(5)!.Timeouts);
    }

    [Fact]
    public async Task Look_DescriptorThatWasSentAndNotReceived_IsCounted()
    {
        using Specimen specimen = await Specimen.StartAsync("in-flight");

        ProcessRecord process = specimen.In(_looker.Look(new HashSet<int> { specimen.Pid }));

        // The write end of the pipe, closed by its sender.
        Assert.SkipWhen(process.FindFd(5)!.DescriptorsInFlight is null, "this kernel does not show scm_fds");
        Assert.Null(process.FindFd(4));
        Assert.Equal((0, 1), (process.FindFd(5)!.DescriptorsInFlight!.Value, process.FindFd(6)!.DescriptorsInFlight!.Value));
    }

    [Fact]
    public void Look_WithoutSuspects_ReadsNoTableUnlessAsked()
    {
        Snapshot look = _looker.Look(new HashSet<int>()), asked = _looker.Look(new HashSet<int>(), tables: true);

        Assert.Equal((null, null, null, null), (look.Sockets, look.SocketSight, look.FileLocks, look.SysvObjects));
        Assert.True(asked is { Sockets: not null, SocketSight: Sight.Seen, FileLocks: not null, SysvObjects: not null, IpcNamespace: not null });
    }

    private static SocketRecord SocketOf(Snapshot look, ProcessRecord process, int fd) => look.Sockets!.Value.Single(socket => socket.Inode == process.FindFd(fd)!.Target.Id);
}
