using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What a thread waits for as a noun with who holds it: <c>data in pipe 7 (fd 3), whose write end is open at fd 1 of child (14)</c>.</summary>
internal sealed class PartWords(Narrator narrator)
{
    /// <summary>Members of a set that are told one by one.</summary>
    private const int MaxMembers = 6;

    /// <summary>The members of a set, those that others hold before the process's own channels.</summary>
    public string Set(int process, ImmutableArray<HopPart> parts)
    {
        ImmutableArray<HopPart> own = [.. parts.Where(part => part.IsOwn(process))], others = [.. parts.Where(part => !part.IsOwn(process))];
        List<string> told = [.. others.Take(MaxMembers).Select(part => Of(process, part))];
        if (others.Length > MaxMembers)
            told.Add($"{others.Length - MaxMembers} more fds");
        if (own.Length > 0)
            told.Add($"what its own threads send each other (fd {Narrator.Listing(own.Select(part => part.Wait.Fd).Distinct().Order().Select(fd => $"{fd}"))})");
        return told.Count == 1 ? told[0] : $"any of {parts.Length} fds: {string.Join("; ", told)}";
    }

    public string Of(int process, HopPart part)
    {
        Wait wait = part.Wait;
        string at = $"(fd {wait.Fd})";
        return wait.Target switch
        {
            null => $"fd {wait.Fd}",
            { Kind: FdKind.Socket } socket => OfSocket(process, part, socket, at),
            { Kind: FdKind.Pipe } pipe when wait.OnlyForTheEnd => wait.Kind == WaitKind.PipeWrite
                ? $"the end of the readers of pipe {pipe.Id} {at}, whose read end {Holders(process, part)}"
                : $"the end of pipe {pipe.Id} {at}, whose write end {Holders(process, part)}",
            { Kind: FdKind.Pipe } pipe when wait.Kind == WaitKind.PipeWrite => $"room in pipe {pipe.Id} {at}, whose read end {Holders(process, part)}",
            { Kind: FdKind.Pipe } pipe => $"data in pipe {pipe.Id} {at}, whose write end {Holders(process, part)}",
            { Kind: FdKind.EventFd } eventFd => $"eventfd {eventFd.Id} {at}{Also(process, part)}",
            { Kind: FdKind.SignalFd } when wait.Kind == WaitKind.ChildWait => $"the word that one of its children has exited {at}",
            { Kind: FdKind.SignalFd } => $"signals {at}",
            { Kind: FdKind.TimerFd } when wait.Bounded == Bounded.No => $"a timer {at} that is not set",
            { Kind: FdKind.TimerFd } => $"a timer {at}",
            { Kind: FdKind.Inotify } => $"changes of files that it watches {at}",
            { Kind: FdKind.PidFd, Id: > 0 } pidFd => $"the end of {NameOf((int)pidFd.Id)} {at}",
            { Kind: FdKind.Epoll } => $"another epoll set {at}",
            { } target when wait is { Kind: WaitKind.Tty, WaitsForRoom: true } => $"room in the terminal {target.Text} {at}{Also(process, part)}",
            { } target when wait.Kind == WaitKind.Tty && WakerFinder.IsMaster(target) => $"what is written at the other side of the terminal {target.Text} {at}{Also(process, part)}",
            { } target when wait.Kind == WaitKind.Tty => $"the terminal {target.Text} {at}{Also(process, part)}",
            { } target => $"{target.Text} {at}",
        };
    }

    private string NameOf(int pid) => narrator.Find(pid) is { } process ? Narrator.Name(process) : $"process {pid}";

    private string OfSocket(int process, HopPart part, FdTarget socket, string at)
    {
        bool sends = part.Wait.Kind == WaitKind.SocketWrite;
        string what = sends ? "room to send" : "data";
        if (part.Wait.Kind == WaitKind.SocketAccept || part.Socket is { Listens: true })
            return part.Socket?.Address is { } address ? $"connections at {address} {at}" : $"connections on socket {socket.Id} {at}";
        if (part.Wait.Kind == WaitKind.SocketConnect)
            what = "an answer to its connect";
        if (part.Socket is not { } end)
            return $"{what} on socket {socket.Id} {at}";
        if (part.Wait.Kind == WaitKind.SocketConnect && !part.Wakers.IsEmpty)
            return $"{what} on socket {socket.Id} {at}: the queue of the listener is full, which is open {At(process, part.Wakers)}";
        if (!end.Peers.IsEmpty)
            return $"{what} on socket {socket.Id} {at}, whose {(end.Record.PendingAt is null ? "other end" : "listener, which has not accepted it yet,")} {Holders(process, part)}";
        if (end.Away is { } away)
            return $"{what} {(sends ? "to" : "from")} {away} {at}, which is not on this host";
        return end.Record switch
        {
            { Remote: { } remote } => $"{what} {(sends ? "to" : "from")} {remote} {at}",
            { Type: SocketType.Datagram } when end.Address is { } name => $"datagrams at {name} {at}",
            _ => $"{what} on socket {socket.Id} {at}",
        };
    }

    private string Holders(int process, HopPart part) => part.Wakers.IsEmpty ? "nobody is seen to hold" : $"is open {At(process, part.Wakers)}";

    private string Also(int process, HopPart part)
    {
        ImmutableArray<Waker> others = [.. part.Wakers.Where(waker => waker.Node != process && waker.Fd is not null)];
        return others.IsEmpty ? "" : $", also open {At(process, others)}";
    }

    /// <summary><c>at fd 1 and fd 4 of child (14) and at fd 3 of itself</c>.</summary>
    public string At(int process, ImmutableArray<Waker> wakers) => Narrator.Listing(wakers.GroupBy(waker => waker.Node).Select(group =>
    {
        string[] fds = [.. group.Where(waker => waker.Fd is not null).Select(waker => waker.Fd).Order().Select(fd => $"fd {fd}")];
        string who = group.Key == process ? "itself" : narrator.Name(group.Key);
        return fds.Length == 0 ? $"in {who}" : $"at {Narrator.Listing(fds)} of {who}";
    }));
}
