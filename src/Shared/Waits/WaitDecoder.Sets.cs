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
        return Set(call, timed, [.. set.Select(member => Member(process, member.Fd, process.FindFd(member.Fd), (member.Events & PollOut) != 0))]);
    }

    private const int PollOut = 4;

    private static Wait OfEpoll(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        bool timed = call == SystemCall.EpollPwait2 ? args[3] != 0 : (int)args[3] >= 0;
        int epfd = (int)args[0];
        if (process.FindFd(epfd) is not { Target.Kind: FdKind.Epoll } epoll)
            return Wait.Unknown($"fd {epfd} is no epoll that was seen", call);
        if (epoll.EpollMembers is not { } members)
            return Wait.Unknown($"the members of epoll fd {epfd} could not be read", call);
        Wait set = Set(call, timed, [.. members.Select(member => Member(process, member.Fd, FindEpollMember(process, member), (member.Events & PollOut) != 0))]);
        return set with { Fd = epfd, Target = epoll.Target };
    }

    /// <summary>The number may have been reused since it was added: the inode decides.</summary>
    private static FileDescriptor? FindEpollMember(ProcessRecord process, EpollMember member) =>
        process.FindFd(member.Fd) is { } entry && (entry.Target.Kind is not (FdKind.Pipe or FdKind.Socket) || entry.Target.Id == member.Inode)
            ? entry
            : process.Fds.FirstOrDefault(other => other.Target.Kind is FdKind.Pipe or FdKind.Socket && other.Target.Id == member.Inode);

    /// <summary>A set of nothing waits for a signal or for its timeout.</summary>
    private static Wait Set(SystemCall call, bool timed, ImmutableArray<Wait> members) => new()
    {
        Kind = members.IsEmpty ? (timed ? WaitKind.Timer : WaitKind.SignalWait) : WaitKind.Poll,
        Bounded = timed ? Bounded.Yes : Bounded.No,
        Call = call,
        Members = members,
    };

    private static Wait Member(ProcessRecord process, int fd, FileDescriptor? entry, bool wantsWrite)
    {
        if (entry is null)
            return Wait.Unknown($"fd {fd} of the set is not in the fd table") with { Fd = fd };
        WaitKind kind = entry.Target.Kind switch
        {
            // Hang-up and error are always reported, so the access mode counts more than the wanted events.
            FdKind.Pipe => wantsWrite && entry.Access != FdAccess.Read || entry.Access == FdAccess.Write ? WaitKind.PipeWrite : WaitKind.PipeRead,
            FdKind.Socket => wantsWrite ? WaitKind.SocketWrite : WaitKind.SocketRead,
            FdKind.EventFd => WaitKind.EventFd,
            FdKind.SignalFd => WaitKind.SignalWait,
            FdKind.TimerFd => WaitKind.Timer,
            FdKind.PidFd => WaitKind.ChildWait,
            FdKind.Path when IsTerminal(entry.Target.Text) => WaitKind.Tty,
            _ => WaitKind.Unknown,
        };
        return new Wait
        {
            Kind = kind,
            Bounded = Bounded.No,
            Fd = entry.Number,
            Target = entry.Target,
            Children = kind == WaitKind.ChildWait ? ChildSelector.OfPidFd(entry.Target) : null,
            Why = kind == WaitKind.Unknown ? $"what polls {entry.Target.Text} is not decoded" : null,
        };
    }
}
