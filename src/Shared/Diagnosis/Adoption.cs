using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Who has lost its parent, told live from memory or found later from what it left behind.</summary>
internal static class Adoption
{
    /// <summary>
    /// Threads that read a pipe, without a timeout, whose write ends only processes hold that came from the reader's own descendants and have
    /// since been adopted over the reader's head.
    /// </summary>
    /// <param name="graph">The look.</param>
    /// <param name="memory">Who was seen to lose its parent.</param>
    /// <param name="guess">Without the facts that only suspects have: nobody is to stop being a suspect by having been one.</param>
    public static IEnumerable<HeldUp> HeldUp(WaitGraph graph, LookMemory memory, bool guess)
    {
        for (int reader = 0; reader < graph.Nodes.Length; reader++)
        {
            foreach (Waiter waiter in graph.Nodes[reader].Waiters.Where(waiter => waiter.Wait.Bounded == Bounded.No))
            {
                Wait? held = PipeReads(waiter.Wait).FirstOrDefault(wait => IsHeldUp(graph.Resources, memory, reader, wait, guess));
                if (held is null)
                    continue;
                ImmutableArray<Holder> holders = [.. WriteEnds(graph.Resources, held.Target!)];
                yield return new HeldUp(reader, waiter, held, holders);
                break;
            }
        }
    }

    private static IEnumerable<Wait> PipeReads(Wait wait) =>
        (wait.Kind == WaitKind.Poll ? wait.Members : [wait]).Where(part => part is { Kind: WaitKind.PipeRead, Target.Kind: FdKind.Pipe });

    private static IEnumerable<Holder> WriteEnds(ResourceIndex resources, FdTarget pipe) =>
        resources.HoldersOf(pipe).Where(holder => (holder.Fd.Access & FdAccess.Write) != 0);

    /// <summary>
    /// A reader at fd 0 to 2 was given its pipe by its parent (a pipeline, whose writer is its sibling): only a reader that made the pipe itself
    /// can have lost a descendant that holds the other end.
    /// </summary>
    private static bool IsHeldUp(ResourceIndex resources, LookMemory memory, int reader, Wait wait, bool guess)
    {
        if (wait.Fd is null or <= 2)
            return false;
        ImmutableArray<Holder> writers = [.. WriteEnds(resources, wait.Target!)];
        return !writers.IsEmpty && writers.All(writer => writer.Process != reader && WasAdoptedOver(resources, memory, reader, guess ? null : wait.Fd, writer.Process));
    }

    /// <summary>
    /// Not older than the reader (both may have started within one clock tick). Seen to lose its parent, below the reader; or found outside the
    /// reader's descendants, with a parent above the reader in whose session it is not, as an own child of that parent would be.
    /// </summary>
    private static bool WasAdoptedOver(ResourceIndex resources, LookMemory memory, int reader, int? fd, int holder)
    {
        ProcessRecord record = resources[holder];
        // The first process of a pid namespace has its parent by the way containers are started, and is meant to outlive who started it.
        if (record.StartTimeTicks < resources[reader].StartTimeTicks || record is { NsPid: 1, Pid: not 1 })
            return false;
        if (memory.LostParentOf(record) is not null && memory.CameFrom(record, resources[reader]))
            return true;
        int parent = resources.ParentOf(holder);
        return parent >= 0
            && record.Session != resources[parent].Session
            && !resources.IsDescendant(holder, reader)
            && !resources.IsDescendant(reader, holder)
            && (resources.IsDescendant(reader, parent) || resources[parent].NsPid == 1)
            && (fd is null || MadeThePipe(resources, reader, fd.Value, holder));
    }

    /// <summary>
    /// Who was given the pipe reads what a sibling writes: a log collector, say. Init starts no siblings of a process that is not its own child. Elsewhere
    /// a descriptor that is closed on exec was not handed on by one, and a holder in the reader's own session, where the reader has not been
    /// adopted itself, came from the same job.
    /// </summary>
    private static bool MadeThePipe(ResourceIndex resources, int reader, int fd, int holder)
    {
        ProcessRecord record = resources[reader];
        int parent = resources.ParentOf(reader), adopter = resources.ParentOf(holder);
        if (resources[adopter].NsPid == 1 && parent != adopter)
            return true;
        bool sameProgram = record.Exe == resources[holder].Exe && record.Cmdline is { } cmdline && resources[holder].Cmdline is { } other && cmdline.SequenceEqual(other);
        if (record.FindFd(fd)?.CloseOnExec == true && !(sameProgram && parent == adopter))
            return true;
        bool adopted = record.Session != record.Pid && (parent < 0 || resources[parent].Session != record.Session);
        return record.Session == resources[holder].Session && !adopted;
    }

    /// <summary>
    /// Whether a process found without memory looks like an orphan. It was adopted: a child is in its parent's session or leads one of its own,
    /// and this one does neither. The leader of its process group or session is gone. And its stdio says that it is no daemon: a pipe whose other
    /// end nobody has, or a terminal that is gone.
    /// </summary>
    public static bool LooksOrphaned(ResourceIndex resources, int process)
    {
        ProcessRecord record = resources[process];
        bool adopted = resources.ParentOf(process) is >= 0 and var parent && resources[parent].Session != record.Session && record.Session != record.Pid;
        bool groupLeaderGone = record.Pgrp != record.Pid && IsGone(resources, record.Pgrp);
        bool sessionLeaderGone = record.Session != record.Pid && IsGone(resources, record.Session);
        return adopted && (groupLeaderGone || sessionLeaderGone) && HasDeadStdio(resources, process) && !Listens(resources.Look, record);
    }

    /// <summary>Exited, whether or not it has been waited for.</summary>
    private static bool IsGone(ResourceIndex resources, int pid) => resources.IndexOf(pid) is var index && (index < 0 || resources[index].IsZombie);

    /// <summary>Whether clients can find it by the name of a unix socket: a server that is meant to stay, whatever its stdio.</summary>
    public static bool Listens(Snapshot look, ProcessRecord process) => process.Fds.Any(fd => fd.Target.Kind == FdKind.Socket && look.UnixListeners.Any(listener =>
        listener.Inode == fd.Target.Id && !RuntimeData.Default.OwnListeners.Any(part => listener.Path.Contains(part, StringComparison.Ordinal))));

    /// <summary>Whether fd 0, 1 or 2 leads nowhere any more. False where that cannot be seen.</summary>
    public static bool HasDeadStdio(ResourceIndex resources, int process) =>
        resources[process].Fds.TakeWhile(fd => fd.Number <= 2).Any(fd => IsDead(resources, process, fd));

    private static bool IsDead(ResourceIndex resources, int process, FileDescriptor fd)
    {
        if (fd.Target.Kind == FdKind.Path)
            return fd.Target.Text.StartsWith("/dev/pts/", StringComparison.Ordinal) && fd.Target.Text.EndsWith(" (deleted)", StringComparison.Ordinal);
        if (fd.Target.Kind != FdKind.Pipe || !resources.Hidden.IsEmpty && !resources.Hidden.All(hidden => resources[hidden].NsPid == 1))
            return false;
        FdAccess other = (fd.Access & FdAccess.Write) != 0 ? FdAccess.Read : FdAccess.Write;
        return !resources.HoldersOf(fd.Target).Any(holder => (holder.Fd.Access & other) != 0);
    }
}

/// <summary>A reader that waits for the end of a pipe which only adopted processes hold open.</summary>
/// <param name="Reader">Index of the reading process.</param>
/// <param name="Waiter">Its thread.</param>
/// <param name="Wait">The read, or the member of the set.</param>
/// <param name="Holders">All write ends of the pipe.</param>
internal sealed record HeldUp(int Reader, Waiter Waiter, Wait Wait, ImmutableArray<Holder> Holders);
