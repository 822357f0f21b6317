using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Whether a cgroup version 2 is frozen, cgroups(7): its processes look as if they slept in whatever they were doing.</summary>
internal sealed class FreezerReader
{
    private readonly DirectoryHandle _proc;
    private readonly ReadBuffer _buffer;
    private readonly string? _hierarchy;

    internal FreezerReader(DirectoryHandle proc, ReadBuffer buffer)
    {
        _proc = proc;
        _buffer = buffer;
        _hierarchy = proc.ReadTable("self/mountinfo"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? MountinfoFile.Cgroup2(text) : null;
    }

    /// <summary>Null: no such hierarchy is mounted, or it is not readable.</summary>
    /// <param name="cgroup">Path of the version 2 line of /proc/PID/cgroup. One that leads out of the looker's cgroup namespace begins with /.. and is not followed.</param>
    internal bool? IsFrozen(string? cgroup) =>
        _hierarchy is not null && cgroup is not null && !cgroup.StartsWith("/..", StringComparison.Ordinal)
        && _proc.ReadAt($"{_hierarchy}{cgroup}/cgroup.events", _buffer, out ReadOnlySpan<byte> text) == Sight.Seen
            ? CgroupEventsFile.Frozen(text)
            : null;
}
