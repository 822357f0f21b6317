using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Sockets: who is at the other end.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>Wakers are the holders of the other end, by writing, reading or closing, and those of the own end, by shutdown(2).</summary>
    private void FindSocket(HostProcess process, Wait wait, IWakerSink sink)
    {
        if (guess)
            GuessSocket(process, wait, sink);
        else if (resources.Sockets.Find(wait.Target!.Id) is not { } socket)
            Outside(wait, "who is at the other end of the socket is not known", sink);
        else if (wait.Kind == WaitKind.SocketConnect)
            FindListeners(wait, socket, sink);
        else if (WhySocketOutside(wait, socket) is { } why)
            Outside(wait, why, sink);
        else
            NameSocketHolders(wait, socket.PendingAt ?? socket.Peer!.Value, sink);
    }

    /// <summary>What is not known yet may be a local party: worth a second look, but not while its reader comes and goes.</summary>
    private void GuessSocket(HostProcess process, Wait wait, IWakerSink sink)
    {
        SocketFact fact = wait.Kind == WaitKind.SocketConnect ? default : resources.Sockets.FactOf(wait.Target!.Id);
        if (fact.Party == SocketParty.Local)
            NameSocketHolders(wait, fact.Peer, sink);
        else if (fact.Party == SocketParty.Outside || IsComingAndGoing(process))
            Outside(wait, "what it waits for can come from outside", sink);
        else
            NotKnownYet(wait, sink);
    }

    /// <summary>It has just run, and the tables were not read: nothing could be told of it at this look.</summary>
    private bool IsComingAndGoing(HostProcess process) => process is { HasChanged: true, IsNew: false } && resources.Look.Sockets is null;

    private static void NotKnownYet(Wait wait, IWakerSink sink)
    {
        sink.Begin(wait);
        sink.End(Openness.NotKnownYet, null);
    }

    /// <summary>Why somebody else than the holders of both ends could end it, or why it is about to end; or null.</summary>
    private string? WhySocketOutside(Wait wait, SocketRecord socket)
    {
        if (socket.State == SocketState.Listening)
            return "anybody may connect";
        // Datagrams of one that has no name come from the one who is connected with it alone, and who sends waits for that one to read.
        bool between = socket is { Family: SocketFamily.Unix, State: SocketState.Established, Peer: { } and not 0 } && (socket.Name is null || wait.Kind == WaitKind.SocketWrite);
        if (socket.Type == SocketType.Datagram && !between)
            return "anybody who knows its name may send";
        if (!socket.IsConnected)
            return "the socket is not connected, or no longer";
        if (socket is { Peer: null })
            return "its other end is not on this host, or cannot be seen";
        if (socket is { Peer: 0, PendingAt: null })
            return "its other end is closed: it is about to wake";
        if (IsAboutToWake(wait, socket))
            return "the socket is ready: it is about to wake";
        return null;
    }

    /// <summary>A queue whose length is not known may hold anything.</summary>
    private bool IsAboutToWake(Wait wait, SocketRecord socket)
    {
        SocketRecord? peer = socket.Peer is { } inode and not 0 ? resources.Sockets.Find(inode) : null;
        bool writes = wait.Kind == WaitKind.SocketWrite || (wait.Events & WatchesWrite) != 0 && !wait.EdgeTriggered;
        bool reads = wait.Kind == WaitKind.SocketRead && (wait.Events == 0 || (wait.Events & WatchesRead) != 0);
        // Who is told of it once (EPOLLET) has been told of what lies there.
        bool unread = wait.EdgeTriggered && socket.State == SocketState.Established ? socket.ReceiveQueue is null : socket.ReceiveQueue is not 0;
        // What is sent over TCP is in one queue or the other.
        if (reads && (unread || peer is { Family: not SocketFamily.Unix, SendQueue: not 0 } || IsShut(socket, 1)))
            return true;
        return writes && (socket.SendQueue is null or 0 || peer is { ReceiveQueue: null or 0 } || IsShut(socket, 2));
    }

    private static bool IsShut(SocketRecord socket, int way) => socket.Shutdown is { } shut && (shut & way) != 0;

    private const uint WatchesRead = 1 | 2 | 0x40 | 0x80 | 0x2000, WatchesWrite = 4 | 0x100 | 0x200;

    /// <param name="wait">Whose own end.</param>
    /// <param name="peer">Inode of the other end.</param>
    /// <param name="sink">Is told.</param>
    private void NameSocketHolders(Wait wait, ulong peer, IWakerSink sink)
    {
        OrderedList<Holder> far = resources.HoldersOfSocket(peer);
        OrderedList<Holder> near = resources.HoldersOf(wait.Target!);
        bool? givesUp = guess ? false : MayGiveUp(wait.Target!.Id, near) | MayGiveUp(peer, far);
        sink.Begin(wait);
        if (givesUp is null)
            sink.Assume(Assumption.NoTcpUserTimeout);
        if (!Name(far, direct: true, sink) || !Name(near, direct: false, sink))
            sink.End(Openness.Closed, null);
        else if (givesUp == true)
            sink.End(Openness.Outside, "what was sent is not taken, and TCP gives up (TCP_USER_TIMEOUT)");
        else if (far.Count == 0 || UnseenOf(far) == Unseen.Somebody || UnseenOf(near) == Unseen.Somebody)
            sink.End(Openness.Outside, "one of its ends is held where it cannot be seen (in flight over a socket, say)");
        else if (!guess && LostOneOf(wait, far))
            sink.End(Openness.Outside, "a holder has just let go of it");
        else if (!guess && (IsCarrying(far) || IsCarrying(near)))
            sink.End(Openness.Outside, "descriptors are on their way over it, and whose they are is not known");
        else if (UnseenOf(far) == Unseen.None && UnseenOf(near) == Unseen.None)
            sink.End(Openness.Closed, null);
        else
            EndSighted(IsSocketKept(peer, far) && IsKept(wait.Target!, near), far, sink);
    }

    /// <summary>
    /// Whether TCP ends the connection because what was sent at this end is not taken in time. The kernel's own limits are for who does not answer, and a host answers itself. Null: not known: it
    /// may not be asked, or is held by nobody who is suspect.
    /// </summary>
    private bool? MayGiveUp(ulong end, OrderedList<Holder> holders)
    {
        if (resources.Sockets.Find(end) is not { Family: not SocketFamily.Unix, IsConnected: true, SendQueue: not 0 })
            return false;
        foreach (Holder holder in holders.Span)
        {
            if (holder.Owner.Record.FindFd(holder.Fd)?.Timeouts?.TcpUser is { } time)
                return time > TimeSpan.Zero;
        }
        return null;
    }

    /// <summary>By the counts of the kernel, where a back end sees them.</summary>
    private Unseen UnseenOf(OrderedList<Holder> holders) => guess ? Unseen.NotKnown : UnseenHolder.Of(resources.Look.Host, holders);

    private static bool Name(OrderedList<Holder> holders, bool direct, IWakerSink sink)
    {
        foreach (Holder holder in holders.Span)
        {
            if (!sink.Add(holder.Owner, holder.Fd, direct))
                return false;
        }
        return true;
    }

    private bool LostOneOf(Wait wait, OrderedList<Holder> far) =>
        resources.LostAHolder(wait.Target!) || far[0].Owner.Record.FindFd(far[0].Fd) is { } end && resources.LostAHolder(end.Target);

    /// <summary>Whether descriptors wait in the queue of this end (SCM_RIGHTS).</summary>
    private static bool IsCarrying(OrderedList<Holder> holders)
    {
        foreach (Holder holder in holders.Span)
        {
            if (holder.Owner.Record.FindFd(holder.Fd) is { DescriptorsInFlight: > 0 })
                return true;
        }
        return false;
    }

    /// <summary>
    /// connect(2) of a unix socket waits where the listener's queue is full. Its argument says which; where that could not be read, or was a relative path, it may be any whose queue is full.
    /// </summary>
    private void FindListeners(Wait wait, SocketRecord socket, IWakerSink sink)
    {
        SocketRecord[] full = [.. resources.Sockets.FullListeners(socket.NetNamespace)];
        if (wait.Path is ['/' or '@', ..] && full.Where(listener => listener.Name == wait.Path).ToArray() is { Length: > 0 } named)
            full = named;
        if (socket.Family != SocketFamily.Unix || full.Length == 0)
        {
            Outside(wait, "the listener that it waits for is not known, or has room again", sink);
            return;
        }
        OrderedList<Holder> last = OrderedList<Holder>.None, near = resources.HoldersOf(wait.Target!);
        sink.Begin(wait);
        bool unseen = false, kept = IsKept(wait.Target!, near), counted = UnseenOf(near) == Unseen.None;
        foreach (SocketRecord listener in full)
        {
            last = resources.HoldersOfSocket(listener.Inode);
            unseen |= last.Count == 0;
            kept &= IsSocketKept(listener.Inode, last);
            counted &= UnseenOf(last) == Unseen.None;
            Name(last, direct: true, sink);
        }
        Name(near, direct: false, sink);
        if (unseen)
            sink.End(Openness.Outside, "the listener is held where it cannot be seen");
        else if (counted)
            sink.End(Openness.Closed, null);
        else
            EndSighted(kept, last, sink);
    }
}
