using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Who has lost its parent, told live from memory or found later from what it left behind.</summary>
/// <param name="resources">The look.</param>
/// <param name="memory">Who was seen to lose its parent.</param>
internal sealed partial class Adoption(ResourceIndex resources, LookMemory memory)
{
    private HashSet<ulong>? _listeners;

    /// <summary>
    /// The thread of a reader that reads a pipe, one of a pair of sockets or the master of a pseudoterminal, whose other end only processes hold that came from the reader's own
    /// descendants and have since been adopted over the reader's head; or null.
    /// </summary>
    /// <param name="reader">One of <see cref="TriageLists.HeldUp"/>.</param>
    /// <param name="waiters">Those of its threads that have read for long enough.</param>
    public HeldUp? HeldUp(HostProcess reader, IEnumerable<Waiter> waiters)
    {
        foreach (Waiter waiter in waiters)
        {
            ImmutableArray<Wait> held = [.. Reads(waiter.Wait).Where(wait => IsHeldUp(reader, wait, guess: false)).DistinctBy(wait => wait.Target)];
            if (held.IsEmpty)
                continue;
            ImmutableArray<Holder> holders = EndsOf(reader, held[0]);
            if (MayMeanToRead(waiter.Wait) && holders.Any(holder => resources.ParentOf(holder.Owner) == reader) || holders.All(holder => Serves(holder.Owner) && !IsOfAJobOf(holder.Owner, reader)) && KeepsLogs(reader))
                continue;
            return new HeldUp(reader.Pid, waiter, held[0], holders)
            {
                Others = [.. held[1..].Select(wait => (wait, EndsOf(reader, wait))).Where(other => other.Item2.All(end => holders.Any(holder => holder.Owner == end.Owner)))],
            };
        }
        return null;
    }

    /// <summary>Who adopts orphans and serves others as well is a supervisor, which reads what its services write for as long as they live, daemons or not.</summary>
    private static bool MayMeanToRead(Wait wait) => wait.Bounded != Bounded.No || wait.Members.Any(member => member.Kind is WaitKind.SocketAccept or WaitKind.SignalWait or WaitKind.Timer);

    /// <summary>
    /// Whether it may be there to read what services say, which are servers and made themselves daemons: it serves others itself, it waits for any child there may be, as who adopts orphans does, or a shell runs it in the
    /// background and waits for any child, or to be told to end, as the entry of a container does.
    /// </summary>
    public bool KeepsLogs(HostProcess reader)
    {
        ImmutableArray<Wait> waits = reader.WaitsOf(resources.Look.Host);
        return waits.Any(wait => wait is { Kind: WaitKind.ChildWait } && wait.Children?.Pid is null || IsAccept(wait) || wait.Members.Any(IsAccept))
            || resources.ParentOf(reader) is { } shell && (shell.Record.SignalsCaught & SignalMask.Terminate) != 0 && (reader.Record.SignalsIgnored & SignalMask.OfTheBackground) == SignalMask.OfTheBackground
                && shell.WaitsOf(resources.Look.Host) is [{ Kind: WaitKind.ChildWait } wait] && wait.Children?.Pid is null;
    }

    /// <summary>Whether a CI runner has marked it as part of a job, and the reader is none: that runs jobs, which end, and no services.</summary>
    private static bool IsOfAJobOf(HostProcess process, HostProcess reader) => Jobs.NameOf(process.Record) is { } job && Jobs.NameOf(reader.Record) != job;

    /// <summary>Whether copies of the reader alone hold it, by fork(2) and at no stdio: so a daemon tells who has started it that it is ready, or that it is not.</summary>
    public bool MayReport(HeldUp held) => resources.Find(held.Reader) is { } reader && held.Others.IsEmpty && held.Holders.All(holder => holder.Fd > 2 && IsSameProgram(holder.Owner.Record, reader.Record));

    /// <summary>Whether it waits to be called, in accept(2) or by polling a socket that listens; or may.</summary>
    private bool IsAccept(Wait wait) => IsAccept(resources, wait);

    /// <inheritdoc cref="IsAccept(Wait)"/>
    internal static bool IsAccept(ResourceIndex resources, Wait wait) => wait.Kind == WaitKind.SocketAccept
        || wait is { Kind: WaitKind.SocketRead, Target: { } target } && resources.Look.Sockets is var sockets && (sockets is null || SocketOf(sockets.Value, target.Id) is { State: SocketState.Listening });

    /// <summary>Whether clients can find it, by a name or by a port.</summary>
    private bool Serves(HostProcess process) => Listens(process) || ListeningPorts(process.Record).Any();

    /// <summary>What keeps a stream open: write ends of a pipe, and all who have the other end of a pair of sockets, or the other side of a terminal.</summary>
    private ImmutableArray<Holder> EndsOf(HostProcess reader, Wait wait) => wait.Kind == WaitKind.Tty
        ? NumberOf(reader, wait) is { } number ? WakerFinder.SlavesOf(resources, number) : []
        : [.. resources.FarHoldersOf(wait.Target!).Where(IsWriteEnd)];

    /// <summary>Of which terminal it has the master there, which suspects alone are asked.</summary>
    private static int? NumberOf(HostProcess reader, Wait wait) => reader.Record.FindFd(wait.Fd!.Value)?.TtyIndex;

    /// <summary>
    /// Reads of streams, and of the master of a pseudoterminal where nothing but such and streams are waited for: who has a window or a connection beside it shows the terminal to somebody, and learns from SIGCHLD when it is done with.
    /// </summary>
    private static IEnumerable<Wait> Reads(Wait wait) => WakerFinder.IsMasterRead(wait) ? [wait]
        : ShowsNobody(wait) ? StreamEnds.ReadsOf(wait).Concat(wait.Members.Where(WakerFinder.IsMasterRead)) : StreamEnds.ReadsOf(wait);

    private static bool ShowsNobody(Wait wait)
    {
        foreach (Wait member in wait.Members)
        {
            if (member.Kind is not (WaitKind.Tty or WaitKind.PipeRead))
                return false;
        }
        return true;
    }

    /// <summary>From here on a timeout is one that people do not wait for: the limit of a whole test run, and not the pulse of a program.</summary>
    private const int LongTimeoutMs = 60_000;

    /// <summary>Whether a set is waited for with a timeout of a minute or more, as the call shows it: in milliseconds (poll(2), epoll_wait(2)).</summary>
    public static bool HasLongTimeout(Wait wait, ThreadRecord thread) => (wait.Bounded, wait.Call) switch
    {
        (Bounded.Yes, SystemCall.Poll) => thread.Call.Arguments is [_, _, var limit, ..] && (int)limit >= LongTimeoutMs,
        (Bounded.Yes, SystemCall.EpollWait or SystemCall.EpollPwait) => thread.Call.Arguments is [_, _, _, var limit, ..] && (int)limit >= LongTimeoutMs,
        _ => false,
    };

    /// <summary>
    /// Without the facts that only suspects have: nobody is to stop being a suspect by having been one. Who has a timeout is asked once it may have been seen to come back, or if it is a long one.
    /// </summary>
    public bool MayBeHeldUp(HostProcess reader)
    {
        ImmutableArray<Wait> waits = reader.WaitsOf(resources.Look.Host);
        int place = 0;
        foreach (ThreadRecord thread in reader.Record.Threads)
        {
            if (!HostProcess.IsAlive(thread))
                continue;
            Wait wait = waits[place++];
            if (wait.Bounded == Bounded.Yes && !HasLongTimeout(wait, thread) && !memory.MayHaveReturned(reader))
                continue;
            if (wait.Kind != WaitKind.Poll && IsHeldUp(reader, wait, guess: true))
                return true;
            foreach (Wait member in wait.Members)
            {
                if ((member.Kind != WaitKind.Tty || ShowsNobody(wait)) && IsHeldUp(reader, member, guess: true))
                    return true;
            }
        }
        return false;
    }

    private static bool IsWriteEnd(Holder holder) => (holder.Access & FdAccess.Write) != 0;

    private bool IsHeldUp(HostProcess reader, Wait wait, bool guess)
    {
        if (WakerFinder.IsMasterRead(wait))
            return guess ? MayTerminalBeHeld(reader, wait.Fd) : IsTerminalHeld(reader, wait);
        if (!StreamEnds.IsRead(wait))
            return false;
        OrderedList<Holder> holders;
        if (wait.Target!.Kind == FdKind.Socket)
        {
            SocketFact fact = resources.Sockets.FactOf(wait.Target.Id);
            if (guess && IsNotKnownYet(reader, fact))
                return true;
            if (!fact.Pair)
                return false;
            holders = resources.FarHoldersOf(fact);
        }
        else
        {
            holders = resources.HoldersOf(wait.Target);
        }
        bool any = false;
        foreach (Holder holder in holders.Span)
        {
            if (!IsWriteEnd(holder))
                continue;
            if (holder.Owner == reader || !CameFromItsFamily(reader, holder.Owner, wait.Fd, guess) || !guess && IsSpokenTo(holder))
                return false;
            any = true;
        }
        return any;
    }

    /// <summary>Over a pair of sockets the one who reads may wait for an answer, and the other one for a request (ssh(1), which sshfs starts by way of a child that exits).</summary>
    private bool IsSpokenTo(Holder holder) =>
        holder.Owner.Record.FindFd(holder.Fd) is { Target: { Kind: FdKind.Socket } end } && StreamEnds.IsSpokenToAt(holder.Owner.WaitsOf(resources.Look.Host), end);

    /// <summary>Whether somebody has a terminal whom the reader's family may have left behind: which one the reader has is not known yet.</summary>
    private bool MayTerminalBeHeld(HostProcess reader, int? fd)
    {
        foreach (HostProcess other in resources.Processes)
        {
            if ((other.TableFacts & LocalFacts.HasTerminal) != 0 && other != reader && CameFromItsFamily(reader, other, fd, guess: true))
                return true;
        }
        return false;
    }

    private bool IsTerminalHeld(HostProcess reader, Wait wait) =>
        EndsOf(reader, wait) is { IsEmpty: false } ends && ends.All(end => end.Owner != reader && CameFromItsFamily(reader, end.Owner, wait.Fd, guess: false));

    /// <summary>Whether it takes the tables of sockets to tell, which a look with suspects has; of one who has just run nothing could be told in any case.</summary>
    private bool IsNotKnownYet(HostProcess reader, SocketFact socket) =>
        socket.Party == SocketParty.NotKnown && resources.Look.Sockets is null && !(reader.HasChanged && !reader.IsNew);

    /// <summary>Exited, whether or not it has been waited for.</summary>
    private bool IsGone(int pid) => resources.Find(pid) is null or { Record.IsZombie: true };

    /// <summary>Whether clients can find it by the name of a unix socket: a server that is meant to stay, whatever its stdio.</summary>
    public bool Listens(HostProcess process)
    {
        _listeners ??= [.. resources.Look.UnixListeners
            .Where(listener => !RuntimeData.Default.OwnListeners.Any(part => listener.Path.Contains(part, StringComparison.Ordinal)))
            .Select(listener => listener.Inode)];
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Target.Kind == FdKind.Socket && _listeners.Contains(fd.Target.Id))
                return true;
        }
        return false;
    }

    /// <summary>A stdio pipe whose other end somebody has who is neither its descendant nor of its own process group.</summary>
    public bool HoldsSomebodysPipe(HostProcess process)
    {
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Number > 2)
                break;
            if (fd.Target.Kind != FdKind.Pipe)
                continue;
            foreach (Holder other in resources.HoldersOf(fd.Target).Span)
            {
                if (other.Access != fd.Access && other.Owner != process && other.Owner.Record.Pgrp != process.Record.Pgrp && !resources.IsDescendant(other.Owner, process))
                    return true;
            }
        }
        return false;
    }
}

/// <summary>A reader that waits for the end of a pipe which only adopted processes hold open.</summary>
/// <param name="Reader">Pid of the reading process.</param>
/// <param name="Waiter">Its thread.</param>
/// <param name="Wait">The read, or the member of the set.</param>
/// <param name="Holders">All write ends of the pipe.</param>
internal sealed record HeldUp(int Reader, Waiter Waiter, Wait Wait, ImmutableArray<Holder> Holders)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(HeldUp);

    /// <summary>What it waits for beside <see cref="Wait"/> and nobody but the same processes holds open, with all write ends: stdout and stderr, which it reads both to their ends.</summary>
    public ImmutableArray<(Wait Wait, ImmutableArray<Holder> Holders)> Others { get; init; } = [];

    /// <summary>It may also be meant so.</summary>
    public bool Doubtful { get; init; }

    /// <summary>See <see cref="Adoption.MayReport"/>.</summary>
    public bool MayReport { get; init; }

    /// <summary>Worth telling only where the holders stand still as well: what is at work may be what the reader waits for.</summary>
    public bool OnlyIfStill { get; init; }
}
