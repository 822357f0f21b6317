using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>One thread (task) as /proc/PID/task/TID showed it.</summary>
public sealed record ThreadRecord
{
    /// <inheritdoc/>
    public override string ToString() => $"{Comm} ({Tid})";

    public required int Tid { get; init; }

    /// <summary>Its number in the innermost pid namespace (last number of NSpid in the thread's status), where that is another one. Null: it is the same, or not asked (only suspects are).</summary>
    public int? NsTid { get; init; }

    /// <summary>comm of the thread: its own name, at most 15 bytes.</summary>
    public required string Comm { get; init; }

    /// <summary>state, field 3 of the thread's stat.</summary>
    public required char State { get; init; }

    /// <summary>How often and how long it has run; read before everything else of this thread. Null: not readable.</summary>
    public RunCounters? Counters { get; init; }

    /// <summary>Name in wchan; null where it shows <c>0</c> (running, no permission or no symbol) or could not be read.</summary>
    public string? Wchan { get; init; }

    public required BlockedCall Call { get; init; }

    /// <summary>Of a thread that ran while its process was read, so that <see cref="Call"/> says that it runs: the call that it was blocked in before. Not part of a capture.</summary>
    [JsonIgnore]
    public BlockedCall? RanOutOf { get; init; }

    /// <summary>What the call's pointers point to; null where the call passes none that matter.</summary>
    public CallMemory? Memory { get; init; }

    /// <summary>Its own fd table, where that is not the one of its process (unshare(2) with CLONE_FILES). Null: it has its process's, or that was not asked, or may not be.</summary>
    public ImmutableArray<FileDescriptor>? Fds { get; init; }

    /// <summary>Time since boot at which it last ran (se.exec_start of /proc/PID/task/TID/sched). Null: not asked, not there, or lost as it was moved between CPUs.</summary>
    public TimeSpan? LastRan { get; init; }

    /// <summary>SigPnd of the thread's status, as a mask: signals that wait for this thread alone. Null: not asked (only suspects are), or not readable.</summary>
    public ulong? SignalsPending { get; init; }

    /// <summary>SigBlk of the thread's status, as a mask: signals that it does not take now. Null: not asked, or not readable.</summary>
    public ulong? SignalsBlocked { get; init; }
}

/// <summary>
/// /proc/PID/task/TID/schedstat: a thread whose counters are the same at two moments did not run in between.
/// </summary>
/// <param name="RunTimeNs">Time spent on a CPU, nanoseconds.</param>
/// <param name="Timeslices">Number of times it was put on a CPU.</param>
public readonly record struct RunCounters(ulong RunTimeNs, ulong Timeslices);

/// <summary>/proc/PID/task/TID/syscall: the system call that a thread is blocked in.</summary>
/// <param name="Status">Which of the file's forms it had.</param>
/// <param name="Number">System call number of the host's architecture, where <see cref="BlockedCallStatus.InCall"/>.</param>
/// <param name="Arguments">The six argument registers, where <see cref="BlockedCallStatus.InCall"/>; otherwise empty.</param>
public sealed record BlockedCall(BlockedCallStatus Status, long Number, ImmutableArray<ulong> Arguments)
{
    public static BlockedCall Running { get; } = new(BlockedCallStatus.Running, 0, []);
    public static BlockedCall Denied { get; } = new(BlockedCallStatus.Denied, 0, []);
    public static BlockedCall Unreadable { get; } = new(BlockedCallStatus.Unreadable, 0, []);
    public static BlockedCall NotInCall { get; } = new(BlockedCallStatus.NotInCall, 0, []);

    /// <summary>Blocked in this call; <paramref name="before"/> itself where that is the same, so that what stands still costs nothing.</summary>
    public static BlockedCall Of(long number, ReadOnlySpan<ulong> arguments, BlockedCall? before) =>
        before is { Status: BlockedCallStatus.InCall } && before.Number == number && arguments.SequenceEqual(before.Arguments.AsSpan())
            ? before
            : new BlockedCall(BlockedCallStatus.InCall, number, [.. arguments]);

    public bool Equals(BlockedCall? other) =>
        other is not null && Status == other.Status && Number == other.Number && Arguments.AsSpan().SequenceEqual(other.Arguments.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Status, Number);
}

[JsonConverter(typeof(KebabCase<BlockedCallStatus>))]
public enum BlockedCallStatus
{
    /// <summary>The file says <c>running</c>: it is on a CPU or ready to be.</summary>
    Running,

    /// <summary><c>NR ARG0 .. ARG5 SP PC</c>.</summary>
    InCall,

    /// <summary><c>-1 SP PC</c>: blocked, but not in a system call (a page fault, say).</summary>
    NotInCall,

    /// <summary>Not permitted: needs ptrace access.</summary>
    Denied,

    /// <summary>Gone, or not in the expected form.</summary>
    Unreadable,
}

/// <summary>
/// What was read out of the target with process_vm_readv(2) for the call it is blocked in. Each part is null where the call
/// has no such argument or it could not be read.
/// </summary>
public sealed record CallMemory
{
    /// <inheritdoc/>
    public override string ToString() => nameof(CallMemory);

    /// <summary>The set of poll, ppoll, select or pselect6, invalid members (negative fds) left out.</summary>
    public ImmutableArray<PollMember>? PollSet { get; init; }

    /// <summary>The 32-bit futex word at the call's first argument.</summary>
    public uint? FutexWord { get; init; }

    /// <summary>The array of futex_waitv(2).</summary>
    public ImmutableArray<FutexWaitv>? Futexes { get; init; }

    /// <summary>The struct flock of fcntl(2) with F_SETLKW or F_OFD_SETLKW.</summary>
    public LockRange? LockRange { get; init; }

    /// <summary>
    /// The path of an open(2) that waits for a FIFO's other end, or of a connect(2) to a unix socket, as it was passed: it may be relative. At most 1,024 bytes, or less where a page ends. A name without a file
    /// begins with @ (unix(7)).
    /// </summary>
    public string? Path { get; init; }

    /// <summary>32-bit words around a futex that may be a lock's, see <see cref="Waits.FutexLock.AnyWordsOf"/>: which, and how many, depends on how it is waited on.</summary>
    public ImmutableArray<uint>? LockWords { get; init; }

    /// <summary>
    /// A futex word that no lock is known by lies in the frames of the very call, right above the stack pointer: nobody else knows of it. Asked of those only that wait as <see cref="Waits.FutexLock.MayBeRefused"/> says; null else.
    /// </summary>
    public bool? OnStack { get; init; }

    /// <summary>The signals that rt_sigtimedwait(2) waits for, as a mask: bit n-1 is signal n.</summary>
    public ulong? SignalSet { get; init; }

    /// <summary>The mapping that the futex word lies in, where the call has no FUTEX_PRIVATE_FLAG; of several words a shared one where there is any. Null: not asked, or not readable.</summary>
    public FutexMapping? FutexMapping { get; init; }
}

/// <summary>struct futex_waitv of linux/futex.h.</summary>
/// <param name="Address">Of the word.</param>
/// <param name="Expected">It waits while the word has this value.</param>
/// <param name="Flags">FUTEX2_ flags: size of the word, 128 for a private one.</param>
public sealed record FutexWaitv(ulong Address, ulong Expected, uint Flags)
{
    /// <summary>FUTEX2_PRIVATE: only threads with the same memory wake it.</summary>
    public bool IsPrivate => (Flags & 128) != 0;
}

/// <summary>struct flock of fcntl(2).</summary>
/// <param name="Type">F_RDLCK 0, F_WRLCK 1, F_UNLCK 2.</param>
/// <param name="Whence">SEEK_SET 0, SEEK_CUR 1, SEEK_END 2: what <paramref name="Start"/> counts from.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Number of bytes; 0: to the end of the file; negative: those before the start.</param>
public sealed record LockRange(short Type, short Whence, long Start, long Length);

/// <summary>One member of a poll set.</summary>
/// <param name="Fd">File descriptor number.</param>
/// <param name="Events">Bits as in poll(2): POLLIN 1, POLLPRI 2, POLLOUT 4. The sets of select(2) are turned into these.</param>
public sealed record PollMember(int Fd, short Events);
