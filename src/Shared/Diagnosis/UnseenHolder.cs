using OrphanBoard.Shared.Snapshots;

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
        var references = new Dictionary<ulong, References>();
        PipeState? pipe = null;
        uint readers = 0, writers = 0;
        foreach (Holder holder in holders.Span)
        {
            if (References.Of(host, holder) is not { } here || holder.Owner.Record.FindFd(holder.Fd) is not { Description: { } description } fd)
                return Unseen.NotKnown;
            pipe = fd.Pipe ?? pipe;
            if (!references.TryGetValue(description, out References known))
            {
                readers += (fd.Access & FdAccess.Read) != 0 ? 1u : 0;
                writers += (fd.Access & FdAccess.Write) != 0 ? 1u : 0;
            }
            references[description] = known.With(here);
        }
        if (references.Count == 0)
            return Unseen.NotKnown;
        if (pipe is not null && (pipe.Readers > readers || pipe.Writers > writers))
            return Unseen.Somebody;
        Unseen worst = Unseen.None;
        foreach (References of in references.Values)
        {
            if (of.Beyond > of.Most)
                return Unseen.Somebody;
            if (of.Beyond > of.Least)
                worst = Unseen.NotKnown;
        }
        return worst;
    }
}
