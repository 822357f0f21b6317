using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Differential;

/// <summary>What a look says of still processes is what lsof +E and ss -xp say of them, in both directions.</summary>
public sealed class FdTableTests
{
    private const int Processes = 40;

    public static TheoryData<BackendKind> BackEnds => [.. BackendsHere.All];

    [Theory]
    [MemberData(nameof(BackEnds))]
    public async Task Look_StillProcesses_HaveTheFdTablesThatLsofTells(BackendKind backEnd)
    {
        await using StillLoad load = await StillLoad.StartAsync(Processes, TestContext.Current.CancellationToken);
        using HostLooker looker = BackendsHere.Open(backEnd);

        IReadOnlyList<ProcessRecord> seen = Of(looker.Look(load.Pids), load);
        IReadOnlyList<LsofFd> told = await LsofOutput.OfAsync(load.Pids);

        Assert.Equal(Processes * 23 + 3, told.Count);
        Assert.Equal(
            told.Select(fd => (fd.Pid, fd.Number, fd.Access, Describe(fd))).Order(),
            seen.SelectMany(process => process.Fds.Select(fd => (process.Pid, fd.Number, Letter(fd.Access), Describe(fd)))).Order());
        Assert.All(seen, process => Assert.Equal(Sight.Seen, process.FdSight));
    }

    [Theory]
    [MemberData(nameof(BackEnds))]
    public async Task Look_StillProcesses_HaveThePipesBetweenThemThatLsofTells(BackendKind backEnd)
    {
        await using StillLoad load = await StillLoad.StartAsync(Processes, TestContext.Current.CancellationToken);
        using HostLooker looker = BackendsHere.Open(backEnd);

        IReadOnlyList<ProcessRecord> seen = Of(looker.Look(new HashSet<int>()), load);
        IReadOnlyList<LsofFd> told = await LsofOutput.OfAsync(load.Pids);

        var ends = seen.SelectMany(process => process.Fds.Where(fd => fd.Target.Kind == FdKind.Pipe).Select(fd => (process.Pid, Fd: fd))).ToList();
        var graph = ends.Where(end => end.Fd.Access == FdAccess.Read)
            .Join(ends.Where(end => end.Fd.Access == FdAccess.Write), end => end.Fd.Target.Id, end => end.Fd.Target.Id,
                (reader, writer) => (reader.Pid, reader.Fd.Number, writer.Pid, writer.Fd.Number));
        var toldByReaders = told.Where(fd => fd is { Type: "FIFO", Access: 'r' }).SelectMany(fd => fd.Ends.Select(end => (fd.Pid, fd.Number, end.Pid, end.Fd)));
        var toldByWriters = told.Where(fd => fd is { Type: "FIFO", Access: 'w' }).SelectMany(fd => fd.Ends.Select(end => (end.Pid, end.Fd, fd.Pid, fd.Number)));
        Assert.Equal(Processes / 10 * 57, graph.Count());
        Assert.Equal(toldByReaders.Order(), graph.Order());
        Assert.Equal(toldByWriters.Order(), graph.Order());
    }

    [Theory]
    [MemberData(nameof(BackEnds))]
    public async Task Look_StillProcesses_HaveTheUnixSocketsThatSsTells(BackendKind backEnd)
    {
        await using StillLoad load = await StillLoad.StartAsync(Processes, TestContext.Current.CancellationToken);
        using HostLooker looker = BackendsHere.Open(backEnd);

        IReadOnlyList<ProcessRecord> seen = Of(looker.Look(new HashSet<int>()), load);
        IReadOnlySet<SsSocket> told = await SsOutput.UnixSocketsOfAsync(load.Pids);

        Assert.Equal(Processes * 2, told.Count);
        Assert.Equal(
            told.Select(socket => (socket.Pid, socket.Fd, socket.Inode)).Order(),
            seen.SelectMany(process => process.Fds.Where(fd => fd.Target.Kind == FdKind.Socket).Select(fd => (process.Pid, fd.Number, fd.Target.Id))).Order());
    }

    private static IReadOnlyList<ProcessRecord> Of(Snapshot look, StillLoad load) => [.. look.Processes.Where(process => load.Pids.Contains(process.Pid))];

    private static char Letter(FdAccess access) => access switch
    {
        FdAccess.Read => 'r',
        FdAccess.Write => 'w',
        FdAccess.ReadWrite => 'u',
        _ => ' ',
    };

    /// <summary>One spelling for what both say: the object's kind, and what tells it from others.</summary>
    private static string Describe(FileDescriptor fd) => fd switch
    {
        { Target.Kind: FdKind.Pipe or FdKind.Socket or FdKind.EventFd } => $"{fd.Target.Kind} {fd.Target.Id}",
        { EpollMembers: { } members } => $"{FdKind.Epoll} {string.Join(',', members.Select(member => member.Fd).Order())}",
        _ => fd.Target.Text,
    };

    private static string Describe(LsofFd fd) => fd.Type switch
    {
        "FIFO" => $"{FdKind.Pipe} {fd.Inode}",
        "unix" => $"{FdKind.Socket} {fd.Inode}",
        "a_inode" when fd.Name.StartsWith("[eventfd:", StringComparison.Ordinal) => $"{FdKind.EventFd} {Inside(fd.Name)}",
        "a_inode" when fd.Name.StartsWith("[eventpoll:", StringComparison.Ordinal) =>
            $"{FdKind.Epoll} {string.Join(',', Inside(fd.Name).Split(',').Select(int.Parse).Order())}",
        _ => fd.Name,
    };

    /// <summary>What stands between the colon and the closing bracket.</summary>
    private static string Inside(string name) => name[(name.IndexOf(':') + 1)..name.IndexOf(']')];
}
