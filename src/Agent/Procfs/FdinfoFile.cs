using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/fdinfo/FD, proc_pid_fdinfo(5).</summary>
/// <param name="Flags">Open flags, octal in the file; close-on-exec is 02000000.</param>
/// <param name="EpollMembers">The <c>tfd:</c> lines by their fd, up to <see cref="MaxMembers"/>; empty where there are none. Null: there are more.</param>
/// <param name="EventFdId">Equal in all descriptors of one eventfd (Linux 5.2); null: no such line.</param>
/// <param name="Pid">Process of a pidfd in the reader's namespace: 0 in another one, -1 reaped; null: no such line.</param>
public sealed record FdinfoFile(uint Flags, ImmutableArray<EpollMember>? EpollMembers, ulong? EventFdId, int? Pid)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(FdinfoFile);

    /// <summary>Members of an epoll set that are read; of a larger set nothing is claimed.</summary>
    public const int MaxMembers = 4096;

    /// <summary>Locks of one file that are kept.</summary>
    public const int MaxLocks = 4096;

    /// <summary>Inode; null before Linux 5.14.</summary>
    public ulong? Inode { get; init; }

    /// <summary>Mount that it was opened through; <see cref="MountinfoFile"/> tells the device.</summary>
    public int? MountId { get; init; }

    /// <summary>Locks held through this description, or by its process on this file.</summary>
    public ImmutableArray<FileLock> Locks { get; init; } = [];

    /// <summary>N of the /dev/pts/N that belongs to a /dev/ptmx (Linux 4.18).</summary>
    public int? TtyIndex { get; init; }

    /// <summary>Of a timerfd: it will expire (<c>it_value:</c>), or it has and nobody has read it (<c>ticks:</c>). Null: no timerfd.</summary>
    public bool? TimerArmed { get; init; }

    /// <summary>Of a signalfd: the signals that it tells of (<c>sigmask:</c>). Null: no signalfd.</summary>
    public ulong? Signals { get; init; }

    /// <summary>Descriptors in the receive queue of a unix socket (Linux 5.15).</summary>
    public int? DescriptorsInFlight { get; init; }

    public bool CloseOnExec => (Flags & 0x80000) != 0; // O_CLOEXEC, octal 02000000
    public bool NonBlocking => (Flags & 0x800) != 0; // O_NONBLOCK, octal 04000
    public bool Async => (Flags & 0x2000) != 0; // FASYNC, octal 020000

    // pos:    0
    // flags:  02000002
    // mnt_id: 16
    // ino:    1057
    // eventfd-count:                0
    // eventfd-id: 3
    // tfd:        5 events:       19 data:                5  pos:0 ino:3d sdev:f        hexadecimal but tfd and pos
    // Pid:    4711
    // tty-index:      0
    // scm_fds: 1
    // sigmask:        0000000000010000
    // ticks: 0
    // it_value: (0, 0)               seconds, nanoseconds to go
    // lock:   1: FLOCK  ADVISORY  WRITE 6804 fe:00:11657460 0 EOF          any number; the form of /proc/locks
    //
    // Other keys are skipped on purpose: inotify, fanotify and io_uring alone have dozens.
    public static bool TryParse(ReadOnlySpan<byte> text, out FdinfoFile? info)
    {
        info = null;
        uint? flags = null;
        ulong? eventFd = null, signals = null;
        int? pid = null, mount = null, tty = null, inFlight = null;
        ulong? inode = null;
        bool? armed = null;
        ImmutableArray<FileLock>.Builder? locks = null;
        ImmutableArray<EpollMember>.Builder? members = null;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (Utf8Text.TakeKey(line, "tfd:"u8, out ReadOnlySpan<byte> value))
            {
                if ((members?.Count ?? 0) <= MaxMembers && TryMember(value, out EpollMember? member))
                    (members ??= ImmutableArray.CreateBuilder<EpollMember>()).Add(member);
            }
            else if (Utf8Text.TakeKey(line, "flags:"u8, out value))
                flags = Octal(value);
            else if (Utf8Text.TakeKey(line, "eventfd-id:"u8, out value) && Utf8Text.NextULong(ref value, out ulong id))
                eventFd = id;
            else if (Utf8Text.TakeKey(line, "Pid:"u8, out value) && Utf8Text.NextInt(ref value, out int target))
                pid = target;
            else if (Utf8Text.TakeKey(line, "ino:"u8, out value) && Utf8Text.NextULong(ref value, out ulong ino))
                inode = ino;
            else if (Utf8Text.TakeKey(line, "mnt_id:"u8, out value) && Utf8Text.NextInt(ref value, out int mountId))
                mount = mountId;
            else if (Utf8Text.TakeKey(line, "tty-index:"u8, out value) && Utf8Text.NextInt(ref value, out int index))
                tty = index;
            else if (Utf8Text.TakeKey(line, "scm_fds:"u8, out value) && Utf8Text.NextInt(ref value, out int waiting))
                inFlight = waiting;
            else if (Utf8Text.TakeKey(line, "sigmask:"u8, out value) && Utf8Text.NextHex(ref value, out ulong mask))
                signals = mask;
            else if (Utf8Text.TakeKey(line, "ticks:"u8, out value) && Utf8Text.NextULong(ref value, out ulong ticks))
                armed = armed == true || ticks != 0;
            else if (Utf8Text.TakeKey(line, "it_value:"u8, out value))
                armed = armed == true || value.IndexOfAnyInRange((byte)'1', (byte)'9') >= 0;
            else if (Utf8Text.TakeKey(line, "lock:"u8, out value) && (locks?.Count ?? 0) < MaxLocks && LocksFile.ParseLine(value) is { } item)
                (locks ??= ImmutableArray.CreateBuilder<FileLock>()).Add(item);
        }
        if (flags is null)
            return false;
        // The kernel lists them by where their files lie in memory, another order in each run.
        members?.Sort(static (one, other) => one.Fd.CompareTo(other.Fd));
        info = new FdinfoFile(flags.Value, members is null ? [] : members.Count > MaxMembers ? null : members.ToImmutable(), eventFd, pid)
        {
            Inode = inode,
            MountId = mount,
            Locks = locks?.ToImmutable() ?? [],
            TtyIndex = tty,
            DescriptorsInFlight = inFlight,
            TimerArmed = armed,
            Signals = signals,
        };
        return true;
    }

    private static bool TryMember(ReadOnlySpan<byte> line, [NotNullWhen(true)] out EpollMember? member)
    {
        member = default;
        if (!Utf8Text.NextInt(ref line, out int fd)
            || !Utf8Text.NextField(ref line, out _) // events:
            || !Utf8Text.NextHex(ref line, out ulong events)
            || !TakeHex(line, "ino:"u8, out ulong inode)
            || !TakeHex(line, "sdev:"u8, out ulong device))
            return false;
        member = new EpollMember(fd, (uint)events, inode, (uint)device);
        return true;
    }

    private static bool TakeHex(ReadOnlySpan<byte> line, ReadOnlySpan<byte> key, out ulong number)
    {
        number = 0;
        int at = line.IndexOf(key);
        if (at < 0)
            return false;
        ReadOnlySpan<byte> value = line[(at + key.Length)..];
        return Utf8Text.NextHex(ref value, out number);
    }

    private static uint? Octal(ReadOnlySpan<byte> value)
    {
        if (!Utf8Text.NextField(ref value, out ReadOnlySpan<byte> digits) || digits.Length > 11)
            return null;
        ulong number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            number = number * 8 + (ulong)(digit - '0');
        }
        return (uint)number;
    }
}
