using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Netlink;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Looking;

/// <summary>Reads that are queued for one blocked call.</summary>
/// <param name="Call">Poll, Select, Futex, FutexWaitv, Fcntl, Open, Connect or RtSigtimedwait: what the answers are to be read as.</param>
/// <param name="Count">Poll: members; Select: fds; FutexWaitv: futexes.</param>
/// <param name="First">Poll set, futex word or array of futexes, or readfds. Null: the call passed NULL there, as for the next two.</param>
/// <param name="Second">writefds; of a futex that may be a lock's, the words around it.</param>
/// <param name="Third">exceptfds.</param>
/// <param name="OnStack">See <see cref="CallMemory.OnStack"/>.</param>
internal readonly record struct WantedCallMemory(SystemCall Call, int Count, ReadTicket? First, ReadTicket? Second = null, ReadTicket? Third = null, bool? OnStack = null);

/// <summary>
/// Reads what the pointers of a blocked call point to, in the memory of the process that is blocked: by <see cref="RiskyReads"/>, for the memory
/// may be locked, or served by somebody who does not answer.
/// </summary>
internal sealed class CallMemoryReader(RiskyReads risky, DirectoryHandle proc, ReadBuffer buffer)
{
    /// <summary>A larger set is not read, and nothing is claimed about it.</summary>
    private const int MaxPollMembers = 4096;

    private const ulong SetLockWait = 7, OfdSetLockWait = 38;
    private const int LockRangeLength = 24;
    private const ulong MaxPath = 1024, PageSize = 4096;

    /// <summary>FUTEX_WAITV_MAX, and the size of struct futex_waitv.</summary>
    private const int MaxFutexes = 128, FutexLength = 24;

    /// <summary>struct sockaddr_un of unix(7): where sun_path begins, and its size.</summary>
    private const int UnixPath = 2, UnixAddressLength = 110;

    private const ushort UnixFamily = 1;

    /// <summary>
    /// Above the stack pointer of a thread that glibc lets rest lie the frames of two functions, of 84 bytes with one glibc, and then its word. A semaphore or condition variable in a frame of its caller lies above more of them: from 190 bytes on.
    /// </summary>
    private const ulong NearestFrames = 128;

    private const short PollIn = 1, PollPri = 2, PollOut = 4;

    /// <summary>Queues what is needed; null where the call passes nothing that matters. To be taken after the next <see cref="RiskyReads.Run"/>.</summary>
    /// <param name="target">The process.</param>
    /// <param name="moved">Sum of the run counters of its threads.</param>
    /// <param name="asleep">No thread of it is in state D.</param>
    /// <param name="suspect">What takes a read of its own is asked.</param>
    internal WantedCallMemory? Want(ProcessKey target, ThreadRecord thread, SystemCall call, ulong moved, bool asleep, bool suspect)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        return call switch
        {
            SystemCall.Poll or SystemCall.Ppoll => WantPollSet(),
            // Only poll(2) continues through restart_syscall(2): after SIGSTOP and SIGCONT, its registers as they were.
            SystemCall.RestartSyscall when IsPoll(thread.Wchan) => WantPollSet(),
            SystemCall.Select or SystemCall.Pselect6 => WantSelectSets(),
            SystemCall.Futex => new WantedCallMemory(SystemCall.Futex, 1, Queue(args[0], sizeof(uint)), WantLockWords(), OnStack: IsOnStack()),
            SystemCall.FutexWaitv when args[1] is > 0 and <= MaxFutexes => new WantedCallMemory(SystemCall.FutexWaitv, (int)args[1], Queue(args[0], (int)args[1] * FutexLength)),
            SystemCall.Fcntl when args[1] is SetLockWait or OfdSetLockWait => new WantedCallMemory(SystemCall.Fcntl, 1, Queue(args[2], LockRangeLength)),
            SystemCall.Open or SystemCall.Creat when OpensFifo(thread.Wchan) => WantPath(args[0]),
            SystemCall.Openat when OpensFifo(thread.Wchan) => WantPath(args[1]),
            SystemCall.Connect when args[2] is > UnixPath and <= UnixAddressLength => new WantedCallMemory(SystemCall.Connect, 1, Queue(args[1], (int)args[2])),
            SystemCall.RtSigtimedwait => new WantedCallMemory(SystemCall.RtSigtimedwait, 1, Queue(args[0], sizeof(ulong))),
            _ => null,
        };

        // How long a path is shows only when it is read, and it may end where the mapped memory does: no further than its page.
        WantedCallMemory? WantPath(ulong address) => new WantedCallMemory(SystemCall.Open, 1, Queue(address, (int)Math.Min(MaxPath, PageSize - address % PageSize)));

        WantedCallMemory? WantPollSet() => args[1] > MaxPollMembers ? null : new WantedCallMemory(SystemCall.Poll, (int)args[1], Queue(args[0], (int)args[1] * 8));

        ReadTicket? WantLockWords() => FutexLock.AnyWordsOf(args[0], (int)args[1], (uint)args[2]) is { } words ? Queue(words.Address, words.Count * sizeof(uint)) : null;

        // Asleep in that call it is in no execve, for which its file in /proc would wait.
        bool? IsOnStack() => !suspect || !FutexLock.MayBeRefused((int)args[1], (uint)args[2], args[3]) ? null
            : thread.Memory?.OnStack is { } known ? known
            : proc.Read(RelativePath.BelowProcess(target.Pid, thread.Tid, "syscall"u8), buffer, out ReadOnlySpan<byte> text) == Sight.Seen && SyscallFile.StackPointerOf(text) is { } pointer
                ? args[0] > pointer && args[0] - pointer < NearestFrames
                : null;

        // select(2), pselect6(2): n, readfds, writefds, exceptfds; each a bit mask of n bits in whole longs, or NULL
        WantedCallMemory? WantSelectSets()
        {
            int count = (int)args[0];
            return count is < 0 or > MaxPollMembers * 64
                ? null
                : new WantedCallMemory(SystemCall.Select, count, Mask(args[1]), Mask(args[2]), Mask(args[3]));

            ReadTicket? Mask(ulong address) => address == 0 ? null : Queue(address, MaskLength(count));
        }

        // The memory is the same for all threads, but a leader that has exited has none any more: it is named by the thread.
        ReadTicket Queue(ulong address, int length) =>
            risky.Queue(target, moved, new RiskyRead(RiskyReadKind.Memory, target.Pid, thread.Tid, length, address), asleep);
    }

    /// <summary>Null where it could not be read, for the reason that <paramref name="sight"/> tells.</summary>
    internal CallMemory? Take(in WantedCallMemory wanted, out Sight sight)
    {
        sight = Sight.Seen;
        switch (wanted.Call)
        {
            case SystemCall.Select:
                return SelectSets(wanted, out sight);
            case SystemCall.Futex:
                sight = risky.Take(wanted.First!.Value, out ReadOnlySpan<byte> word);
                return sight == Sight.Seen ? new CallMemory { FutexWord = BinaryPrimitives.ReadUInt32LittleEndian(word), LockWords = LockWords(wanted), OnStack = wanted.OnStack } : null;
            case SystemCall.FutexWaitv:
                sight = risky.Take(wanted.First!.Value, out ReadOnlySpan<byte> futexes);
                return sight == Sight.Seen ? new CallMemory { Futexes = FutexesOf(futexes) } : null;
            case SystemCall.Fcntl:
                sight = risky.Take(wanted.First!.Value, out ReadOnlySpan<byte> range);
                return sight == Sight.Seen ? new CallMemory { LockRange = RangeOf(range) } : null;
            case SystemCall.RtSigtimedwait:
                sight = risky.Take(wanted.First!.Value, out ReadOnlySpan<byte> signals);
                return sight == Sight.Seen ? new CallMemory { SignalSet = BinaryPrimitives.ReadUInt64LittleEndian(signals) } : null;
            case SystemCall.Open:
                sight = risky.Take(wanted.First!.Value, out ReadOnlySpan<byte> path);
                return sight == Sight.Seen && path.IndexOf((byte)0) is > 0 and var end ? new CallMemory { Path = Encoding.UTF8.GetString(path[..end]) } : null;
            case SystemCall.Connect:
                sight = risky.Take(wanted.First!.Value, out ReadOnlySpan<byte> address);
                return sight == Sight.Seen && BinaryPrimitives.ReadUInt16LittleEndian(address) == UnixFamily ? new CallMemory { Path = UnixDiag.Name(address[UnixPath..]) } : null;
            default:
                sight = risky.Take(wanted.First!.Value, out ReadOnlySpan<byte> bytes);
                return sight == Sight.Seen ? PollSet(bytes) : null;
        }
    }

    private static bool OpensFifo(string? wchan) => wchan is not null && wchan.StartsWith("wait_for_partner", StringComparison.Ordinal);

    // struct flock { short l_type; short l_whence; off_t l_start; off_t l_len; pid_t l_pid; } with off_t of eight bytes, aligned
    private static LockRange RangeOf(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadInt16LittleEndian(bytes), BinaryPrimitives.ReadInt16LittleEndian(bytes[2..]),
        BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));

    // struct futex_waitv { u64 val; u64 uaddr; u32 flags; u32 reserved; }
    private static ImmutableArray<FutexWaitv> FutexesOf(ReadOnlySpan<byte> bytes)
    {
        ImmutableArray<FutexWaitv>.Builder futexes = ImmutableArray.CreateBuilder<FutexWaitv>(bytes.Length / FutexLength);
        for (; !bytes.IsEmpty; bytes = bytes[FutexLength..])
        {
            futexes.Add(new FutexWaitv(
                BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..])));
        }
        return futexes.MoveToImmutable();
    }

    /// <summary>Null also where what lies there is no lock, and ends before one would.</summary>
    private ImmutableArray<uint>? LockWords(in WantedCallMemory wanted)
    {
        if (wanted.Second is not { } ticket || risky.Take(ticket, out ReadOnlySpan<byte> bytes) != Sight.Seen)
            return null;
        ImmutableArray<uint>.Builder words = ImmutableArray.CreateBuilder<uint>(bytes.Length / sizeof(uint));
        for (; !bytes.IsEmpty; bytes = bytes[sizeof(uint)..])
            words.Add(BinaryPrimitives.ReadUInt32LittleEndian(bytes));
        return words.MoveToImmutable();
    }

    private static bool IsPoll(string? wchan) => wchan is not null && wchan.StartsWith("poll_schedule_timeout", StringComparison.Ordinal);

    private static int MaskLength(int count) => (count + 63) / 64 * 8;

    // poll(2): struct pollfd { int fd; short events; short revents; } fds[nfds]
    private static CallMemory PollSet(ReadOnlySpan<byte> bytes)
    {
        ImmutableArray<PollMember>.Builder members = ImmutableArray.CreateBuilder<PollMember>(bytes.Length / 8);
        for (; !bytes.IsEmpty; bytes = bytes[8..])
        {
            int fd = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (fd >= 0)
                members.Add(new PollMember(fd, BinaryPrimitives.ReadInt16LittleEndian(bytes[4..])));
        }
        return new CallMemory { PollSet = members.ToImmutable() };
    }

    private CallMemory? SelectSets(in WantedCallMemory wanted, out Sight sight)
    {
        sight = Sight.Seen;
        short[] events = new short[wanted.Count];
        foreach ((ReadTicket? ticket, short bit) in (ReadOnlySpan<(ReadTicket?, short)>)[(wanted.First, PollIn), (wanted.Second, PollOut), (wanted.Third, PollPri)])
        {
            if (ticket is not { } read)
                continue;
            sight = risky.Take(read, out ReadOnlySpan<byte> mask);
            if (sight != Sight.Seen)
                return null;
            for (int fd = 0; fd < events.Length; fd++)
            {
                if ((mask[fd / 8] & 1 << fd % 8) != 0)
                    events[fd] |= bit;
            }
        }
        return new CallMemory { PollSet = [.. events.Select((wanted, fd) => new PollMember(fd, wanted)).Where(member => member.Events != 0)] };
    }
}
