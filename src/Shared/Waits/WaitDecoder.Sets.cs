using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>Sets of fds: poll, select, epoll.</summary>
public static partial class WaitDecoder
{
    private static Wait OfPollSet(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        bool timed = call switch
        {
            SystemCall.Poll => (int)args[2] >= 0,
            SystemCall.Ppoll => args[2] != 0,
            _ => args[4] != 0, // select: struct timeval *, pselect6: struct timespec *
        };
        if (thread.Memory?.PollSet is not { } set)
            return Wait.Unknown($"the fd set of {SystemCallTable.NameOf(call)} could not be read", call);
        List<int> epolls = [], disarmed = [];
        Wait wait = Set(call, timed, [.. set.SelectMany(member => Members(process, member.Fd, process.FindFd(member.Fd), (ushort)member.Events, epolls, disarmed))], epolls, disarmed);
        // sigmask of ppoll(2), and of pselect6(2) with its size; select(3) of the C library passes none.
        return wait with { LetsSignalsIn = call switch { SystemCall.Ppoll => args[3] != 0, SystemCall.Pselect6 => args[5] != 0, _ => false } };
    }

    // POLLIN, POLLPRI, POLLRDNORM, POLLRDBAND, POLLRDHUP; POLLOUT, POLLWRNORM, POLLWRBAND. The same bits in epoll_ctl(2).
    private const uint PollIn = 1 | 2 | 0x40 | 0x80 | 0x2000, PollOut = 4 | 0x100 | 0x200;

    // EPOLLEXCLUSIVE, EPOLLWAKEUP, EPOLLONESHOT, EPOLLET: how it is told of, not what.
    private const uint EpollManner = 0xf0000000, EpollOneShot = 1 << 30;

    /// <summary>Epolls that are opened up of one set; what is in more of them is not told. The kernel nests five (EP_MAX_NESTS of fs/eventpoll.c, and one more).</summary>
    private const int MaxNests = 16;

    private static Wait OfEpoll(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        bool timed = call == SystemCall.EpollPwait2 ? args[3] != 0 : (int)args[3] >= 0;
        int epfd = (int)args[0];
        if (process.FindFd(epfd) is not { Target.Kind: FdKind.Epoll } epoll)
            return Wait.Unknown($"fd {epfd} is no epoll that was seen", call);
        if (epoll.EpollMembers is null)
            return Wait.Unknown($"the members of epoll fd {epfd} could not be read", call);
        List<int> epolls = [], disarmed = [];
        Wait set = Set(call, timed, [.. Members(process, epfd, epoll, PollIn, epolls, disarmed)], epolls, disarmed);
        return set with { Fd = epfd, Target = epoll.Target, LetsSignalsIn = call is SystemCall.EpollPwait or SystemCall.EpollPwait2 && args[4] != 0 };
    }

    /// <summary>One member of a set, or, of an epoll, all of its own: one that has been told of once and has not been armed again (EPOLLONESHOT) never is.</summary>
    /// <param name="epolls">Those that it has come through; this one, if it is one, is added.</param>
    /// <param name="disarmed">The fds that are not armed are added.</param>
    private static IEnumerable<Wait> Members(ProcessRecord process, int fd, FileDescriptor? entry, uint events, List<int> epolls, List<int> disarmed)
    {
        if (entry is not { Target.Kind: FdKind.Epoll, EpollMembers: { } members } || epolls.Count == MaxNests)
        {
            yield return Member(process, fd, entry, events);
            yield break;
        }
        epolls.Add(entry.Number);
        foreach (EpollMember member in members)
        {
            if ((member.Events & EpollOneShot) != 0 && (member.Events & ~EpollManner) == 0)
            {
                disarmed.Add(member.Fd);
                continue;
            }
            foreach (Wait wait in Members(process, member.Fd, FindEpollMember(process, member), member.Events, epolls, disarmed))
                yield return wait;
        }
    }

    /// <summary>The number may have been reused since it was added: the inode decides, and the device where both are known.</summary>
    private static FileDescriptor? FindEpollMember(ProcessRecord process, EpollMember member) =>
        process.FindFd(member.Fd) is { } entry && (entry.Target.Kind is FdKind.Pipe or FdKind.Socket
            ? entry.Target.Id == member.Inode
            : (entry.Inode is null || entry.Inode == member.Inode) && (entry.Device is null || entry.Device == member.Device))
            ? entry
            : process.Fds.FirstOrDefault(other => other.Target.Kind is FdKind.Pipe or FdKind.Socket && other.Target.Id == member.Inode);

    /// <summary>A set of nothing waits for a signal or for its timeout; one of which nothing is armed, for somebody to arm it.</summary>
    private static Wait Set(SystemCall call, bool timed, ImmutableArray<Wait> members, List<int> epolls, List<int> disarmed) => new()
    {
        Kind = !members.IsEmpty || disarmed.Count > 0 && !timed ? WaitKind.Poll : timed ? WaitKind.Timer : WaitKind.SignalWait,
        Bounded = timed ? Bounded.Yes : Bounded.No,
        Call = call,
        Members = members,
        Disarmed = members.IsEmpty ? [.. disarmed] : [],
        Epolls = [.. epolls],
    };

    private static Wait Member(ProcessRecord process, int fd, FileDescriptor? entry, uint events)
    {
        bool wantsWrite = (events & PollOut) != 0;
        if (entry is null)
            return Wait.Unknown($"fd {fd} of the set is not in the fd table") with { Fd = fd };
        if (entry.Target.Kind == FdKind.SignalFd)
            return OfSignalFd(process, entry, null) with { Events = events };
        WaitKind kind = entry.Target.Kind switch
        {
            // Hang-up and error are always reported, so the access mode counts more than the wanted events.
            FdKind.Pipe => wantsWrite && entry.Access != FdAccess.Read || entry.Access == FdAccess.Write ? WaitKind.PipeWrite : WaitKind.PipeRead,
            FdKind.Socket => wantsWrite && (events & PollIn) == 0 ? WaitKind.SocketWrite : WaitKind.SocketRead,
            FdKind.EventFd => WaitKind.EventFd,
            FdKind.TimerFd => WaitKind.Timer,
            FdKind.PidFd => WaitKind.ChildWait,
            // Its members were not read: they are of suspects.
            FdKind.Epoll => WaitKind.Poll,
            FdKind.Path when IsTerminal(entry.Target.Text) => WaitKind.Tty,
            FdKind.PosixQueue => WaitKind.PosixQueue,
            FdKind.Path when IsUnlinkedAndPolled(entry) => IsAtRoot(entry.Target.Text) ? WaitKind.PosixQueue : wantsWrite && entry.Access != FdAccess.Read || entry.Access == FdAccess.Write ? WaitKind.PipeWrite : WaitKind.PipeRead,
            _ => WaitKind.Unknown,
        };
        return new Wait
        {
            Kind = kind,
            Bounded = kind == WaitKind.Timer ? BoundedOf(entry) : Bounded.No,
            Events = events,
            Fd = entry.Number,
            Target = entry.Target,
            Children = kind == WaitKind.ChildWait ? ChildSelector.OfPidFd(entry.Target) : null,
            Why = kind == WaitKind.Unknown ? $"what polls {entry.Target.Text} is not decoded" : null,
        };
    }

    /// <summary>
    /// What a set waits for and has lost its name is a FIFO or a message queue: a regular file is ready at once (vfs_poll of the kernel), and devices, and what the kernel shows of itself, keep their names.
    /// </summary>
    private static bool IsUnlinkedAndPolled(FileDescriptor entry) =>
        entry.Target.IsDeleted && !KernelsOwn.Any(root => entry.Target.Text.StartsWith(root, StringComparison.Ordinal));

    private static readonly string[] KernelsOwn = ["/dev/", "/proc/", "/sys/"];

    /// <summary>As mq_open(3) names them; which of the two it is, the mount in fdinfo says of suspects.</summary>
    private static bool IsAtRoot(string path) => path.IndexOf('/', 1) < 0;

    /// <summary>A timer that is not armed never ends the wait by itself: its holders could arm it.</summary>
    private static Bounded BoundedOf(FileDescriptor timer) => timer.TimerArmed switch
    {
        null => Bounded.Unknown,
        true => Bounded.Yes,
        false => Bounded.No,
    };
}
