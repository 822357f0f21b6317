using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// All that descends from the looker, where it runs a command itself and is the subreaper of whoever comes of it (guard): no descendant ever gets another
/// ancestor. A descriptor comes down by fork(2) from who made the object. So what the command was not given, and one of the tree has, was made in the tree, and
/// nobody outside has it unless he was handed it: of processes whose fd tables may not be read only those of the tree matter.
/// </summary>
/// <remarks>
/// Handed on it can be over a unix socket (SCM_RIGHTS), and without a trace by pidfd_getfd(2) or /proc/PID/fd, which root may: see
/// <see cref="Assumption.NotPassedOn"/>.
/// </remarks>
internal sealed class CommandTree
{
    private readonly ResourceIndex _resources;
    private readonly HashSet<HostProcess> _members = [];
    private readonly ImmutableArray<FileDescriptor> _given;

    private CommandTree(ResourceIndex resources, HostProcess looker, ImmutableArray<FileDescriptor> given)
    {
        _resources = resources;
        _given = given;
        AddBelow(looker);
        WhyOpen = WhyAHiddenOneMayBeOfIt(looker) ?? WhySomethingMayHaveBeenPassedOn();
    }

    /// <summary>Null where the looker runs no command.</summary>
    public static CommandTree? Of(ResourceIndex resources) =>
        resources.Look is { GivenToCommand: { } given, OthersUnlisted: false, ObserverPid: var pid } && resources.Find(pid) is { } looker ? new CommandTree(resources, looker, given) : null;

    /// <summary>Why a process whose fd table may not be read may have what was made in the tree; null: none has.</summary>
    public string? WhyOpen { get; }

    /// <summary>Whether nobody has it but processes of the tree whose fd tables were read.</summary>
    /// <param name="fd">A pipe, a socket, what has an anonymous inode; of a file it is asked who has this open file description.</param>
    /// <param name="holders">All who are seen to have it.</param>
    public bool Keeps(FileDescriptor fd, OrderedList<Holder> holders)
    {
        if (WhyOpen is not null || holders.Count == 0 || _given.Any(given => MayBeSame(given, fd)))
            return false;
        foreach (Holder holder in holders.Span)
        {
            // One that is seen outside was handed it, and may not be the only one.
            if (!_members.Contains(holder.Owner))
                return false;
        }
        return true;
    }

    /// <summary>
    /// Whether none of <paramref name="others"/> has the memory that those share by fork(2): an exec lets go of it, and so whoever has it came from a process of the tree.
    /// </summary>
    public bool KeepsMemory(IEnumerable<int> those, IEnumerable<int> others) => WhyOpen is null && those.All(Has) && !others.Any(Has);

    public bool Has(HostProcess process) => _members.Contains(process);

    private bool Has(int pid) => _resources.Find(pid) is { } process && Has(process);

    /// <summary>What cannot be told from its like may be what the command was given of that kind. A file may have been renamed since.</summary>
    private static bool MayBeSame(FileDescriptor given, FileDescriptor fd)
    {
        if (given.Target.Kind == FdKind.Unreadable)
            return true;
        if (fd.Target.Kind is FdKind.Path or FdKind.PosixQueue)
            return given.Target.Kind == FdKind.Path && (given.Inode is null || fd.Inode is null || given.Inode == fd.Inode);
        return given.Target.Kind == fd.Target.Kind && (given.Target.Id == fd.Target.Id || given.Target.Id == 0 || fd.Target.Id == 0);
    }

    private void AddBelow(HostProcess parent)
    {
        var waiting = new Stack<HostProcess>([parent]);
        while (waiting.TryPop(out HostProcess? next))
        {
            foreach (HostProcess child in _resources.ChildrenOf(next).Span)
            {
                if (_members.Add(child))
                    waiting.Push(child);
            }
        }
    }

    private string? WhyAHiddenOneMayBeOfIt(HostProcess looker)
    {
        foreach (HostProcess process in _resources.Processes)
        {
            // Who is older than the looker comes from somewhere else.
            if (process.IsHidden && process != looker && process.Record.StartTimeTicks >= looker.Record.StartTimeTicks && WhyItMayBe(process, looker.Record.Uid) is { } why)
                return $"the fd table of {Narrator.Name(process.Record)} may not be read, and {why}";
        }
        return null;
    }

    private string? WhyItMayBe(HostProcess process, uint user)
    {
        if (_members.Contains(process))
            return "it descends from the command";
        for (int steps = 0; steps < _resources.Count; steps++)
        {
            if (process.Record.Ppid == 0)
                return null;
            // Who is younger than its child has the pid of one that has left.
            if (_resources.ParentOf(process) is not { } parent || parent.Record.StartTimeTicks > process.Record.StartTimeTicks)
                return "who is above it was not seen";
            // Who enters another pid namespace (setns(2)) leaves its orphans to the init there. Into one of another user it takes root: that is assumed away.
            if (parent.Record.NsPid == 1 && parent.Pid != 1 && parent.Record.Uid == user)
                return $"it is below {Narrator.Name(parent.Record)}, which adopts whoever comes into its pid namespace";
            process = parent;
        }
        return "its parents form a circle";
    }

    private string? WhySomethingMayHaveBeenPassedOn()
    {
        foreach (HostProcess member in _members)
        {
            foreach (FileDescriptor fd in member.Record.Fds)
            {
                if (fd.DescriptorsInFlight > 0)
                    return $"descriptors are on their way to {Narrator.Name(member.Record)} over {fd.Target.Text}, and whose they are is not known";
                if (fd.Target.Kind == FdKind.Socket && MayLeadToAHiddenOne(fd.Target.Id))
                    return $"{Narrator.Name(member.Record)} has {fd.Target.Text} open, and who is at its other end is not seen: a descriptor may have been passed on over it";
            }
        }
        return null;
    }

    /// <summary>Descriptors go over unix sockets alone.</summary>
    private bool MayLeadToAHiddenOne(ulong inode) => _resources.Sockets.Find(inode) switch
    {
        null => _resources.Look is not { Sockets: not null, SocketSight: null or Sight.Seen },
        { Family: not SocketFamily.Unix } or { State: SocketState.Listening } or { State: SocketState.Closed, Type: not SocketType.Datagram } => false,
        { PendingAt: { } listener } => _resources.HoldersOfSocket(listener).Count == 0,
        // One that takes and sends datagrams may send them to any name.
        { Peer: 0, Type: SocketType.Datagram } or { Peer: null } => true,
        { Peer: 0 } => false,
        { Peer: { } peer } => _resources.HoldersOfSocket(peer).Count == 0,
    };
}
