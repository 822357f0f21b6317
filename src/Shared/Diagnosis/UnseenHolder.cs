using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Whether somebody holds an object whom no fd table shows. Ascending.</summary>
internal enum Unseen
{
    /// <summary>The kernel's counts are accounted for to the last reference.</summary>
    None,

    /// <summary>No back end that sees the counts, or a count that a call under way may or may not be part of.</summary>
    NotKnown,

    /// <summary>There are more references than fds: a descriptor is in flight over a socket (SCM_RIGHTS), in an io_uring, or in a process that was not read.</summary>
    Somebody,
}

/// <summary>
/// Holds the references that the kernel counts against those that the fd tables show. All that were counted belong to processes that stand still, so
/// the counts and the tables are of one instant.
/// </summary>
internal static class UnseenHolder
{
    /// <param name="host">Of the look.</param>
    /// <param name="holders">All fds on the object.</param>
    public static Unseen Of(HostIdentity host, OrderedList<Holder> holders)
    {
        var references = new Dictionary<ulong, (uint Counted, int Seen, int Least, int Most)>();
        PipeState? pipe = null;
        uint readers = 0, writers = 0;
        foreach (Holder holder in holders.Span)
        {
            if (holder.Owner.Record.FindFd(holder.Fd) is not { Description: { } description, References: { } counted } fd || holder.Owner.Record.SharesFilesWith is not { } sharers)
                return Unseen.NotKnown;
            pipe = fd.Pipe ?? pipe;
            (int least, int most) = CallsOn(host, holder, shared: !sharers.IsEmpty);
            bool isNew = !references.TryGetValue(description, out (uint Counted, int Seen, int Least, int Most) known);
            if (isNew)
            {
                readers += (fd.Access & FdAccess.Read) != 0 ? 1u : 0;
                writers += (fd.Access & FdAccess.Write) != 0 ? 1u : 0;
            }
            // One table that several processes share holds one reference.
            int seen = sharers.Any(other => other < holder.Process) ? 0 : 1;
            references[description] = (Math.Max(known.Counted, counted), known.Seen + seen, known.Least + least, known.Most + most);
        }
        if (references.Count == 0)
            return Unseen.NotKnown;
        if (pipe is not null && (pipe.Readers > readers || pipe.Writers > writers))
            return Unseen.Somebody;
        Unseen worst = Unseen.None;
        foreach ((uint counted, int seen, int least, int most) in references.Values)
        {
            long beyond = counted - seen;
            if (beyond > most)
                return Unseen.Somebody;
            if (beyond > least)
                worst = Unseen.NotKnown;
        }
        return worst;
    }

    /// <summary>
    /// References that blocked calls hold themselves: a call on an fd where the table is shared (fdget, fs/file.c), and poll and select one or two of each member
    /// (poll_wait, once for each direction). epoll holds none.
    /// </summary>
    private static (int Least, int Most) CallsOn(HostIdentity host, Holder holder, bool shared)
    {
        int least = 0, most = 0;
        shared |= holder.Owner.Record.Threads.Length > 1;
        foreach (Wait wait in holder.Owner.WaitsOf(host))
        {
            if (wait.Kind != WaitKind.Poll)
            {
                if (wait.Fd != holder.Fd)
                    continue;
                least += shared ? 1 : 0;
                most += 1;
            }
            else if (wait.Call is not (SystemCall.EpollWait or SystemCall.EpollPwait or SystemCall.EpollPwait2))
            {
                int members = wait.Members.Count(member => member.Fd == holder.Fd);
                least += members;
                most += holder.Access == FdAccess.ReadWrite ? 2 * members : members;
            }
        }
        return (least, most);
    }
}
