using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who waits for nobody but itself and catches signals may be waiting for one by design. What speaks against that: a child waits for what nobody but this process
/// could do, or its threads stand as those do that have taken each other's locks.
/// </summary>
internal static class NotByDesign
{
    /// <summary>From a program down to what it runs through shells.</summary>
    private const int MostGenerations = 4;

    /// <summary>Whether anything speaks against it: of who catches none of the signals that tell a program to do something or to end, but others, nothing is asked.</summary>
    /// <param name="guess">As far as it can be told without the costly facts that only suspects have: what is not known yet does.</param>
    public static bool Is(ResourceIndex resources, HostProcess process, bool guess)
    {
        if ((process.Record.SignalsCaught & SignalMask.WaitedForByDesign) == 0)
            return false;
        ImmutableArray<Wait> waits = process.WaitsOf(resources.Look.Host);
        return Unheeded.Is(resources, process) || HowApart(process, resources.Look.Host) != Apart.No || SpeaksToItself(resources, process) || HasLoopsAlone(process, resources.Look.Host) || StandsBesideItsLoop(resources, process, waits) || ReadsFromItself(resources, process, waits, guess) || OutlivedItsMemory.Is(resources, process, waits) || IsAtListener(resources, waits)
            || IsAwaited(resources, process, process, AwaitsChildren(process.Record, waits) == ChildWaiting.ByHandler, MostGenerations);
    }

    /// <summary>
    /// The threads wait beside the main one each for something else, and nobody can wake any of them: no pool, whose idle threads wait for the same thing. The handlers
    /// of signals are the runtime's. In a runtime whose own threads go on, each thread waits at a word of its own, whatever it waits for.
    /// </summary>
    public static Apart HowApart(HostProcess process, HostIdentity host)
    {
        ImmutableArray<Wait> waits = process.WaitsOf(host);
        if (waits.Length < 2 || Unheeded.MainOf(process.Record, waits) is not { } main || !IsForItself(main))
            return Apart.No;
        ImmutableArray<bool> services = process.ServicesOf(host);
        // The launcher of a JVM joins the thread in which main() runs.
        int? launched = services.IsDefault ? null : main.Futex!.JoinsTid;
        List<FutexWait> others = [];
        int place = -1;
        foreach (ThreadRecord thread in process.Record.Threads)
        {
            if (!HostProcess.IsAlive(thread))
                continue;
            Wait wait = waits[++place];
            if (!services.IsDefault && services[place])
                continue;
            if (!IsForItself(wait))
                return Apart.No;
            if (thread.Tid != process.Pid && thread.Tid != launched)
                others.Add(wait.Futex!);
        }
        if (HasHandlersOfItsOwn(process.Record, waits))
            return Apart.No;
        if (!services.IsDefault)
            return others.Count > 0 ? Apart.InARuntime : Apart.No;
        if (others.DistinctBy(futex => futex.Address).Count() < others.Count)
            return Apart.No;
        if (others.Exists(futex => IsMapped(futex.Address)))
            return Apart.AtWordsOfTheirOwn;
        return others.Count > 1 ? Apart.AtCommonWords : others.Count == 1 && IsMapped(main.Futex!.Address) ? Apart.AtEachOthersWords : Apart.No;
    }

    public static bool IsForItself(Wait wait) => wait is { Kind: WaitKind.Futex, Bounded: Bounded.No, Futex: { IsPrivate: true, Lock: null } };

    /// <summary>
    /// Whether it waits for data at both ends of one socket: each would have to be written to by who waits at the other. In one thread; or in two, neither of which waits for anything else, while the
    /// others serve their runtime or wait in their own memory: a third, at a pipe of its own, say, may be there to be told of signals, and to send.
    /// </summary>
    public static bool SpeaksToItself(ResourceIndex resources, HostProcess process)
    {
        ImmutableArray<Wait> waits = process.WaitsOf(resources.Look.Host);
        ImmutableArray<bool> services = process.ServicesOf(resources.Look.Host);
        int readers = 0, others = 0;
        for (int place = 0; place < waits.Length; place++)
        {
            if (!services.IsDefault && services[place])
                continue;
            Wait wait = waits[place];
            foreach (Wait member in wait.Members)
            {
                if (PeerOf(resources, member) is not 0 and var peer && ReadsAmong(wait.Members, peer))
                    return true;
            }
            if (OnlyOf(wait) is { } only && PeerOf(resources, only) is not 0 and var far && IsReadAlone(waits, far))
                readers++;
            else if (!IsForItself(wait))
                others++;
        }
        return readers > 0 && others == 0;
    }

    /// <summary>
    /// Whether the main thread is an event loop that would have ended if it waited for nothing, beside another such, or a thread that waits at a word which it has made itself (a worker in Atomics.wait), and none of its threads
    /// waits for a time, or in a call. Where what they poll is the process's own, they wait for each other: a handler of signals keeps no such loop.
    /// </summary>
    public static bool HasLoopsAlone(HostProcess process, HostIdentity host)
    {
        ImmutableArray<Wait> waits = process.WaitsOf(host);
        if (Housekeeping.In(process.Record, waits) is not { EndsWhenIdle: true } || Unheeded.MainOf(process.Record, waits) is not { } main || !IsLoop(main) || HasHandlersOfItsOwn(process.Record, waits))
            return false;
        ImmutableArray<bool> services = process.ServicesOf(host);
        int loops = 0, workers = 0;
        for (int place = 0; place < waits.Length; place++)
        {
            if (!services.IsDefault && services[place])
                continue;
            if (IsLoop(waits[place]))
                loops++;
            else if (!IsForItself(waits[place]))
                return false;
            else if (IsMapped(waits[place].Futex!.Address))
                workers++;
        }
        return loops > 1 || loops == 1 && workers > 0;
    }

    /// <summary>
    /// Whether its only thread waits in its memory, for no time, and it has an epoll (epoll(7)): an event loop in which it would wait for whatever it is there for, a signal too, and nobody turns it now. It has no children that might be what it is there for,
    /// and catches no more than its runtime does in every program.
    /// </summary>
    public static bool StandsBesideItsLoop(ResourceIndex resources, HostProcess process, ImmutableArray<Wait> waits)
    {
        if (waits is not [var only] || !IsForItself(only) || (process.TableFacts & LocalFacts.HasEpollOrTimer) == 0 || !resources.ChildrenOf(process).Span.IsEmpty
            || !HasItsRuntimesHandlersAlone(process.Record, waits) || CatchesMoreThanItsRuntime(process.Record, waits))
            return false;
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Target.Kind == FdKind.Epoll)
                return true;
        }
        return false;
    }

    private static bool CatchesMoreThanItsRuntime(ProcessRecord process, ImmutableArray<Wait> waits) =>
        (process.SignalsCaught & ~(SignalMask.OfFaults | Housekeeping.CatchesOf(process, waits))) != 0;

    private static bool IsLoop(Wait wait) => wait is { Kind: WaitKind.Poll, Bounded: Bounded.No, Members.IsEmpty: false };

    /// <summary>What it waits for alone; null: it is a set of several, or of none.</summary>
    private static Wait? OnlyOf(Wait wait) => wait.Kind != WaitKind.Poll ? wait : wait.Members is [var only] ? only : null;

    /// <summary>Inode of the other end of the socket that is read from; 0: none is, or that end is not on this host, or not known.</summary>
    private static ulong PeerOf(ResourceIndex resources, Wait wait) =>
        wait is { Kind: WaitKind.SocketRead, Target: { } own } && resources.Sockets.FactOf(own.Id) is { Party: SocketParty.Local, Peer: var peer } ? peer : 0;

    private static bool ReadsAmong(ImmutableArray<Wait> members, ulong socket)
    {
        foreach (Wait member in members)
        {
            if (Reads(member, socket))
                return true;
        }
        return false;
    }

    private static bool IsReadAlone(ImmutableArray<Wait> waits, ulong socket)
    {
        foreach (Wait wait in waits)
        {
            if (OnlyOf(wait) is { } only && Reads(only, socket))
                return true;
        }
        return false;
    }

    private static bool Reads(Wait wait, ulong socket) => wait is { Kind: WaitKind.SocketRead, Target: { } target } && target.Id == socket;

    /// <summary>
    /// Whether it reads a pipe, a FIFO or a socket, and nothing else, whose other end it has itself, or an eventfd, which has one end, while its other threads, if any, serve its runtime or wait in its own memory, or polls such as
    /// its only thread; and catches what its runtime catches in every program and no signal besides. A handler that writes there would be one of its own: who wakes itself by a pipe is told of more than that, or polls it.
    /// </summary>
    /// <param name="guess">See <see cref="Is"/>.</param>
    public static bool ReadsFromItself(ResourceIndex resources, HostProcess process, ImmutableArray<Wait> waits, bool guess)
    {
        bool reads = false, polls = PollsItself(resources, process, waits, guess);
        ImmutableArray<bool> services = process.ServicesOf(resources.Look.Host);
        for (int place = 0; place < waits.Length; place++)
        {
            if (!services.IsDefault && services[place])
                continue;
            if (polls || IsOwnRead(resources, process, waits[place]) || waits[place] is { Kind: WaitKind.EventFd, WaitsForRoom: false })
                reads = true;
            else if (!IsForItself(waits[place]))
                return false;
        }
        return reads && !CatchesMoreThanItsRuntime(process.Record, waits) && HasItsRuntimesHandlersAlone(process.Record, waits)
            && !ReadsBothEnds(resources, waits);
    }

    /// <summary>Whether two threads read at the two ends of one socket: that is no wait for an end, see <see cref="SpeaksToItself"/>.</summary>
    private static bool ReadsBothEnds(ResourceIndex resources, ImmutableArray<Wait> waits)
    {
        foreach (Wait wait in waits)
        {
            if (PeerOf(resources, wait) is not 0 and var peer && IsReadAlone(waits, peer))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Whether its only thread waits in a set for nothing but what it has the other ends of itself, and means neither a signal to wake it there, which it would let in while it waits, nor to ring for itself from a
    /// handler or from anywhere else: that is written to without waiting for room (O_NONBLOCK). Ruby makes all its pipes so; there it says nothing of the only child of one that waits at its bell.
    /// </summary>
    public static bool PollsItself(ResourceIndex resources, HostProcess process, ImmutableArray<Wait> waits, bool guess)
    {
        if (waits is not [{ Kind: WaitKind.Poll, Bounded: Bounded.No, LetsSignalsIn: false, Members.IsEmpty: false } wait])
            return false;
        foreach (Wait member in wait.Members)
        {
            if (!IsOwnRead(resources, process, member) || !guess && IsBell(resources, process, member.Target!) && !IsAwaitedAtABell(resources, process))
                return false;
        }
        return !SpeaksToItself(resources, process);
    }

    /// <summary>Whether the program that forked it waits at its <see cref="Bell"/>, where it is told of the end of its children, and has no other.</summary>
    private static bool IsAwaitedAtABell(ResourceIndex resources, HostProcess process)
    {
        if (resources.ParentOf(process) is not { } parent || parent.Record.Exe != process.Record.Exe || !ChildAwaitedByHandler.HasOneChild(resources, parent.Pid))
            return false;
        ImmutableArray<Wait> waits = parent.WaitsOf(resources.Look.Host);
        return Unheeded.MainOf(parent.Record, waits) is { } main && Bell.Is(resources, parent, main) && AwaitsChildren(parent.Record, waits) == ChildWaiting.ByHandler;
    }

    /// <summary>Whether it does not wait for room as it writes to what it reads, or may not.</summary>
    private static bool IsBell(ResourceIndex resources, HostProcess process, FdTarget target)
    {
        ulong far = target.Kind == FdKind.Socket ? resources.Sockets.FactOf(target.Id).Peer : target.Id;
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Target.Kind == target.Kind && fd.Target.Id == far && (target.Kind != FdKind.Path || fd.Target.Text == target.Text) && (fd.Access & FdAccess.Write) != 0 && fd.NonBlocking != false)
                return true;
        }
        return false;
    }

    private static bool IsOwnRead(ResourceIndex resources, HostProcess process, Wait wait) => WakerFinder.ReadsItsOwnTerminal(resources, process, wait) || wait is { Kind: WaitKind.PipeRead or WaitKind.SocketRead, Target: { } target }
        && (target.Kind is FdKind.Pipe or FdKind.Socket ? Holds(resources.FarHoldersOf(target), process, FdAccess.Write) : HasOpen(process, target, FdAccess.Write));

    /// <summary>Whether it waits for somebody to accept its connection, which nobody but it could: no program waits for a signal there.</summary>
    private static bool IsAtListener(ResourceIndex resources, ImmutableArray<Wait> waits)
    {
        foreach (Wait wait in waits)
        {
            if (NeverAccepted.IsAtListener(resources, wait))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Whether it lies where mmap(2) puts things, the upper quarter of the address space (x86_64, aarch64 with 48 bits), and not in the heap or the program's own data. malloc gives threads but the main one
    /// memory from there: a word that lies there was made by such a thread, to be woken by it from a queue or a condition. Locks are mostly made beforehand, by the main thread.
    /// </summary>
    private static bool IsMapped(ulong address) => address >> 45 is 3 or > 5;

    /// <summary>How it is told when a child has ended, other than in a call of who waits for that: where it catches no signal that its runtime does not catch in every program.</summary>
    public static ChildWaiting AwaitsChildren(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        if ((process.SignalsCaught & SignalMask.WaitedForByDesign) == 0 || HasHandlersOfItsOwn(process, waits))
            return ChildWaiting.InCall;
        ChildWaiting how = Housekeeping.AwaitsChildren(process, waits);
        return how == ChildWaiting.ByHandler && (process.SignalsCaught & SignalMask.Child) == 0 ? ChildWaiting.InCall : how;
    }

    /// <summary>Whether a runtime is in it, and it catches no signal that this one does not catch in every program: then no handler says what it waits for.</summary>
    public static bool HasItsRuntimesHandlersAlone(ProcessRecord process, ImmutableArray<Wait> waits) =>
        Housekeeping.CatchesOf(process, waits) != 0 && !HasHandlersOfItsOwn(process, waits);

    /// <summary>
    /// Why those who wait for each other may be meant to: whom a signal comes to does in its handler what the others wait for (accepts, reads, unlocks, ends a child). Whatever a rule makes of them,
    /// it is no proof then: asked in one place, of all rules.
    /// </summary>
    public static ImmutableArray<string> DoubtsOf(Evidence evidence, IEnumerable<int> members)
    {
        var doubts = ImmutableArray.CreateBuilder<string>();
        foreach (int pid in members.Order())
        {
            WaitNode node = evidence.Graph.NodeOf(pid);
            ProcessRecord process = evidence.Resources[pid];
            if (node.MayEndItsChild)
                doubts.Add(MayEndItsChild(process));
            // Who is ended by a signal does nothing then that others wait for: it has to catch one.
            else if (node.MayWaitForSignal && (process.SignalsCaught & SignalMask.WaitedForByDesign) != 0 && !IsHeldByALock(evidence.Resources, evidence.Resources.Find(pid)!))
                doubts.Add(MayWaitForSignal(node, process));
            else if (HandlersThatMayAct(evidence.Resources, evidence.Resources.Find(pid)!) != 0)
                doubts.Add($"{Narrator.Name(process)} catches signals, and what it does when one comes does not show");
            else if (HasUnseenHandlers(evidence.Resources, evidence.Resources.Find(pid)!))
                doubts.Add($"{Narrator.Name(process)} catches signals, as its runtime does in every program, and what it does when one comes does not show");
            else if (process.HasParentDeathSignal is null && (process.SignalsCaught & SignalMask.TellsToEnd) != 0)
                doubts.Add($"{Narrator.Name(process)} catches signals, and whether it is sent one when its parent ends (PR_SET_PDEATHSIG) shows nowhere");
        }
        return doubts.ToImmutable();
    }

    /// <summary>Those who catch no signal, for SIGINT was ignored when they were started, and who may sit there until they are ended all the same, as sentences.</summary>
    public static IEnumerable<string> WhoMayIdle(Evidence evidence, IEnumerable<int> members) =>
        members.Where(member => evidence.Graph.NodeOf(member).MayWaitForSignal).Order().Select(member => $"{Narrator.Name(evidence.Resources[member])} ignores SIGINT, and may be meant to sit there until it is ended");

    /// <summary>
    /// Mask of the signals that it has chosen to catch, which its runtime does not catch in every program, and in whose handlers it might do what others wait for. SIGINT counts in programs of no known
    /// runtime alone: shells and Python catch it as they go.
    /// </summary>
    public static ulong HandlersThatMayAct(ResourceIndex resources, HostProcess process)
    {
        ImmutableArray<Wait> waits = process.WaitsOf(resources.Look.Host);
        ulong caught = process.Record.SignalsCaught
            & (Housekeeping.In(process.Record, waits) is null ? SignalMask.OfAnyDesign : SignalMask.TellsToEnd & ~Housekeeping.HandlersOf(process.Record, waits));
        return caught != 0 && SignalMask.AreChosen(process.Record.SignalsCaught) && !Unheeded.Is(resources, process) && !IsHeldByALock(resources, process) ? caught : 0;
    }

    /// <summary>
    /// Whether its runtime catches what tells a program to end in every program, and whatever this one has asked for (trap) by the same handler: then nothing shows what it would do. Elsewhere what is asked for has the
    /// handler of SIGCHLD, or service threads stand in the way of a proof.
    /// </summary>
    public static bool HasUnseenHandlers(ResourceIndex resources, HostProcess process) =>
        (process.Record.SignalsCaught & SignalMask.TellsToEnd) != 0 && Housekeeping.In(process.Record, process.WaitsOf(resources.Look.Host)) is { CatchesAsChild: var alike } && (alike & SignalMask.Terminate) != 0
        && !IsHeldByALock(resources, process);

    /// <summary>The doubt, as a sentence.</summary>
    public static string MayWaitForSignal(WaitNode node, ProcessRecord process) =>
        $"{Narrator.Name(process)} catches signals{(node.CatchesForItsRuntime ? ", as its runtime does in every program" : "")}, and to wait for one may be its design";

    /// <summary>The doubt, as a sentence.</summary>
    public static string MayEndItsChild(ProcessRecord process) => $"{Narrator.Name(process)} catches signals that tell a program to end, and may be meant to end its child when one comes";

    /// <summary>A mutex is not unlocked in a handler: who waits for one that it has itself, or that nobody is left to unlock, waits for no signal.</summary>
    private static bool IsHeldByALock(ResourceIndex resources, HostProcess process)
    {
        ImmutableArray<Wait> waits = process.WaitsOf(resources.Look.Host);
        return LockGraph.HasFault(process.Record, waits) || !waits.IsEmpty && ForkedChild.MayLackAThread(resources, process, waits[0]);
    }

    private static bool HasHandlersOfItsOwn(ProcessRecord process, ImmutableArray<Wait> waits) =>
        (process.SignalsCaught & SignalMask.WaitedForByDesign & ~Housekeeping.HandlersOf(process, waits)) != 0 || Unheeded.AsksForSignals(process, waits);

    /// <summary>Whether somebody below it stands before a full pipe that it has the read end of, before a socket that takes no more and of which it has the other end, before a terminal that takes no more where it has a master of one, or, where it waits for its children, reads what it has the other end of, or waits for a lock on a file that it has open.</summary>
    private static bool IsAwaited(ResourceIndex resources, HostProcess process, HostProcess parent, bool awaits, int generations)
    {
        foreach (HostProcess child in resources.ChildrenOf(parent).Span)
        {
            foreach (Wait wait in child.WaitsOf(resources.Look.Host))
            {
                if (wait.MayLast && (wait is { Kind: WaitKind.PipeWrite, Target.Kind: FdKind.Pipe } && Holds(resources.HoldersOf(wait.Target), process, FdAccess.Read)
                    || wait is { Kind: WaitKind.SocketWrite, Target: { Kind: FdKind.Socket, Id: not 0 } socket } && resources.IsHandedOn(socket) && MayHoldFarEnd(resources, process, socket)
                    || wait is { Kind: WaitKind.Tty, WaitsForRoom: true } && (process.TableFacts & LocalFacts.HasMaster) != 0
                    || awaits && (StreamEnds.IsRead(wait) && MayHoldFarEnd(resources, process, wait.Target!) || wait is { Kind: WaitKind.FileLock, Target: { } file } && HasOpen(process, file))))
                    return true;
            }
            if (generations > 1 && IsAwaited(resources, process, child, awaits, generations - 1))
                return true;
        }
        return false;
    }

    /// <summary>By its name: who holds the lock is asked of suspects only.</summary>
    private static bool HasOpen(HostProcess process, FdTarget file, FdAccess access = FdAccess.None)
    {
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Target.Kind == file.Kind && fd.Target.Text == file.Text && (fd.Access & access) == access)
                return true;
        }
        return false;
    }

    private static bool MayHoldFarEnd(ResourceIndex resources, HostProcess process, FdTarget target) =>
        Holds(resources.FarHoldersOf(target), process, FdAccess.Write)
        || target.Kind == FdKind.Socket && resources.Sockets.FactOf(target.Id).Party == SocketParty.NotKnown;

    private static bool Holds(OrderedList<Holder> holders, HostProcess process, FdAccess access)
    {
        foreach (Holder holder in holders.Span)
        {
            if (holder.Owner == process && (holder.Access & access) != 0)
                return true;
        }
        return false;
    }
}

/// <summary>How threads stand that wait for each other, as far as it can be told where locks have no word that says who has them.</summary>
internal enum Apart
{
    No,

    /// <summary>Each made what it waits at: so idle threads at queues of their own wait, and threads of which each waits for what another should have done.</summary>
    AtWordsOfTheirOwn,

    /// <summary>What two or more of them wait at was made beforehand: so threads that have taken each other's locks stand.</summary>
    AtCommonWords,

    /// <summary>The main thread waits at what the only other one made, as for its end, and that one at what was made beforehand: so stand two that wait for each other, and who has its work done by one thread that idles.</summary>
    AtEachOthersWords,

    /// <summary>The threads of a runtime that goes on beside them (JVM, .NET): all that is known is that nobody of them waits for anything from outside, and for no time.</summary>
    InARuntime,
}
