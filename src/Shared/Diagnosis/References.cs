using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>References to one open file description: those that the kernel counts, and those that are seen.</summary>
/// <param name="Counted">All, wherever they are.</param>
/// <param name="Seen">Fds in tables.</param>
/// <param name="Least">What blocked calls that name these fds hold at the least.</param>
/// <param name="Most">And at the most.</param>
internal readonly record struct References(uint Counted, int Seen, int Least, int Most)
{
    /// <summary>What fd tables do not account for. Less than <see cref="Least"/>: a call that names one of these fds is blocked on another file, which had its number before.</summary>
    public long Beyond => Counted - Seen;

    public References With(References other) => new(Math.Max(Counted, other.Counted), Seen + other.Seen, Least + other.Least, Most + other.Most);

    /// <summary>What one fd contributes. Null: the counts were not seen, or who else has its table, or single threads have others.</summary>
    public static References? Of(HostIdentity host, Holder holder)
    {
        ProcessRecord process = holder.Owner.Record;
        if (process.FindFd(holder.Fd) is not { Description: not null, References: { } counted } || process.SharesFilesWith is not { } sharers
            || process.Threads.Any(thread => thread.Fds is not null))
        {
            return null;
        }
        (int least, int most) = OfCalls(host, holder);
        // One table that several processes share holds one reference.
        return new References(counted, sharers.Any(other => other < holder.Process) ? 0 : 1, least, most);
    }

    /// <summary>Whether threads of this process, or other processes, have its fd table as well: then an fd may be replaced while a call is blocked on it.</summary>
    public static bool IsShared(ProcessRecord process) => process.Threads.Length > 1 || process.SharesFilesWith is { IsEmpty: false };

    /// <summary>The fds whose files a blocked call holds for as long as it is blocked.</summary>
    public static IEnumerable<int> FdsHeldBy(ThreadRecord thread, Wait wait)
    {
        switch (wait)
        {
            // A pidfd is let go of once it is known whose it is (pidfd_get_pid, kernel/pid.c).
            case { Call: SystemCall.Waitid }:
                return [];
            case { Kind: WaitKind.Poll, Call: not (SystemCall.EpollWait or SystemCall.EpollPwait or SystemCall.EpollPwait2) }:
                return thread.Memory?.PollSet?.Select(member => member.Fd) ?? [];
            case { Call: SystemCall.Splice or SystemCall.Tee or SystemCall.Sendfile }:
                (int? read, int? written) = StreamCalls.FdsOf(wait.Call.Value, thread.Call.Arguments);
                return [read!.Value, written!.Value];
            default:
                return wait.Fd is { } fd ? [fd] : [];
        }
    }

    /// <summary>
    /// References that blocked calls hold themselves: a call on an fd where the table is shared (fdget, fs/file.c), and poll and select one or two of each member
    /// (poll_wait, once for each direction). epoll holds none of its members.
    /// </summary>
    private static (int Least, int Most) OfCalls(HostIdentity host, Holder holder)
    {
        int least = 0, most = 0;
        bool shared = IsShared(holder.Owner.Record);
        ImmutableArray<Wait> waits = holder.Owner.WaitsOf(host);
        int place = 0;
        foreach (ThreadRecord thread in holder.Owner.Record.Threads)
        {
            if (!HostProcess.IsAlive(thread))
                continue;
            Wait wait = waits[place++];
            // Asked of every fd that was counted, and hardly any stands in a call.
            bool polls = wait.Call is SystemCall.Poll or SystemCall.Ppoll or SystemCall.Select or SystemCall.Pselect6;
            if (wait.Fd != holder.Fd && !polls && wait.Call is not (SystemCall.Splice or SystemCall.Tee or SystemCall.Sendfile))
                continue;
            foreach (int fd in FdsHeldBy(thread, wait))
            {
                if (fd != holder.Fd)
                    continue;
                least += polls || shared ? 1 : 0;
                most += polls && holder.Access == FdAccess.ReadWrite ? 2 : 1;
            }
        }
        return (least, most);
    }
}
