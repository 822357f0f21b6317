using System.Buffers.Binary;
using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Looking;

/// <summary>Reads what the pointers of a blocked call point to, in the memory of the process that is blocked.</summary>
internal sealed class CallMemoryReader
{
    /// <summary>A larger set is not read, and nothing is claimed about it.</summary>
    private const int MaxPollMembers = 4096;

    private const short PollIn = 1, PollPri = 2, PollOut = 4;

    private readonly byte[] _bytes = new byte[MaxPollMembers * 8];

    /// <summary>Null where the call passes nothing that matters, or it could not be read.</summary>
    /// <param name="denied">The memory may not be read (needs ptrace access).</param>
    internal CallMemory? Read(ThreadRecord thread, SystemCall call, out bool denied)
    {
        int pid = thread.Tid; // The memory is the same for all threads, but a leader that has exited has none any more.
        ImmutableArray<ulong> args = thread.Call.Arguments;
        denied = false;
        return call switch
        {
            SystemCall.Poll or SystemCall.Ppoll => PollSet(pid, args[0], args[1], ref denied),
            // Only poll(2) continues through restart_syscall(2): after SIGSTOP and SIGCONT, its registers as they were.
            SystemCall.RestartSyscall when IsPoll(thread.Wchan) => PollSet(pid, args[0], args[1], ref denied),
            SystemCall.Select or SystemCall.Pselect6 => SelectSets(pid, args, ref denied),
            SystemCall.Futex => FutexWord(pid, args[0], ref denied),
            _ => null,
        };
    }

    private static bool IsPoll(string? wchan) => wchan is not null && wchan.StartsWith("poll_schedule_timeout", StringComparison.Ordinal);

    // poll(2): struct pollfd { int fd; short events; short revents; } fds[nfds]
    private CallMemory? PollSet(int pid, ulong address, ulong count, ref bool denied)
    {
        if (count > MaxPollMembers || !Fill(pid, address, (int)count * 8, ref denied, out ReadOnlySpan<byte> bytes))
            return null;
        ImmutableArray<PollMember>.Builder members = ImmutableArray.CreateBuilder<PollMember>((int)count);
        for (; !bytes.IsEmpty; bytes = bytes[8..])
        {
            int fd = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (fd >= 0)
                members.Add(new PollMember(fd, BinaryPrimitives.ReadInt16LittleEndian(bytes[4..])));
        }
        return new CallMemory { PollSet = members.ToImmutable() };
    }

    // select(2), pselect6(2): n, readfds, writefds, exceptfds; each a bit mask of n bits in whole longs, or NULL
    private CallMemory? SelectSets(int pid, ImmutableArray<ulong> args, ref bool denied)
    {
        int count = (int)args[0];
        int length = (count + 63) / 64 * 8;
        if (count < 0 || length > _bytes.Length)
            return null;
        short[] events = new short[count];
        foreach ((ulong address, short bit) in (ReadOnlySpan<(ulong, short)>)[(args[1], PollIn), (args[2], PollOut), (args[3], PollPri)])
        {
            if (address == 0)
                continue;
            if (!Fill(pid, address, length, ref denied, out ReadOnlySpan<byte> mask))
                return null;
            for (int fd = 0; fd < count; fd++)
            {
                if ((mask[fd / 8] & 1 << fd % 8) != 0)
                    events[fd] |= bit;
            }
        }
        return new CallMemory { PollSet = [.. events.Select((wanted, fd) => new PollMember(fd, wanted)).Where(member => member.Events != 0)] };
    }

    private CallMemory? FutexWord(int pid, ulong address, ref bool denied) =>
        Fill(pid, address, sizeof(uint), ref denied, out ReadOnlySpan<byte> word)
            ? new CallMemory { FutexWord = BinaryPrimitives.ReadUInt32LittleEndian(word) }
            : null;

    private bool Fill(int pid, ulong address, int length, ref bool denied, out ReadOnlySpan<byte> bytes)
    {
        Span<byte> room = _bytes.AsSpan(0, length);
        Sight sight = TargetMemory.Read(pid, address, room);
        denied |= sight == Sight.Denied;
        bytes = room;
        return sight == Sight.Seen;
    }
}
