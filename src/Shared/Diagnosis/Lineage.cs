using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Where a process that is seen for the first time came from: what its record says, and, where forks between the looks were told of
/// (<see cref="Snapshot.Births"/>), who forked it and exited before anybody looked.
/// </summary>
internal sealed class Lineage(ResourceIndex resources)
{
    private readonly ILookup<int, Birth>? _births = resources.Look.Births.IsEmpty ? null : resources.Look.Births.ToLookup(birth => birth.Pid);

    /// <summary>Those above a process that is seen for the first time, nearest first. Who was never seen has no key and is left out.</summary>
    public ImmutableArray<ProcessKey> AncestorsOf(HostProcess process)
    {
        if ((Origin(process) ?? resources.ParentOf(process)) is not { } parent)
            return [];
        // Children of one parent come after each other, and have one list.
        if (parent != _parent)
            (_parent, _fromParent) = (parent, From(parent));
        return _fromParent;
    }

    private HostProcess? _parent;
    private ImmutableArray<ProcessKey> _fromParent;

    private ImmutableArray<ProcessKey> From(HostProcess above)
    {
        _above.Clear();
        // A pid reused while the look walked could close a circle of parents.
        for (HostProcess? next = above; next is not null && !_above.Contains(next.Identity.Key); next = Origin(next) ?? resources.ParentOf(next))
        {
            _above.Add(next.Identity.Key);
            if (resources.Find(next.Pid) != next)
            {
                // Not at this look any more: what was above it is what was remembered of it.
                _above.AddRange(next.Ancestors);
                break;
            }
        }
        return [.. _above];
    }

    private readonly List<ProcessKey> _above = [];

    /// <summary>The parent that forked a new process and has exited since; comm null where it is not known. Null: its parent is the one that it has, or not known.</summary>
    public (int Pid, string? Comm)? LostParentOf(HostProcess process)
    {
        if (BirthOf(process) is not { } birth || birth.ParentPid == process.Record.Ppid || resources.ParentOf(process) is null)
            return null;
        // A parent that lives is no lost one, whatever the event says.
        if (Living(birth.ParentPid, process) is { Record.IsZombie: false })
            return null;
        return (birth.ParentPid, birth.ParentComm ?? (Living(birth.ParentPid, process) ?? Ended(birth.ParentPid))?.Identity.Comm);
    }

    /// <summary>The nearest process above a new one that was seen at this look or the one before, going by births. Null where they do not tell.</summary>
    private HostProcess? Origin(HostProcess process)
    {
        if (_births is null)
            return null;
        Birth? birth = process.IsNew ? BirthOf(process) : null;
        // Each birth is older than the one below it; bounded all the same, for they were told by others.
        for (int steps = 0; birth is { } fork && steps < resources.Look.Births.Length; steps++)
        {
            if ((Living(fork.ParentPid, process) ?? Ended(fork.ParentPid)) is { } known)
                return known;
            birth = Last(_births![fork.ParentPid].Where(earlier => earlier.At <= fork.At));
        }
        return null;
    }

    private Birth? BirthOf(HostProcess process) => _births?.Contains(process.Pid) == true ? NearestBirth(process) : null;

    /// <summary>The pid may have been given out several times between the looks: the fork nearest to its starttime.</summary>
    private Birth? NearestBirth(HostProcess process)
    {
        var started = TimeSpan.FromSeconds((double)process.Record.StartTimeTicks / resources.Look.Host.ClockTicksPerSecond);
        return _births![process.Pid].MinBy(birth => (birth.At - started).Duration());
    }

    /// <summary>In this look and not younger than its child.</summary>
    private HostProcess? Living(int pid, HostProcess child) =>
        resources.Find(pid) is { } process && process != child && process.Record.StartTimeTicks <= child.Record.StartTimeTicks ? process : null;

    private HostProcess? Ended(int pid) => resources.Gone.FirstOrDefault(gone => gone.Pid == pid);

    private static Birth? Last(IEnumerable<Birth> births)
    {
        Birth? last = null;
        foreach (Birth birth in births)
            last = birth;
        return last;
    }
}
