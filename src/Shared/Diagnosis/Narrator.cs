using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Says in sentences what the graph shows, as a colleague would tell it.</summary>
internal sealed partial class Narrator(ResourceIndex resources)
{
    /// <summary><c>child (14)</c>.</summary>
    public string Name(int process) => Name(resources[process]);

    /// <summary>The process with this pid, or null.</summary>
    public ProcessRecord? Find(int process) => resources.Find(process)?.Record;

    public static string Name(ProcessRecord process) => $"{NameOf(process)} ({process.Pid})";

    private static string NameOf(ProcessRecord process) => ProgramName.Of(process.Comm, process.Cmdline);

    /// <summary>That something of it is not known, and what that says about it.</summary>
    public static string BlockedSentence(ProcessRecord process) => process.FdSight == Sight.Abandoned
        ? $"Of {Name(process)} next to nothing could be read: the read had to be abandoned, for it is stuck in execve, between the old program and the new one."
        : $"The memory of {Name(process)} could not be read: the read had to be abandoned, for its memory lock is held, or somebody who serves its memory does not answer.";

    /// <summary>One entry per process, those who wait upstream first, each followed by the one that it waits for. Those that wait alike, and for whom the same wait, have one in common.</summary>
    /// <param name="incident">The story.</param>
    /// <param name="withLocks">Whether to say of threads which of the same process they wait for, by the words of locks and joins: false where the finding says that besides.</param>
    public ImmutableArray<string> Tell(Incident incident, bool withLocks = true)
    {
        ILookup<int, int> awaitedBy = incident.Edges.SelectMany(edge => edge.To, (edge, waker) => (waker.Node, edge.From)).Where(pair => pair.Node != pair.From).Distinct().ToLookup(pair => pair.Node, pair => pair.From);
        IEnumerable<Hop> hops = InOrder(incident).Select(process => new Hop(process, NameOf(resources[process]), [Hop(incident, process, withLocks)]));
        return [.. AlikeHops.Join(hops, hop => string.Join(' ', awaitedBy[hop.Pid].Order())).Select(hop => string.Join(' ', hop.Sentences))];
    }

    /// <summary>From those nobody waits for along the edges; where everybody is waited for, from the oldest.</summary>
    public static IEnumerable<int> InOrder(Incident incident)
    {
        var awaited = incident.Edges.SelectMany(edge => edge.To.Where(waker => waker.Node != edge.From).Select(waker => waker.Node)).ToHashSet();
        var told = new HashSet<int>();
        var pending = new Stack<int>();
        var next = incident.Edges.ToLookup(edge => edge.From);
        foreach (int start in incident.Members.OrderBy(member => awaited.Contains(member)).ThenBy(member => incident.Evidence.Resources[member].StartTimeTicks).ThenBy(member => member))
        {
            pending.Push(start);
            while (pending.TryPop(out int process))
            {
                if (!told.Add(process))
                    continue;
                yield return process;
                foreach (Waker waker in next[process].SelectMany(edge => edge.To).Reverse())
                    pending.Push(waker.Node);
            }
        }
    }

    /// <summary>What a process waits for, and who holds that.</summary>
    public string Hop(Incident incident, int process, bool withLocks = true)
    {
        WaitNode node = incident.Evidence.Graph.NodeOf(process);
        ILookup<int, IncidentEdge> byThread = incident.Edges.Where(edge => edge.From == process && !edge.IsKinship).ToLookup(edge => edge.Tid);
        var sentences = new List<string>();
        var untold = new List<Wait>();
        var told = new HashSet<string>();
        foreach (Waiter waiter in node.Waiters)
        {
            if (waiter.Wait is { Kind: WaitKind.Futex, Futex.IsPrivate: true })
            {
                if (!withLocks || told.Count >= MaxLocks || LockOwners.TidOf(resources, resources[process], waiter.Wait) is not > LockOwners.Gone)
                    untold.Add(waiter.Wait);
                else if (told.Add(What(process, waiter.Wait)))
                    sentences.Add(WaitSentence(process, waiter, first: sentences.Count == 0, many: node.Waiters.Length > 1) + AlikeSentence(process, node, waiter));
                continue;
            }
            sentences.Add(WaitSentence(process, waiter, first: sentences.Count == 0, many: node.Waiters.Length > 1));
            sentences.AddRange(HolderSentences(process, byThread[waiter.Thread.Tid]));
        }
        if (untold.Count > 0)
            sentences.Add(FutexSentence(process, untold, node));
        foreach (IncidentEdge kin in incident.Edges.Where(edge => edge.From == process && edge.IsKinship))
            sentences.Add($"It is the parent of {Name(kin.To[0].Node)}; that it waits for it cannot be seen from outside, but both stand still since the same time.");
        return string.Join(' ', sentences);
    }

    /// <summary>Locks and threads that are told one by one.</summary>
    private const int MaxLocks = 8;

    private string AlikeSentence(int process, WaitNode node, Waiter waiter) => node.Waiters.Count(other => What(process, other.Wait) == What(process, waiter.Wait)) switch
    {
        1 => "",
        2 => " The same goes for another of its threads.",
        var all => $" The same goes for {all - 1} more of its threads.",
    };

    /// <summary>What one thread waits for, as a sentence about its process.</summary>
    public string WaitSentence(int process, Waiter waiter, bool first, bool many)
    {
        string who = first ? Name(process) : many ? $"Its thread {waiter.Thread.Comm} ({waiter.Thread.Tid})" : "It";
        return $"{who} {What(process, waiter.Wait)}.";
    }

    /// <summary>The wait as a verb phrase: <c>reads pipe 86256 (fd 3) to its end</c>.</summary>
    public string What(int process, Wait wait) => wait.Kind switch
    {
        WaitKind.PipeRead when wait is { Target.Kind: FdKind.Pipe, Call: not (null or SystemCall.Read) } => $"waits for data in {Thing(wait)}",
        WaitKind.PipeRead when wait.Target is { Kind: FdKind.Pipe } => wait.ReadsOneByte ? $"reads a byte from {Thing(wait)}" : $"reads {Thing(wait)}{(IsShared(process, wait.Target) ? "" : " to its end")}",
        WaitKind.PipeRead => $"reads the FIFO {wait.Target?.Text} (fd {wait.Fd})",
        WaitKind.PipeWrite when wait.Target is { Kind: FdKind.Pipe } => $"writes to {Thing(wait)}, which is full",
        WaitKind.PipeWrite => $"writes to the FIFO {wait.Target?.Text} (fd {wait.Fd}), which is full",
        WaitKind.FifoOpen => $"opens {(wait.Path is { } path ? $"the FIFO {path}" : "a FIFO")} and waits for somebody to open its other end",
        WaitKind.SocketRead => $"waits for data on {Thing(wait)}",
        WaitKind.SocketWrite => $"waits for room to send on {Thing(wait)}",
        WaitKind.SocketAccept => $"waits for a connection on {Thing(wait)}",
        WaitKind.SocketConnect => $"waits for {Thing(wait)} to be connected",
        WaitKind.Poll when wait.Members.IsEmpty => $"waits in an epoll set{(wait.Fd is { } epoll ? $" (fd {epoll})" : "")} of which nothing is armed: {FdsOf(wait.Disarmed)} {(wait.Disarmed.Length == 1 ? "has" : "have")} been told of once and not been armed again (EPOLLONESHOT)",
        WaitKind.Poll when wait.Members is [{ Target.Kind: FdKind.Pipe, Kind: WaitKind.PipeRead, OnlyForTheEnd: true } only] => $"polls for the end of {Thing(only)}",
        WaitKind.Poll when wait.Members is [{ Kind: WaitKind.Timer, Bounded: Bounded.No } timer] => $"polls the timer at fd {timer.Fd}, which is not set",
        WaitKind.Poll when Bell.Is(resources, resources.Find(process)!, wait) => BellPhrase(resources.Find(process)!, wait),
        WaitKind.Poll when wait.Members is [var only] => $"polls {(only.Target is null ? $"fd {only.Fd}" : Thing(only))}",
        WaitKind.Poll => SetPhrase(process, wait),
        WaitKind.EventFd when wait.WaitsForRoom => $"adds to {Thing(wait)}, which is full",
        WaitKind.EventFd => $"reads {Thing(wait)} until somebody adds to it",
        WaitKind.Futex when wait.Futex is { JoinsTid: { } tid } => $"waits for its thread {tid} to end",
        WaitKind.Futex when wait.Futex is { Lock.Form: LockForm.Refused } => "waits for a mutex that inherits priority and that it can never get",
        WaitKind.Futex when wait.Futex is { IsPrivate: false, Lock: not null } => $"waits for {LockStory.ThingOf(wait)} in {MemoryOf(wait)}{(wait.Bounded == Bounded.Yes ? ", with a timeout" : "")}",
        WaitKind.Futex when wait.Futex is { Lock: not null } && LockOwners.TidOf(resources, resources[process], wait) is > LockOwners.Gone and var owner => $"waits for {LockStory.ThingOf(wait)} that thread {owner} has{(wait.Bounded == Bounded.Yes ? ", with a timeout" : "")}",
        WaitKind.Futex when wait.Futex is { Sort: FutexSort.Barrier, IsPrivate: true } => "waits at a barrier",
        WaitKind.Futex when wait.Futex is { IsPrivate: false } => $"waits on a futex in {MemoryOf(wait)}{(wait.Bounded == Bounded.Yes ? ", with a timeout" : "")}",
        WaitKind.Futex => $"waits on a futex{(wait.Bounded == Bounded.Yes ? " with a timeout" : "")}",
        WaitKind.ChildWait => ChildPhrase(process, wait),
        WaitKind.FileLock or WaitKind.SysvSemaphore or WaitKind.SysvMessage or WaitKind.PosixQueue => IpcPhrase(wait),
        WaitKind.Tty when wait.WaitsForRoom => $"writes to the terminal {wait.Target?.Text} (fd {wait.Fd}), which takes no more",
        WaitKind.Tty => $"waits for the terminal {wait.Target?.Text} (fd {wait.Fd})",
        WaitKind.Vfork => "waits for the child that it made with vfork to exec or exit",
        WaitKind.SignalWait => "waits for a signal",
        WaitKind.Timer when wait.Bounded == Bounded.No => $"reads the timer at fd {wait.Fd}, which is not set",
        WaitKind.Timer => "sleeps until a timer ends",
        WaitKind.Stopped => "is stopped",
        WaitKind.Traced => "is stopped by its tracer",
        WaitKind.Uninterruptible => "is in the kernel, in uninterruptible sleep (state D)",
        WaitKind.Running => "is running",
        _ => $"waits for something that is not known: {wait.Why}",
    };

    /// <summary>Which of these it waits for shows nowhere.</summary>
    private string BellPhrase(HostProcess process, Wait wait)
    {
        string[] children = [.. AwaitedBySignal.ChildrenOf(resources, process, wait).Select(child => Name(child.Record))];
        string rest = process.Record.Threads.Length > 1 ? "its own threads or a signal" : "a signal";
        string exit = children.Length == 0 ? "" : $"{(children.Length == 1 ? "its child" : "one of its children")} {Listing(children)} to exit, or for ";
        return $"waits for {exit}{rest}{(wait.Bounded == Bounded.Yes ? ", with a timeout" : "")}, of which its runtime tells it by {Thing(wait.Members[0])}";
    }

    private string SetPhrase(int process, Wait set)
    {
        ImmutableArray<Wait> own = [.. set.Members.Where(member => IsOwnBell(process, set, member))];
        string others = Listing(set.Members.Where(member => !IsOwnBell(process, set, member)).Select(member => member.Target is null ? $"fd {member.Fd}" : Thing(member)));
        return $"waits for any of {set.Members.Length} fds: {others}{(own.IsEmpty ? "" : $", and for what its own threads send it (fd {Listing(own.Select(member => $"{member.Fd}"))})")}";
    }

    /// <summary>Whether a member of a set is there for the other threads of the process alone, beside members that others have an end of: how an event loop is woken by its workers is no part of the story.</summary>
    private bool IsOwnBell(int process, Wait set, Wait member)
    {
        return resources[process].Threads.Length > 1 && IsOwn(member) && !set.Members.All(IsOwn);

        bool IsOwn(Wait wait)
        {
            if (wait is not { Kind: WaitKind.PipeRead or WaitKind.SocketRead or WaitKind.EventFd, WaitsForRoom: false, Fd: > 2, Target: { } target })
                return false;
            bool any = false;
            foreach (Holder holder in resources.FarHoldersOf(target).Span)
            {
                if (wait.Kind == WaitKind.PipeRead && (holder.Access & FdAccess.Write) == 0)
                    continue;
                if (holder.Process != process)
                    return false;
                any = true;
            }
            return any;
        }
    }

    /// <summary><c>fd 4 and fd 5</c>.</summary>
    public static string FdsOf(IEnumerable<int> fds) => Listing(fds.Select(fd => $"fd {fd}"));

    /// <summary>Whether it could write to the pipe itself, and so could others: what comes that way are messages, and its end is what nobody waits for.</summary>
    private bool IsShared(int process, FdTarget pipe)
    {
        bool own = false, others = false;
        foreach (Holder holder in resources.HoldersOf(pipe).Span)
        {
            if ((holder.Access & FdAccess.Write) != 0)
                (own, others) = (own || holder.Process == process, others || holder.Process != process);
        }
        return own && others;
    }

    /// <summary>The memory that a futex of several processes is in.</summary>
    public string MemoryOf(Wait wait) => wait.Futex is { Mapping: { } mapping } && resources.SharedObjectOf(mapping) is { } shared ? shared.Words : "memory that processes share";

    private string ChildPhrase(int process, Wait wait)
    {
        if (wait.IsToldBySignal)
            return "waits for SIGCHLD, the word that one of its children has exited";
        if (wait.Children is not { } selector || (selector.Pid ?? selector.Group) is not { } number)
            return "waits for any of its children to exit";
        // The numbers that it has passed are those of its own pid namespace.
        ProcessRecord waiter = resources[process];
        string there = waiter.NsPid == waiter.Pid ? "" : $", which has the number {number} in its pid namespace";
        if (selector.Pid is null)
            return there.Length == 0 ? $"waits for a child of process group {number} to exit" : $"waits for a child of a process group to exit{there}";
        HostProcess? child = selector.ByPidFd || there.Length == 0 ? resources.Find(number) : resources.ChildrenOf(resources.Find(process)!).FirstOrDefault(child => child.Record.NsPid == number);
        return child is null ? $"waits for its child {(there.Length == 0 ? $"{number} " : "")}to exit{there}" : $"waits for its child {Name(child.Record)} to exit{(selector.ByPidFd ? "" : there)}";
    }

    private string Thing(Wait wait) => wait.Target switch
    {
        { Kind: FdKind.Pipe } pipe => $"pipe {pipe.Id} (fd {wait.Fd})",
        { Kind: FdKind.Socket, Id: > 0 } socket => $"socket {socket.Id} (fd {wait.Fd})",
        { Kind: FdKind.EventFd, Id: > 0 } eventFd => $"eventfd {eventFd.Id} (fd {wait.Fd})",
        { Kind: FdKind.PidFd, Id: > 0 } pidFd => $"the pidfd of {(resources.Find((int)pidFd.Id) is { } process ? Name(process.Record) : $"process {pidFd.Id}")} (fd {wait.Fd})",
        { } target => $"{target.Text} (fd {wait.Fd})",
        null => $"fd {wait.Fd}",
    };

    /// <summary>Who holds the other end of what a thread waits for, and how often.</summary>
    public IEnumerable<string> HolderSentences(int process, IEnumerable<IncidentEdge> edges)
    {
        foreach (IncidentEdge edge in edges.DistinctBy(edge => edge.Part.Resource))
        {
            if (edge.Whole.Kind == WaitKind.Poll && IsOwnBell(process, edge.Whole, edge.Part))
                continue;
            if (Bell.Is(resources, resources.Find(process)!, edge.Whole))
                continue;
            if (edge.Part is { Kind: WaitKind.PipeRead or WaitKind.PipeWrite, Target.Kind: not FdKind.Pipe })
                yield return IpcHolderSentence(process, edge);
            else if (edge.Part.Kind == WaitKind.SocketConnect || resources.Sockets.QueueOf(edge.Part.Target) is not null)
                yield return ListenerSentence(process, edge);
            else if (edge.Part.Kind is WaitKind.PipeRead or WaitKind.PipeWrite or WaitKind.SocketRead or WaitKind.SocketWrite)
                yield return HolderSentence(process, edge);
            else if (edge.Part.Kind == WaitKind.EventFd)
                yield return EventFdSentence(process, edge);
            else if (edge.Part.Kind is WaitKind.FileLock or WaitKind.PosixQueue or WaitKind.Tty or WaitKind.SysvSemaphore or WaitKind.SysvMessage)
                yield return IpcHolderSentence(process, edge);
            else if (edge.Part is { Kind: WaitKind.ChildWait, Children.Pid: null } or { Kind: WaitKind.Vfork })
                yield return edge.To.Length == 1 ? $"That is {Name(edge.To[0].Node)}." : $"Those are {Listing(edge.To.Select(waker => Name(waker.Node)))}.";
        }
    }

    private string HolderSentence(int process, IncidentEdge edge)
    {
        bool socket = edge.Part.Target is { Kind: FdKind.Socket };
        string end = socket ? "other end" : edge.Part.Kind == WaitKind.PipeRead ? "write end" : "read end";
        IEnumerable<string> holders = edge.To.GroupBy(waker => waker.Node).Select(group =>
        {
            ImmutableArray<int> fds = [.. group.Select(waker => waker.Fd!.Value).Order()];
            string who = group.Key == process ? "itself" : HaveOneTable(group.Key, process) ? $"{Name(group.Key)}, whose fd table is its own as well" : Name(group.Key);
            return fds.Length == 1
                ? $"at fd {fds[0]} of {who}"
                : $"at fd {fds[0]} and again at fd {Listing(fds[1..].Select(fd => fd.ToString()))} of {who}, the same {(socket ? "socket" : "pipe")} {Times(fds.Length)}";
        });
        string of = edge.Whole.Kind == WaitKind.Poll ? $"The {end} of {StreamEnds.NameOf(edge.Part.Target!)}" : $"Its {end}";
        string left = LeftUnread.Is(resources, edge) ? " What lies there it was told of once (EPOLLET), and has not read." : "";
        return $"{of} is open {Listing(holders)}.{left}";
    }

    private string ListenerSentence(int process, IncidentEdge edge)
    {
        string holders = Listing(edge.To.GroupBy(waker => waker.Node).Select(group =>
            $"at fd {Listing(group.Select(waker => waker.Fd!.Value).Order().Select(fd => $"{fd}"))} of {(group.Key == process ? "itself" : Name(group.Key))}"));
        string connection = edge.Whole.Kind == WaitKind.Poll ? $"the connection of {StreamEnds.NameOf(edge.Part.Target!)}" : "the connection";
        return edge.Part.Kind == WaitKind.SocketConnect
            ? $"The listener, whose queue is full, is open {holders}."
            : $"Nobody has accepted {connection}: it lies in the queue of the listener, which is open {holders}.";
    }

    private string EventFdSentence(int process, IncidentEdge edge)
    {
        string of = edge.Whole.Kind == WaitKind.Poll ? $"Eventfd {edge.Part.Target!.Id}" : "The eventfd";
        string[] others = [.. edge.To.Where(waker => waker.Node != process).Select(waker => $"at fd {waker.Fd} of {Name(waker.Node)}")];
        if (others.Length == 0)
            return resources.UntoldEventFdHolders.Count == 0 ? $"{of} is open nowhere else." : $"{of} is not seen to be open anywhere else.";
        return $"{of} is also open {Listing(others)}.";
    }

    private static string Times(int count) => count == 2 ? "twice" : $"{count} times";

    private string FutexSentence(int process, List<Wait> waits, WaitNode node)
    {
        bool barrier = waits.TrueForAll(wait => wait.Futex!.Sort == FutexSort.Barrier);
        string one = barrier ? "waits at a barrier" : "waits on a futex", several = barrier ? "wait at a barrier" : "wait on futexes";
        return (waits.Count, node.Waiters.Length) switch
        {
            (1, 1) when Sharers(resources[process]) is { } sharers => $"{Name(process)} {one}, which only {sharers} could wake.",
            (1, 1) when node.Aside.IsEmpty => $"{Name(process)} {one}, which only a thread of its own could wake: it has no other.",
            (1, 1) => $"{Name(process)} {one}, which only a thread of its own could wake: it has no other but {ServiceThreads(node)}.",
            (var futexes, var threads) when futexes == threads => $"All {threads} threads of {Name(process)}{(node.Aside.IsEmpty ? "" : $", but for {ServiceThreads(node)},")} {several}, which only threads of the same process could wake.",
            (1, _) => $"Its other thread {one}, which only a thread of the same process could wake.",
            (var futexes, _) => $"Its other {futexes} threads {several}, which only threads of the same process could wake.",
        };
    }

    /// <summary>Those who could wake a futex of a process's memory where others have it, too (clone(2) with CLONE_VM, vfork(2)); null: nobody who is seen has.</summary>
    public string? Sharers(ProcessRecord process)
    {
        string[] seen = [.. process.SharesMemoryWith.Where(pid => resources.Find(pid) is not null).Select(Name)];
        return seen.Length == 0 ? null : $"{Listing(seen)}, with {(seen.Length == 1 ? "whom" : "all of whom")} it shares its memory, or a thread of its own";
    }

    private static string ServiceThreads(WaitNode node) => node.Aside.Length == 1 ? "one that serves its runtime" : $"{node.Aside.Length} that serve its runtime";

    /// <summary>Who has to let go of an end for it to be gone: all of its holders. <c>child (14) exits or closes fd 1</c>, <c>child (14) (fd 1) and other (15) (fd 1) have all exited or closed it</c>.</summary>
    public string LetGo(ImmutableArray<Holder> holders)
    {
        string[] who = [.. holders.GroupBy(holder => holder.Process).Select(own => $"{Name(own.Key)} (fd {Listing(own.Select(holder => $"{holder.Fd}"))})")];
        return who.Length == 1
            ? $"{Name(holders[0].Process)} exits or closes {Listing(holders.Select(holder => $"fd {holder.Fd}"))}"
            : $"{Listing(who)} have all exited or closed it";
    }

    /// <summary>Who else has the other end of what a thread waits for: as long as one of them keeps it, that <paramref name="holder"/> closes it ends nothing. <c>, and child (14) (fd 1) lets go of it as well</c>.</summary>
    public string OthersLetGo(IncidentEdge edge, int holder)
    {
        string[] others = [.. edge.Holders.Where(other => other != holder && !HaveOneTable(other, holder)).Select(other => $"{Name(other)} ({edge.FdsOf(other)})")];
        return others.Length == 0 ? "" : $", and {Listing(others)} let{(others.Length == 1 ? "s" : "")} go of it as well";
    }

    /// <summary>Whether what one closes the other has closed as well (CLONE_FILES).</summary>
    private bool HaveOneTable(int one, int other) => resources[one].SharesFilesWith is { } sharers && sharers.Contains(other);

    /// <summary><c>a, b and c</c>; past eight the rest is counted.</summary>
    public static string Listing(IEnumerable<string> parts, string joint = "and")
    {
        string[] all = [.. parts];
        if (all.Length > 8)
            all = [.. all[..7], $"{all.Length - 7} more"];
        return all.Length switch
        {
            0 => "nothing",
            1 => all[0],
            _ => $"{string.Join(", ", all[..^1])} {joint} {all[^1]}",
        };
    }
}
