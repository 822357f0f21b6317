using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>Which lock a futex is the word of, as far as the words around it tell.</summary>
public enum LockForm
{
    /// <summary>A contended lock (FUTEX_WAIT while the word is 2) with no owner beside it that can be believed: a low-level lock of the C library, a lock of Rust's std.</summary>
    Bare,

    /// <summary>pthread_mutex_t of glibc.</summary>
    Mutex,

    /// <summary>FUTEX_LOCK_PI: the word itself is the owner's tid.</summary>
    PriorityInheriting,

    /// <summary>pthread_rwlock_t of glibc.</summary>
    ReadWrite,

    /// <summary>
    /// One of FUTEX_LOCK_PI which the kernel has refused for good: the thread has it itself, who has it waits for this thread (EDEADLK), or has exited (ESRCH). glibc then lets the thread wait for ever, at a word of its own stack.
    /// </summary>
    Refused,
}

/// <summary>Who has the lock.</summary>
public enum LockHolder
{
    /// <summary>No word says it.</summary>
    Unknown,

    /// <summary>The waiting thread itself.</summary>
    Self,

    /// <summary>Another thread of the process.</summary>
    Thread,

    /// <summary>Another thread of the process, which waits for a thread to end.</summary>
    Joiner,

    /// <summary>No thread of the process: one that has exited, or one of another process.</summary>
    Elsewhere,
}

/// <summary>
/// What the words around a futex tell of the lock. They only name: whoever has the memory can unlock it, so they never narrow who could end the wait.
/// </summary>
/// <param name="Form">Which lock.</param>
/// <param name="OwnerTid">Tid of the thread that has it, a number of its pid namespace; 0: no word says it.</param>
/// <param name="Readers">Of a lock that is held for reading: how often.</param>
public sealed record FutexLock(LockForm Form, int OwnerTid, int Readers = 0)
{
    public LockHolder Holder { get; init; }

    /// <summary>The owner's number is lower than that of the process: it was there before, and is none of its threads. fork(2) copied the lock.</summary>
    public bool Inherited { get; init; }

    /// <summary>Where it begins: a read-write lock is waited for at three of its words.</summary>
    public ulong Start { get; init; }

    /// <summary>FUTEX_PRIVATE_FLAG: only threads with the same memory are woken.</summary>
    public const int PrivateFlag = 0x80;

    internal const int Wait = 0, LockPi = 6, WaitBitset = 9, LockPi2 = 13;
    internal const int ClockRealtime = 0x100, CommandMask = 0x7f;
    private const uint TidMask = 0x3fffffff, WaitersBit = 0x80000000;

    /// <summary>Up to the kind of a pthread_mutex_t, four bytes each.</summary>
    private const int MutexWords = 5;

    /// <summary>Bytes from one word of libstdc++'s atomics to the next.</summary>
    private const ulong AtomicsLine = 64;

    private const ulong PageSize = 4096;

    private const uint MostWaiters = 1 << 20;

    private const int ReaderShift = 3;
    private const uint MostWriters = 1 << 20;

    /// <summary>Linux does not give a larger tid (PID_MAX_LIMIT).</summary>
    private const uint MaxTid = 1 << 22;

    /// <summary>Which words around a futex of whatever sort have to be read to tell what it is.</summary>
    public static (ulong Address, int Count)? AnyWordsOf(ulong address, int operation, uint expected) => WordsOf(address, operation, expected) ?? FutexSort.WordsOf(address, operation, expected);

    /// <summary>Which words around the futex have to be read to tell the lock: where they begin, and how many; null for none.</summary>
    public static (ulong Address, int Count)? WordsOf(ulong address, int operation, uint expected) => (operation & CommandMask) switch
    {
        Wait when MayBeOfAtomics(address, expected) => (address - AtomicsLine, MutexWords + (int)AtomicsLine / sizeof(uint)),
        Wait when expected == 2 || (expected & WaitersBit) != 0 => (address, MutexWords),
        // A mutex with a timeout by the monotonic clock; whatever else waits so is told by what the words hold.
        WaitBitset when operation == (WaitBitset | PrivateFlag) && expected == 2 => (address, MutexWords),
        // The struct is aligned to 8, and both words that are waited on lie in its second eight bytes.
        WaitBitset when (operation & ClockRealtime) != 0 && expected is 2 or 3 && address > 8 => ((address & ~7UL) - 8, 8),
        // It is waited on as well, at its beginning, by who wants to read and lets writers go first.
        WaitBitset when IsBehindWriters(address, operation, expected) => (address, 8),
        _ => null,
    };

    /// <summary>Whether it is as glibc waits that lets a thread rest for good, see <see cref="LockForm.Refused"/>, if the word lies in its stack; so it waits for much else.</summary>
    public static bool MayBeRefused(int operation, uint expected, ulong timeout) => (operation & ~PrivateFlag) == (WaitBitset | ClockRealtime) && expected == 0 && timeout == 0;

    /// <summary>
    /// A lock of kind PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP that somebody has for reading: who wants to read it too waits, without being counted, for a writer that waits before it. Of the flags
    /// of the first word those are set that say that a writer is there (2) and that a reader waits (4), and not the one of the writers' turn.
    /// </summary>
    private static bool IsBehindWriters(ulong address, int operation, uint expected) =>
        (operation & ~PrivateFlag) == (WaitBitset | ClockRealtime) && address % 8 == 0 && (expected & 7) == 6 && expected >> ReaderShift is > 0 and < MostWriters;

    public static bool IsPriorityInheriting(int operation) => (operation & CommandMask) is LockPi or LockPi2;

    internal static FutexLock? Of(ulong address, int operation, uint expected, CallMemory? memory, bool timed = false) => FormOf(address, operation, expected, memory, timed) is { } held
        ? held with { Start = held.Form == LockForm.ReadWrite && !IsBehindWriters(address, operation, expected) ? (address & ~7UL) - 8 : address }
        : null;

    private static FutexLock? FormOf(ulong address, int operation, uint expected, CallMemory? memory, bool timed)
    {
        int command = operation & CommandMask;
        ImmutableArray<uint> words = memory?.LockWords ?? [];
        switch (command)
        {
            case LockPi or LockPi2:
                return new FutexLock(LockForm.PriorityInheriting, (int)((memory?.FutexWord ?? 0) & TidMask));
            case WaitBitset when memory is { OnStack: true } && expected == 0:
                return new FutexLock(LockForm.Refused, 0);
            case Wait when expected == 2:
                return MutexOf(words.Length > MutexWords ? words[^MutexWords..] : words) ?? (IsOfAtomics(words) || IsOfAnAtomic(operation, memory) ? null : new FutexLock(LockForm.Bare, 0));
            // A robust mutex has its owner's tid in the word as well.
            case Wait when (expected & WaitersBit) != 0:
                return MutexOf(words) is { } robust && (uint)robust.OwnerTid == (expected & TidMask) ? robust : null;
            case WaitBitset when (operation & ClockRealtime) != 0 && expected is 2 or 3:
                return ReadWriteOf(words, address % 8 == 0 ? 2 : 3) ?? (expected == 2 && timed && address % 8 == 0 && words.Length == 8 ? MutexOf(words[2..7]) : null);
            // The writer whose turn is next has its futex marked and is not counted; those behind it are.
            case WaitBitset when IsBehindWriters(address, operation, expected) && words is [var flags, < MostWriters, _, 1 or 3, ..] && flags == expected:
                return ReadWriteOf(words, 2) is { OwnerTid: 0 } read ? read : null;
            case WaitBitset when operation == (WaitBitset | PrivateFlag) && expected == 2:
                return (timed ? MutexOf(words) : null) ?? new FutexLock(LockForm.Bare, 0);
            default:
                return null;
        }
    }

    /// <summary>
    /// std::atomic::wait of libstdc++, and its barrier and latch on it, wait for all values but an int at a word beside the value: a count of who waits in one cache line, a version that each notify
    /// adds one to in the next. By chance that is 2.
    /// </summary>
    private static bool MayBeOfAtomics(ulong address, uint expected) =>
        expected == 2 && address % AtomicsLine == 0 && address % PageSize != 0;

    /// <summary>Without the flag for memory of its own, and in such: no lock of the C library waits so, and std::atomic does.</summary>
    private static bool IsOfAnAtomic(int operation, CallMemory? memory) => (operation & PrivateFlag) == 0 && memory?.FutexMapping is { Shared: false };

    private static bool IsOfAtomics(ImmutableArray<uint> words)
    {
        const int version = (int)AtomicsLine / sizeof(uint);
        if (words.Length != version + MutexWords || words[0] is 0 or > MostWaiters)
            return false;
        for (int place = 1; place < words.Length; place++)
        {
            if (place != version && words[place] != 0)
                return false;
        }
        return true;
    }

    /// <summary>pthread_mutex_t: int lock; unsigned count; int owner; unsigned nusers; int kind. What has a pointer there (the lock of a stdio stream) is none.</summary>
    private static FutexLock? MutexOf(ImmutableArray<uint> words)
    {
        // Types 0 to 3, robust, inherit, protect, shared, and the two of lock elision.
        const uint kinds = 0x3 | 0x10 | 0x20 | 0x40 | 0x80 | 0x100 | 0x200;
        if (words.Length != MutexWords)
            return null;
        (uint count, uint owner, uint users, uint kind) = (words[1], words[2], words[3], words[4]);
        return owner is > 0 and <= MaxTid && users is > 0 and < 0x7000 && (kind & ~kinds) == 0 && (count == 0 || (kind & 3) == 1 || (kind & 0x10) != 0)
            ? new FutexLock(LockForm.Mutex, (int)owner)
            : null;
    }

    /// <summary>
    /// pthread_rwlock_t: unsigned readers, writers, wrphase_futex, writers_futex, pad, pad; int cur_writer; int shared. Above its three flags, the first word counts
    /// who reads; those who wait to read count as well while a writer has it.
    /// </summary>
    /// <param name="words">From its beginning.</param>
    /// <param name="waited">Which of them somebody waits on: 2 for the phase of readers or writers, 3 for writers.</param>
    private static FutexLock? ReadWriteOf(ImmutableArray<uint> words, int waited)
    {
        if (words.Length != 8 || words[4] != 0 || words[5] != 0 || words[7] > 1 || words[6] > MaxTid || words[waited] is not (2 or 3))
            return null;
        int readers = (int)(words[0] >> ReaderShift);
        return words[6] != 0 ? new FutexLock(LockForm.ReadWrite, (int)words[6]) : readers > 0 ? new FutexLock(LockForm.ReadWrite, 0, readers) : null;
    }
}
