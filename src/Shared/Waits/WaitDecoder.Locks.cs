using System.Collections.Frozen;
using System.Globalization;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>flock(2), and fcntl(2) with F_SETLKW or F_OFD_SETLKW; lockf(3) is the former of these.</summary>
public static partial class WaitDecoder
{
    private static readonly FrozenSet<string> FlockChannels =
        Names("locks_lock_inode_wait", "flock_lock_inode_wait", "flock_lock_file_wait", "locks_lock_file_wait", "sys_flock", "SyS_flock", "__x64_sys_flock", "__do_sys_flock");
    private static readonly FrozenSet<string> FcntlLockChannels =
        Names("fcntl_setlk", "do_lock_file_wait", "locks_lock_inode_wait", "posix_lock_inode_wait", "posix_lock_file_wait", "__posix_lock_file_wait");

    private const int LockShared = 1, LockExclusive = 2;
    private const int SetLockWait = 7, OfdSetLockWait = 38;

    private static Wait OfFlock(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        LockAccess? access = ((int)thread.Call.Arguments[1] & 3) switch
        {
            LockShared => LockAccess.Read,
            LockExclusive => LockAccess.Write,
            _ => null,
        };
        return OfLock(process, thread, call, access is { } wanted ? new LockRequest(LockKind.Flock, wanted, 0, long.MaxValue) : null);
    }

    private static Wait OfFcntl(ProcessRecord process, ThreadRecord thread, SystemCall call) => (int)thread.Call.Arguments[1] switch
    {
        SetLockWait => OfLock(process, thread, call, RequestOf(LockKind.Posix, thread.Memory?.LockRange)),
        OfdSetLockWait => OfLock(process, thread, call, RequestOf(LockKind.Ofd, thread.Memory?.LockRange)),
        var command => Wait.Unknown($"fcntl command {command} is not decoded", call),
    };

    /// <summary>Null for a range that was not read.</summary>
    private static LockRequest? RequestOf(LockKind kind, LockRange? range)
    {
        if (range is not { Whence: 0 or 1 or 2, Type: 0 or 1 })
            return null;
        (long start, long end) = range.Length switch
        {
            0 => (range.Start, long.MaxValue),
            > 0 => (range.Start, range.Start + (range.Length - 1)),
            _ => (range.Start + range.Length, range.Start - 1),
        };
        return new LockRequest(kind, range.Type == 0 ? LockAccess.Read : LockAccess.Write, start, end) { IsRelative = range.Whence != 0 };
    }

    private static Wait OfLock(ProcessRecord process, ThreadRecord thread, SystemCall call, LockRequest? request)
    {
        int fd = (int)thread.Call.Arguments[0];
        if (process.FindFd(fd) is not { } entry)
            return Wait.Unknown($"fd {fd} is not in the fd table", call);
        string? resource = entry is { Inode: { } inode, Device: { } device }
            ? string.Create(CultureInfo.InvariantCulture, $"flock:{device >> 20:x2}:{device & 0xfffff:x2}:{inode}")
            : null;
        return new Wait
        {
            Kind = WaitKind.FileLock,
            Bounded = Bounded.No,
            Call = call,
            Fd = fd,
            Target = entry.Target,
            Lock = request is null ? null : request with { Resource = resource },
        };
    }
}
