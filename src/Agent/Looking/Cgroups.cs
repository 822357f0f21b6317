using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>The cgroup of a process, and the container that it names.</summary>
internal static class Cgroups
{
    /// <summary>The strings of before where they are the same. Null: not readable, or none.</summary>
    internal static (string? Cgroup, string? Container) Read(DirectoryHandle directory, ReadBuffer buffer, TextPool texts, ProcessRecord? before)
    {
        if (directory.Read("cgroup"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen)
            return (null, null);
        string? cgroup = CgroupFile.Path(text) is { IsEmpty: false } path ? texts.Get(path, before?.Cgroup) : null;
        return before is not null && before.Cgroup == cgroup ? (before.Cgroup, before.ContainerId) : (cgroup, CgroupFile.Container(text));
    }
}
