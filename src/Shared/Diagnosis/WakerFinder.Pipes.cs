using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Pipes: who holds an end.</summary>
internal sealed partial class WakerFinder
{
    private const string HeldUnseen = "an end of it is held where it cannot be seen (in flight over a socket, say)";

    /// <summary>
    /// Either end: a co-holder of the own end can resize the pipe (F_SETPIPE_SZ) and so wake a writer. A pipe whose other end nobody is seen
    /// to have would end the wait at once (end of file, or SIGPIPE), so that end is somewhere unseen.
    /// </summary>
    private void FindHolders(HostProcess process, Wait wait, IWakerSink sink)
    {
        OrderedList<Holder> holders = resources.HoldersOf(wait.Target!);
        FdAccess other = wait.Kind == WaitKind.PipeRead ? FdAccess.Write : FdAccess.Read;
        bool held = false, aside = LeavesAside && IsHeldOtherwise(process, holders, other);
        sink.Begin(wait);
        foreach (Holder holder in holders.Span)
        {
            bool direct = (holder.Access & other) != 0;
            held |= direct;
            if (aside && InheritedEnd.Is(resources, process, holder, guess))
            {
                if (direct && !guess)
                    _leftAside.Add($"{Narrator.Name(holder.Owner.Record)} was started with {wait.Target!.Text} open (fd {holder.Fd}), and could use it");
                continue;
            }
            if (sink.Add(holder.Owner, holder.Fd, direct))
                continue;
            sink.End(Openness.Closed, null);
            return;
        }
        Unseen unseen = guess ? Unseen.NotKnown : UnseenHolder.Of(resources.Look.Host, holders);
        // The table of a single thread is read of suspects alone (unshare(2), CLONE_FILES), and nobody reads a pipe for long whose other end nobody has.
        if (guess && !held && process.Record.Threads.Length > 1)
            sink.End(Openness.NotKnownYet, null);
        else if (!held || unseen == Unseen.Somebody)
            sink.End(Openness.Outside, HeldUnseen);
        else if (!guess && resources.LostAHolder(wait.Target!))
            sink.End(Openness.Outside, "a holder has just let go of it");
        else if (!guess && WhyAboutToWake(process.Record, wait) is { } why)
            sink.End(Openness.Outside, why);
        else if (unseen == Unseen.None)
            sink.End(Openness.Closed, null);
        else
            EndSighted(IsKept(wait.Target!, holders), holders, sink);
    }

    /// <summary>Whether somebody has the other end who was not merely started with it: where nobody has, who was is the one to let go of it.</summary>
    private bool IsHeldOtherwise(HostProcess process, OrderedList<Holder> holders, FdAccess other)
    {
        bool inherited = false, otherwise = false;
        foreach (Holder holder in holders.Span)
        {
            if ((holder.Access & other) == 0)
                continue;
            bool left = InheritedEnd.Is(resources, process, holder, guess);
            inherited |= left;
            otherwise |= !left;
        }
        return inherited && otherwise;
    }

    /// <summary>The last look into the pipe itself: whether what is waited for has come. Null also where the back end does not see it.</summary>
    private static string? WhyAboutToWake(ProcessRecord process, Wait wait)
    {
        if (wait.Fd is not { } fd || process.FindFd(fd) is not { Pipe: { } pipe } entry || entry.Target != wait.Target)
            return null;
        if (wait.Kind == WaitKind.PipeRead && pipe.Buffers > 0 && !wait.EdgeTriggered)
            return "there is something in the pipe: it is about to wake";
        // A member of a set may stand there for the end of the readers alone, room or not.
        return wait is { Kind: WaitKind.PipeWrite, Call: not null } && pipe.Buffers < pipe.Capacity ? "there is room in the pipe: it is about to wake" : null;
    }
}
