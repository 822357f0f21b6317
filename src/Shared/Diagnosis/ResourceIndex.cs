using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>One open fd: who has it, under which number, with which access.</summary>
/// <param name="Process">Index into <see cref="Snapshot.Processes"/>.</param>
/// <param name="Fd">The entry of that process's table.</param>
public readonly record struct Holder(int Process, FileDescriptor Fd);

/// <summary>The snapshot, the other way round: from an object to all who hold it, from a process to its children.</summary>
public sealed class ResourceIndex
{
    private readonly Dictionary<(FdKind, ulong), ImmutableArray<Holder>> _holders = [];
    private readonly Dictionary<int, List<int>> _children = [];
    private readonly Dictionary<int, List<int>> _tracees = [];
    private readonly Dictionary<int, int> _byPid = [];

    public ResourceIndex(Snapshot look)
    {
        Look = look;
        var holders = new Dictionary<(FdKind, ulong), ImmutableArray<Holder>.Builder>();
        for (int i = 0; i < look.Processes.Length; i++)
        {
            ProcessRecord process = look.Processes[i];
            _byPid[process.Pid] = i;
            if (!_children.TryGetValue(process.Ppid, out List<int>? siblings))
                _children[process.Ppid] = siblings = [];
            siblings.Add(i);
            if (process.TracerPid != 0)
            {
                if (!_tracees.TryGetValue(process.TracerPid, out List<int>? traced))
                    _tracees[process.TracerPid] = traced = [];
                traced.Add(i);
            }
            foreach (FileDescriptor fd in process.Fds)
            {
                if (!CanBeTold(fd.Target))
                    continue;
                if (!holders.TryGetValue((fd.Target.Kind, fd.Target.Id), out ImmutableArray<Holder>.Builder? list))
                    holders[(fd.Target.Kind, fd.Target.Id)] = list = ImmutableArray.CreateBuilder<Holder>(2);
                list.Add(new Holder(i, fd));
            }
        }
        foreach ((var key, ImmutableArray<Holder>.Builder list) in holders)
            _holders[key] = list.ToImmutable();
        Hidden = [.. Enumerable.Range(0, look.Processes.Length).Where(i => look.Processes[i] is { IsZombie: false, FdSight: not Sight.Seen })];
    }

    public Snapshot Look { get; }

    /// <summary>Living processes whose fd table could not be read, in whole or in part: each may hold anything.</summary>
    public ImmutableArray<int> Hidden { get; }

    public ProcessRecord this[int index] => Look.Processes[index];

    /// <summary>All who hold this object, either end, ascending by pid and fd. Empty also where the object cannot be told from its like.</summary>
    public ImmutableArray<Holder> HoldersOf(FdTarget target) =>
        CanBeTold(target) && _holders.TryGetValue((target.Kind, target.Id), out ImmutableArray<Holder> list) ? list : [];

    /// <summary>Indexes of the children of a process, zombies among them.</summary>
    public IReadOnlyList<int> ChildrenOf(int process) => _children.TryGetValue(this[process].Pid, out List<int>? list) ? list : [];

    /// <summary>Indexes of the processes that this one traces: wait4(2) tells it of them as of children.</summary>
    public IReadOnlyList<int> TraceesOf(int process) => _tracees.TryGetValue(this[process].Pid, out List<int>? list) ? list : [];

    /// <summary>Index of the process with this pid in this look, or -1.</summary>
    public int IndexOf(int pid) => _byPid.TryGetValue(pid, out int index) ? index : -1;

    /// <summary>Index of the parent, or -1.</summary>
    public int ParentOf(int process) => IndexOf(this[process].Ppid);

    /// <summary>Whether <paramref name="descendant"/> has <paramref name="ancestor"/> among its parents. Nobody is a descendant of itself.</summary>
    public bool IsDescendant(int descendant, int ancestor)
    {
        // A pid reused while the look walked could close a circle of parents: bounded by the number of processes.
        int current = ParentOf(descendant);
        for (int steps = 0; current >= 0 && steps < Look.Processes.Length; steps++)
        {
            if (current == ancestor)
                return true;
            current = ParentOf(current);
        }
        return false;
    }

    private static bool CanBeTold(FdTarget target) => target.Kind is FdKind.Pipe or FdKind.Socket or FdKind.EventFd && target.Id != 0;
}
