using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>What one thread waits for, decoded. A set (poll, select, epoll) has members; no member has members of its own: a set within a set is told by its members.</summary>
public sealed record Wait
{
    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Resource}";

    public required WaitKind Kind { get; init; }

    /// <summary>Whether a timeout argument ends it. Unbounded waits are normal: never judge by this alone.</summary>
    public required Bounded Bounded { get; init; }

    /// <summary>The blocked call; null where the thread is in none or it is hidden.</summary>
    public SystemCall? Call { get; init; }

    /// <summary>The fd that the call names, or that stands in the set.</summary>
    public int? Fd { get; init; }

    /// <summary>What that fd refers to.</summary>
    public FdTarget? Target { get; init; }

    /// <summary>It reads no more than one byte: a token, a word byte by byte. Whether it reads on to the end shows nowhere.</summary>
    public bool ReadsOneByte { get; init; }

    /// <summary>A recv(2) that takes no less than it asks for (MSG_WAITALL): part of it may have come.</summary>
    public bool WantsAll { get; init; }

    /// <summary>For <see cref="WaitKind.ChildWait"/>: which children.</summary>
    public ChildSelector? Children { get; init; }

    /// <summary>For <see cref="WaitKind.ChildWait"/>: it ends also when a child is stopped (WUNTRACED, WSTOPPED), of which each stop is told once.</summary>
    public bool ToldOfStops { get; init; }

    /// <summary>For <see cref="WaitKind.Futex"/>: the word and how it is waited on.</summary>
    public FutexWait? Futex { get; init; }

    /// <summary>For <see cref="WaitKind.FileLock"/>: what it asks for. Null: could not be read.</summary>
    public LockRequest? Lock { get; init; }

    /// <summary>For <see cref="WaitKind.SysvSemaphore"/> and <see cref="WaitKind.SysvMessage"/>: the object's id.</summary>
    public int? SysvId { get; init; }

    /// <summary>For a msgrcv(2): it takes messages of one type (or of low types) alone, so that others may lie in the queue while it waits.</summary>
    public bool WantsType { get; init; }

    /// <summary>For <see cref="WaitKind.FifoOpen"/>, and <see cref="WaitKind.SocketConnect"/> of a unix socket: the name as it was passed. Null: could not be read.</summary>
    public string? Path { get; init; }

    /// <summary>For <see cref="WaitKind.FifoOpen"/>: which end it opens.</summary>
    public FdAccess OpensFor { get; init; }

    /// <summary>For a member of a set: what it is watched for, bits as in poll(2) and epoll_ctl(2); hang-up and error are always told.</summary>
    public uint Events { get; init; }

    /// <summary>Whether a wait of kind <see cref="WaitKind.Tty"/>, <see cref="WaitKind.EventFd"/> or <see cref="WaitKind.PosixQueue"/> is for room, and not for input.</summary>
    public bool WaitsForRoom => Call is SystemCall.Write or SystemCall.Writev or SystemCall.Pwritev2 or SystemCall.MqTimedsend || Call is null && (Events & 4) != 0 && (Events & 1) == 0;

    /// <summary>Whether a pipe stands in a set for hang-up or error alone: neither data (POLLIN, POLLRDNORM) nor room (POLLOUT, POLLWRNORM) is asked for, or can come at that end.</summary>
    public bool OnlyForTheEnd => Call is null && Kind switch
    {
        WaitKind.PipeRead => (Events & (1 | 0x40)) == 0,
        WaitKind.PipeWrite => (Events & (4 | 0x100)) == 0,
        _ => false,
    };

    /// <summary>Whether a member of a set tells of a change only, and not of a state that lasts (EPOLLET).</summary>
    public bool EdgeTriggered => (Events & 1u << 31) != 0;

    /// <summary>
    /// Whether it has no timeout as far as a look shows that did not ask for the costly facts of a suspect: the timeouts of a socket or terminal are some of these.
    /// </summary>
    public bool MayLast => Bounded == Bounded.No || Kind is WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.SocketConnect or WaitKind.Tty;

    /// <summary>For <see cref="WaitKind.ChildWait"/>: it waits for SIGCHLD, and not in wait(2): the signal may have come before.</summary>
    public bool IsToldBySignal => Call is SystemCall.Pause or SystemCall.RtSigsuspend or SystemCall.RtSigtimedwait || Target is { Kind: FdKind.SignalFd };

    /// <summary>For a set: whether it lets signals in for as long as it waits (ppoll(2), pselect(2), epoll_pwait(2) with a mask). Who does that means to be woken by one.</summary>
    public bool LetsSignalsIn { get; init; }

    /// <summary>For <see cref="WaitKind.Poll"/>: its members, one of which is enough.</summary>
    public ImmutableArray<Wait> Members { get; init; } = [];

    /// <summary>For a set without members: the fds in it that have been told of once and not been armed again since (EPOLLONESHOT). Whatever comes there, it is not told.</summary>
    public ImmutableArray<int> Disarmed { get; init; } = [];

    /// <summary>For a set: the epolls whose members are among <see cref="Members"/>. Whoever has one of them can put another member in.</summary>
    public ImmutableArray<int> Epolls { get; init; } = [];

    /// <summary>Why it could not be told better, for <see cref="WaitKind.Unknown"/>.</summary>
    public string? Why { get; init; }

    /// <summary>The resource in the words of the contract: <c>pipe:[86256]</c>, <c>futex:0x7f..</c>, <c>child:13</c>; null where there is none.</summary>
    public string? Resource => Kind switch
    {
        WaitKind.Futex => Futex is null ? null : $"futex:0x{Futex.Address:x}",
        WaitKind.Vfork => "child:any",
        WaitKind.ChildWait => Children is { Pid: { } pid } ? $"child:{pid}" : Children is { Group: { } group } ? $"child:group:{group}" : "child:any",
        WaitKind.FileLock => Lock?.Resource ?? Target?.Text,
        WaitKind.FifoOpen => Path,
        WaitKind.SysvSemaphore => SysvId is { } semaphores ? $"sem:{semaphores}" : null,
        WaitKind.SysvMessage => SysvId is { } queue ? $"msg:{queue}" : null,
        WaitKind.Poll => Members.IsEmpty ? Target?.Text : string.Join(' ', Members.Select(member => member.Target?.Text).Distinct()),
        _ => Target?.Text,
    };

    /// <summary>
    /// What it waits for besides its timeout: the same wait as if there were none. A mere sleep, and a wait of which it is not known whether it has a timeout, stay as they are.
    /// </summary>
    public Wait WithoutTimeout => Bounded == Bounded.Yes && Kind is not (WaitKind.Timer or WaitKind.SignalWait or WaitKind.Unknown) ? this with { Bounded = Bounded.No } : this;

    public static Wait Unknown(string why, SystemCall? call = null) =>
        new() { Kind = WaitKind.Unknown, Bounded = Bounded.Unknown, Call = call, Why = why };
}

/// <summary>Which children wait4(2) or waitid(2) waits for: exactly one of the two is set, or none for any child.</summary>
/// <param name="Pid">One child, by its number in the waiter's pid namespace.</param>
/// <param name="Group">Children of one process group.</param>
public sealed record ChildSelector(int? Pid, int? Group)
{
    public static ChildSelector Any { get; } = new(null, null);

    /// <summary>Whether <see cref="Pid"/> comes from a pidfd: then it is of the looker's pid namespace, and in a set it need not be a child's.</summary>
    public bool ByPidFd { get; private init; }

    /// <summary>Whether flags (__WCLONE, __WNOTHREAD) leave out some of the children, which ones cannot be told.</summary>
    public bool LeavesOutSome { get; init; }

    /// <param name="pidFd">What the pidfd refers to.</param>
    public static ChildSelector OfPidFd(FdTarget pidFd) => new((int)pidFd.Id, null) { ByPidFd = true };
}

/// <summary>The arguments of a futex(2) wait.</summary>
/// <param name="Address">Address of the word in the waiter's memory.</param>
/// <param name="Operation">Operation with its flags, the second argument.</param>
/// <param name="ExpectedValue">The third argument: it waits while the word has this value.</param>
/// <param name="Private">Only threads of the same memory can wake it (FUTEX_PRIVATE_FLAG, or a join on a thread of the same process).</param>
/// <param name="JoinsTid">Tid of the thread of the same process whose end is waited for (pthread_join(3)), or null.</param>
public sealed record FutexWait(ulong Address, int Operation, uint ExpectedValue, bool Private, int? JoinsTid)
{
    /// <inheritdoc/>
    public override string ToString() => $"futex 0x{Address:x}";

    /// <summary>Tids from this on stand in the control blocks of threads: what locks, semaphores and barriers wait on in memory that processes share says less, but for the rounds of a barrier that is used for long.</summary>
    public const int LeastTid = 10;

    /// <summary>The lock that the word belongs to, as far as it can be told; null: it is none, or looks like none.</summary>
    public FutexLock? Lock { get; init; }

    /// <summary><c>semaphore</c> or <c>barrier</c>, where the words around it look like one; null: neither, or not told.</summary>
    public string? Sort { get; init; }

    /// <summary>The mapping that the word lies in. Null: not asked (only suspects that wait on no private futex are), or not readable.</summary>
    public FutexMapping? Mapping { get; init; }

    /// <summary>The word no longer has the value that it is waited on with: the thread is about to wake, or was moved to another futex.</summary>
    public bool HasChanged { get; init; }

    /// <summary>Only who has this memory can wake it: by the flag, or because the mapping is private, which comes to the same.</summary>
    public bool IsPrivate => Private || Mapping is { Shared: false };

    /// <summary>
    /// <c>join</c> (a thread of the same process), a lock by who has it, <c>semaphore</c>, <c>barrier</c> or <c>wait</c> (condition variables and other runtimes' locks look alike),
    /// <c>wait-shared</c> and so on in memory that processes share. Of locks: <c>lock-own</c> the waiting thread, <c>lock-own-shared</c> the same in shared memory, <c>lock-held</c> another thread of the process,
    /// <c>lock-joiner</c> one that waits for a thread to end, <c>lock-elsewhere</c> no thread of it, <c>lock-inherited</c> one that was there before the process was forked with the lock,
    /// <c>lock-shared</c> no thread of it, in shared memory, <c>lock</c> no word says it; <c>rw-lock</c> and so on where it is a read-write lock.
    /// </summary>
    public string Class
    {
        get
        {
            if (JoinsTid is not null)
                return "join";
            if (Lock is null)
                return IsPrivate ? Sort ?? "wait" : $"{Sort ?? "wait"}-shared";
            string held = Lock.Holder switch
            {
                LockHolder.Self => IsPrivate ? "lock-own" : "lock-own-shared",
                LockHolder.Thread => "lock-held",
                LockHolder.Joiner => "lock-joiner",
                LockHolder.Elsewhere => !IsPrivate ? "lock-shared" : Lock.Inherited ? "lock-inherited" : "lock-elsewhere",
                _ => "lock",
            };
            return Lock.Form == LockForm.ReadWrite ? $"rw-{held}" : held;
        }
    }
}

/// <summary>A file lock that is waited for: flock(2), or fcntl(2) with F_SETLKW or F_OFD_SETLKW.</summary>
/// <param name="Kind">Which call.</param>
/// <param name="Access">Shared or exclusive.</param>
/// <param name="Start">First byte.</param>
/// <param name="End">Last byte; <see cref="long.MaxValue"/> for the end of the file.</param>
public sealed record LockRequest(LockKind Kind, LockAccess Access, long Start, long End)
{
    /// <summary>The file in the contract's words, <c>flock:fe:00:11657459</c>: device and inode as in /proc/locks. Null where they were not read.</summary>
    public string? Resource { get; init; }

    /// <summary>Its range counts from the file's position or end (lockf(3) does so): what that was the call does not say, and <see cref="Start"/> and <see cref="End"/> mean nothing.</summary>
    public bool IsRelative { get; init; }

    /// <summary>Whether that lock, held by somebody else, keeps this one waiting. Locks of flock and of fcntl do not see each other.</summary>
    public bool ConflictsWith(FileLock held) =>
        !held.Waits
        && held.Kind != LockKind.Lease
        && (held.Kind == LockKind.Flock) == (Kind == LockKind.Flock)
        && (held.Access == LockAccess.Write || Access == LockAccess.Write)
        && held.Start <= End && Start <= held.End;
}
