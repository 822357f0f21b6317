using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Captures;

/// <summary>
/// What a look of our own always is and a file need not be: in order, without doubles, with numbers that can be counted with. The diagnosis
/// relies on it.
/// </summary>
internal static class CaptureSense
{
    private static readonly TimeSpan Longest = TimeSpan.FromDays(365_000);

    /// <returns>What is wrong, or null.</returns>
    public static string? WhyNone(Capture capture) =>
        WhyNone(capture.First) is { } first ? $"first look: {first}"
        : WhyNone(capture.Last) is { } last ? $"last look: {last}"
        : capture.First.Host != capture.Last.Host ? "the two looks are of different hosts or boots"
        : null;

    private static string? WhyNone(Snapshot look)
    {
        if (look.Host.ClockTicksPerSecond is < 1 or > 1_000_000)
            return $"{look.Host.ClockTicksPerSecond} clock ticks a second";
        if (!IsSpan(look.Uptime) || !IsSpan(look.Duration) || look.TakenAt.Year is < 1970 or > 8000)
            return "its times cannot be";
        if (look.Processes.IsDefault || look.Births.IsDefault || look.Births.Any(birth => birth is null) || look.UnixListeners.IsDefault || look.UnixListeners.Any(listener => listener?.Path is null))
            return "a list is missing";
        if (WhyNone(look.Sockets) is { } socket)
            return socket;
        if (look.FileLocks is { } locks && !AreLocks(locks) || look.SysvObjects is { } objects && (objects.IsDefault || objects.Any(item => item is null)))
            return "its locks or System V objects have holes";
        if (look.SharedObjects is { } shared && (shared.IsDefault || shared.Any(item => item is null || item.Name is null || item.Mappers.IsDefault || item.Unknown.IsDefault)))
            return "its shared memory has holes";
        if (look.AdoptedByObserver is { IsDefault: true })
            return "the children of the agent are missing";
        if (look.GivenToCommand is { } given && (given.IsDefault || given.Any(fd => fd?.Target?.Text is null)))
            return "what was given to the command has holes";
        if (look.Births.Any(birth => birth.Pid <= 0 || birth.ParentPid < 0 || !IsSpan(birth.At)))
            return "a birth that cannot be";
        if (!IsAscending(look.Processes, process => process?.Pid ?? 0))
            return "its processes are not in ascending order of pid";
        foreach (ProcessRecord process in look.Processes)
        {
            if (WhyNone(process, look.Host) is { } why)
                return $"pid {process.Pid}: {why}";
        }
        return null;
    }

    private static string? WhyNone(ProcessRecord process, HostIdentity host)
    {
        if (process.StartTimeTicks / (ulong)host.ClockTicksPerSecond > (ulong)Longest.TotalSeconds)
            return "its starttime cannot be";
        if (process.Ppid < 0 || process.NsPid < 0)
            return "a pid below 0";
        if (process.Cmdline is { } cmdline && (cmdline.IsDefault || cmdline.Any(argument => argument is null)))
            return "its cmdline has holes";
        if (process.Threads.IsDefault || !IsAscending(process.Threads, thread => thread?.Tid ?? 0))
            return "its threads are not in ascending order of tid";
        if (process.Fds.IsDefault || !IsAscending(process.Fds, fd => fd is null ? 0 : fd.Number + 1L))
            return "its fds are not in ascending order";
        if (process.SharesMemoryWith.IsDefault)
            return "the processes that share its memory are missing";
        if (process.Fds.Any(fd => fd.EpollMembers is { } members && HasHoles(members)))
            return "the members of an epoll are missing";
        if (process.Fds.Any(fd => fd.Locks is { } locks && !AreLocks(locks)))
            return "the locks of a descriptor have holes";
        if (process.Fds.Any(fd => fd.Timeouts is { } timeouts && !(IsSpan(timeouts.Receive) && IsSpan(timeouts.Send) && IsSpan(timeouts.TcpUser ?? default))))
            return "the timeouts of a socket cannot be";
        if (process.SharesFilesWith is { IsDefault: true })
            return "the processes that share its fd table are missing";
        if (process.JobCookies is { } cookies && (cookies.IsDefault || !cookies.All(IsAllowed)))
            return "its environment has more than the marks of a job";
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread.Call.Arguments.IsDefault || thread.Call.Arguments.Length != (thread.Call.Status == BlockedCallStatus.InCall ? 6 : 0))
                return $"thread {thread.Tid}: a call with {(thread.Call.Arguments.IsDefault ? 0 : thread.Call.Arguments.Length)} arguments";
            if (thread.LastRan is { } ran && !IsSpan(ran))
                return $"thread {thread.Tid}: its times cannot be";
            if (thread.Memory?.LockWords is { IsDefault: true })
                return $"thread {thread.Tid}: the words of a lock are missing";
            if (thread.Memory?.PollSet is { } set && HasHoles(set))
                return $"thread {thread.Tid}: its poll set is missing";
            if (thread.Memory?.Futexes is { } futexes && HasHoles(futexes))
                return $"thread {thread.Tid}: its futexes have holes";
            if (thread.Fds is { } own && (own.IsDefault || !IsAscending(own, fd => fd is null ? 0 : fd.Number + 1L)))
                return $"thread {thread.Tid}: its own fds are not in ascending order";
        }
        return null;
    }

    private static string? WhyNone(ImmutableArray<SocketRecord>? asked)
    {
        if (asked is not { } sockets)
            return null;
        if (sockets.IsDefault || sockets.Any(socket => socket is null))
            return "its sockets have holes";
        return IsAscending(sockets, socket => (long)Math.Min(socket.Inode, long.MaxValue)) ? null : "its sockets are not in ascending order of inode";
    }

    private static bool HasHoles<T>(ImmutableArray<T> items) where T : class => items.IsDefault || items.Any(item => item is null);

    private static bool AreLocks(ImmutableArray<FileLock> locks) => !locks.IsDefault && locks.All(item => item is not null);

    private static bool IsAllowed(JobCookie? cookie) => cookie is { Key: { } key, Value.Length: <= JobCookie.MaxValueLength } && JobCookie.Keys.Contains(key);

    private static bool IsSpan(TimeSpan span) => span >= TimeSpan.Zero && span <= Longest;

    /// <summary>Strictly, and all above 0.</summary>
    private static bool IsAscending<T>(ImmutableArray<T> items, Func<T, long> number)
    {
        long before = 0;
        foreach (T item in items)
        {
            long now = number(item);
            if (now <= before)
                return false;
            before = now;
        }
        return true;
    }
}
