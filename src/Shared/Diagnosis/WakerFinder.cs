using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Is told who could end a wait. A wait is a conjunction of clauses; a clause is ended by any of its wakers.</summary>
internal interface IWakerSink
{
    /// <summary>A clause begins; inside a set, a part of the set's clause.</summary>
    void Begin(Wait wait);

    /// <returns>False: it knows enough of this clause, no more wakers need be named.</returns>
    bool Add(HostProcess waker, int? fd, bool direct);

    /// <summary>What has to be believed beyond what was seen for the clause to be no more open than it ends, see <see cref="Assumption"/>.</summary>
    void Assume(string assumption);

    /// <param name="open">Whether somebody who was not named could end it.</param>
    /// <param name="why">Why it is open; null for <see cref="Openness.Closed"/>.</param>
    void End(Openness open, string? why);

    /// <summary>A clause begins that is the union of those that are named until <see cref="EndSet"/>.</summary>
    void BeginSet(Wait wait);

    void EndSet();
}

/// <summary>
/// Who could end a wait. Over-approximates whatever is not known: a waker too many costs a finding, a waker too few would
/// call a living process dead.
/// </summary>
/// <param name="resources">The look, and what changed since the one before.</param>
/// <param name="guess">
/// Without the facts that only suspects have, and whatever changed between the looks: a guess at who is worth a second look.
/// </param>
internal sealed partial class WakerFinder(ResourceIndex resources, bool guess)
{
    private const string Unlisted = "processes of other users are not listed", Outsiders = "processes outside this pid namespace are not listed";

    private CommandTree? _tree;
    private string? _hiddenWhy;
    private int _hiddenCount;

    /// <summary>Whether nobody is believed to open a FIFO by its name beyond those who have it open, nor to map named memory beyond those who have. A guess does.</summary>
    public bool BelievesNames { get; init; }

    /// <summary>
    /// Whether those are left aside who could end a wait and are not expected to: what a shell runs in the background while it waits for its foreground, and who has merely inherited a lock's open
    /// file. A guess does, and who is left aside is named by <see cref="TakeLeftAside"/>.
    /// </summary>
    public bool LeavesAside { get => guess || field; init; }

    private readonly List<string> _leftAside = [];

    /// <summary>Who was left aside since this was last asked, as doubts.</summary>
    public ImmutableArray<string> TakeLeftAside()
    {
        ImmutableArray<string> all = [.. _leftAside];
        _leftAside.Clear();
        return all;
    }

    /// <summary>Names the wakers of all clauses of a wait.</summary>
    public void Find(HostProcess process, Wait wait, IWakerSink sink)
    {
        if (!(guess ? wait.MayLast : wait.Bounded == Bounded.No))
        {
            Outside(wait, "a timeout may end it", sink);
        }
        else if (wait.Kind == WaitKind.ChildWait)
        {
            FindChildren(process, wait, sink);
        }
        else if (wait.Kind == WaitKind.Poll)
        {
            FindSet(process, wait, sink);
        }
        else
        {
            FindOne(process, wait, sink);
        }
    }

    /// <summary>Whether <see cref="FindAlways"/> names anybody of whom the record tells, as a guess: whom it traces shows in theirs.</summary>
    public static bool HasAlwaysWakers(ProcessRecord process) =>
        process.TracerPid != 0 || process.HasParentDeathSignal == true || (process.SignalsCaught & SignalMask.Child) != 0;

    /// <summary>
    /// Names the processes that can make this one run whatever it waits for: its tracer, those that it traces, those that share its memory or its fd table, the parent whose death it is told of, and the children
    /// whose end it has a handler for, or is sent another signal by than SIGCHLD.
    /// </summary>
    public void FindAlways(HostProcess process, IWakerSink sink)
    {
        if (process.Record.TracerPid != 0 && resources.Find(process.Record.TracerPid) is { } tracer)
            sink.Add(tracer, null, direct: false);
        foreach (HostProcess tracee in resources.TraceesOf(process).Span)
            sink.Add(tracee, null, direct: false);
        if (!guess)
            AddSharers(process, sink);
        // The looker, where it runs the command itself, does not end while it looks.
        if (process.Record.HasParentDeathSignal == true && resources.ParentOf(process) is { } parent && parent.Pid != resources.Look.ObserverPid)
            sink.Add(parent, null, direct: false);
        bool aside = LeavesAside && Background.IsBesideAForeground(resources, process);
        foreach (HostProcess child in resources.ChildrenOf(process).Span)
        {
            if (!child.Record.IsZombie && TellsByItsEnd(process.Record, child.Record) && !(aside && Background.Is(process.Record, child.Record)))
                sink.Add(child, null, direct: false);
        }
    }

    /// <summary>Nothing is done by default about SIGCHLD; another signal ends who does not catch it.</summary>
    private static bool TellsByItsEnd(ProcessRecord parent, ProcessRecord child) =>
        child.ExitSignal is { } signal ? (parent.SignalsIgnored & 1UL << (signal - 1)) == 0 : (parent.SignalsCaught & SignalMask.Child) != 0;

    private void AddSharers(HostProcess process, IWakerSink sink)
    {
        foreach (int pid in process.Record.SharesMemoryWith.Concat(process.Record.SharesFilesWith ?? []))
        {
            if (resources.Find(pid) is { } sharer)
                sink.Add(sharer, null, direct: false);
        }
    }

    /// <summary>Why something outside could end it, whoever holds what; null where that depends on the holders, or on what only suspects have.</summary>
    public static string? WhyOutside(Wait wait)
    {
        if (!wait.MayLast)
            return "a timeout may end it";
        if (wait.Kind != WaitKind.Poll)
            return WhyOneOutside(wait);
        foreach (Wait member in wait.Members)
        {
            if (!IsForSignals(wait, member) && WhyOneOutside(member) is { } why)
                return why;
        }
        return null;
    }

    private static string? WhyOneOutside(Wait wait) => wait.Kind switch
    {
        WaitKind.PipeRead or WaitKind.PipeWrite when wait.Target is { Kind: FdKind.Pipe } => null,
        WaitKind.EventFd when wait.Target is { Id: not 0 } => null,
        WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.SocketConnect when wait.Target is { Kind: FdKind.Socket, Id: not 0 } => null,
        WaitKind.Timer when wait is { Target.Kind: FdKind.TimerFd, Bounded: not Bounded.Yes } => null,
        // A set within a set, whose members were not read.
        WaitKind.Poll => null,
        WaitKind.Futex when wait.Futex is not null => null,
        WaitKind.ChildWait or WaitKind.Vfork => null,
        WaitKind.FileLock => wait is { Lock: not null, Fd: not null } ? null : "what it locks could not be read",
        WaitKind.SysvSemaphore or WaitKind.SysvMessage when wait.SysvId is not null => null,
        // Who opens a FIFO that has a name is left to a suspicion, see BelievesNames.
        WaitKind.PipeRead or WaitKind.PipeWrite when wait.Target is { Kind: FdKind.Path } => null,
        WaitKind.PosixQueue when MayBeUnlinked(wait.Target) => null,
        WaitKind.Tty when IsPseudoterminal(wait.Target) => null,
        WaitKind.Unknown => wait.Why ?? "it is not decoded",
        _ => "what it waits for can come from outside",
    };

    /// <param name="process">Who waits.</param>
    /// <param name="wait">The wait, or one member of a set.</param>
    /// <param name="sink">Is told.</param>
    private void FindOne(HostProcess process, Wait wait, IWakerSink sink)
    {
        if (WhyOneOutside(wait) is { } why)
        {
            Outside(wait, why, sink);
            return;
        }
        switch (wait.Kind)
        {
            case WaitKind.ChildWait when wait.Target is { Kind: FdKind.PidFd }:
                FindPidFd(wait, sink);
                break;
            case WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.SocketConnect:
                FindSocket(process, wait, sink);
                break;
            case WaitKind.Timer:
                FindTimer(process, wait, sink);
                break;
            case WaitKind.Poll when guess:
                NotKnownYet(wait, sink);
                break;
            case WaitKind.Poll:
                Outside(wait, "the members of an epoll within the set were not read", sink);
                break;
            case WaitKind.ChildWait:
                sink.BeginSet(wait);
                FindChildren(process, wait, sink);
                sink.EndSet();
                break;
            case WaitKind.Futex:
                FindFutex(process, wait, sink);
                break;
            case WaitKind.Vfork:
                FindVforked(process, wait, sink);
                break;
            case WaitKind.EventFd:
                FindEventFdHolders(wait, sink);
                break;
            case WaitKind.FileLock:
                FindLockHolders(process, wait, sink);
                break;
            case WaitKind.SysvSemaphore or WaitKind.SysvMessage:
                FindFamily(process, wait, sink);
                break;
            case WaitKind.PipeRead or WaitKind.PipeWrite when wait.Target!.Kind == FdKind.Path && !guess && !BelievesNames && !IsUnlinked(process.Record, wait):
                Outside(wait, "anybody may open the FIFO by its name", sink);
                break;
            case WaitKind.PosixQueue when !guess && !IsUnlinked(process.Record, wait):
                Outside(wait, "whether the queue has a name left could not be read", sink);
                break;
            case WaitKind.PosixQueue:
            case WaitKind.PipeRead or WaitKind.PipeWrite when wait.Target!.Kind != FdKind.Pipe:
                FindOpeners(process, wait, sink);
                break;
            case WaitKind.Tty:
                FindOtherSide(process, wait, sink);
                break;
            default:
                FindHolders(process, wait, sink);
                break;
        }
    }

    private static void Outside(Wait wait, string why, IWakerSink sink)
    {
        sink.Begin(wait);
        sink.End(Openness.Outside, why);
    }

    /// <summary>Closes a clause as far as the fd tables that could not be read allow.</summary>
    /// <param name="kept">Whether the command's tree keeps what is waited for to itself, see <see cref="CommandTree.Keeps"/>.</param>
    /// <param name="holders">All who are seen to have it.</param>
    /// <param name="sink">Is told.</param>
    private void EndSighted(bool kept, OrderedList<Holder> holders, IWakerSink sink)
    {
        // Init inherits from nobody. An end that it has, it made; and then the holders' ends came down from it, through processes that have all
        // let go of theirs. Where a holder is its own child that is likely, and elsewhere it is what the assumption says.
        sink.Assume(Assumption.NoFdInFlight);
        NameReceivers(holders, sink);
        if (!guess && !kept && AnyInFlight(holders))
            sink.End(Openness.Hidden, OnTheirWay);
        else if (resources.Hidden == 0)
        {
            sink.End(Openness.Closed, null);
        }
        else if (resources.OnlyInitIsHidden && !IsAnyAChildOfTheHidden(holders))
        {
            sink.Assume(Assumption.InitHoldsNoEnd);
            sink.End(Openness.Closed, null);
        }
        else if (kept)
        {
            sink.Assume(Assumption.NotPassedOn);
            sink.End(Openness.Closed, null);
        }
        else
        {
            sink.End(Openness.Hidden, HiddenWhy());
        }
    }

    /// <summary>
    /// Where the kernel's counts do not tell, a descriptor that lies in a socket's queue may be one of this object: then whoever can take it is one more who could end the wait, if it is of
    /// the session of one who holds it, or above or below.
    /// </summary>
    private void NameReceivers(OrderedList<Holder> holders, IWakerSink sink)
    {
        // Asked of half the host at each look, where hardly ever is anything on its way.
        if (!guess && holders.Count > 0 && resources.Descriptors.Carriers.Count > 0)
            NameReceivers([.. holders.Span.ToArray().Select(holder => holder.Owner)], sink);
    }

    private const string OnTheirWay = "descriptors are on their way through sockets, and of what does not show";

    private static bool AnyInFlight(OrderedList<Holder> holders)
    {
        foreach (Holder holder in holders.Span)
        {
            if (holder.Owner.Record.HasDescriptorsInFlight == true)
                return true;
        }
        return false;
    }

    /// <param name="owners">Of what may be on its way.</param>
    /// <param name="sink">Is told.</param>
    private void NameReceivers(HostProcess[] owners, IWakerSink sink)
    {
        if (guess)
            return;
        foreach (Holder carrier in resources.Descriptors.Carriers)
        {
            if (owners.Any(owner => carrier.Owner == owner || AreKin(carrier.Owner, owner)))
                sink.Add(carrier.Owner, carrier.Fd, direct: false);
        }
    }

    private bool IsKept(FileDescriptor fd, OrderedList<Holder> holders) => Tree?.Keeps(fd, holders) == true;

    // Asked at each look of waits of half the host, and hardly ever is there a tree: what it would be asked with is made only then.
    private bool IsKept(FdTarget target, OrderedList<Holder> holders) => Tree is not null && IsKept(new FileDescriptor(0, FdAccess.None, target), holders);

    private bool IsSocketKept(ulong inode, OrderedList<Holder> holders) => Tree is not null && IsKept(new FdTarget(FdKind.Socket, inode, $"socket:[{inode}]"), holders);

    /// <summary>Where it matters. For a guess at who is worth a second look it does not.</summary>
    private CommandTree? Tree => guess || resources.Hidden == 0 ? null : Command;

    private CommandTree? Command => _tree ??= CommandTree.Of(resources);

    private bool IsAnyAChildOfTheHidden(OrderedList<Holder> holders)
    {
        foreach (Holder holder in holders.Span)
        {
            if (resources.ParentOf(holder.Owner) is { IsHidden: true })
                return true;
        }
        return false;
    }

    private string HiddenWhy()
    {
        if (Tree?.WhyOpen is { } open)
            return open;
        if (_hiddenWhy is null || _hiddenCount != resources.Hidden)
        {
            _hiddenCount = resources.Hidden;
            _hiddenWhy = resources.Look.OthersUnlisted ? Unlisted : resources.Look.OutsideUnlisted ? Outsiders : $"the fd tables of {_hiddenCount} processes may not be read";
        }
        return _hiddenWhy;
    }
}
