using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Bpf;

/// <summary>
/// The names of wait channels for stack hashes. The kernel program sees where a thread sleeps but not what the place is called; wchan of
/// /proc tells that once for each distinct place.
/// </summary>
internal sealed class WaitChannels(ReadBuffer buffer)
{
    /// <summary>A host has some hundred distinct places; beyond this they are read anew each time.</summary>
    private const int Most = 4096;

    private readonly Dictionary<ulong, string?> _names = [];

    /// <summary>As <see cref="ThreadRecord.Wchan"/>. Null also where it cannot be told, as the thread has moved on meanwhile.</summary>
    /// <param name="directory">/proc/PID of its process.</param>
    internal string? NameOf(DirectoryHandle directory, in TaskRow task)
    {
        if ((task.Flags & TaskFlags.Active) != 0)
            return null;
        if (task.StackHash != 0 && _names.TryGetValue(task.StackHash, out string? known))
            return known;
        if (directory.Read(new RelativePath("task"u8, task.Tid, "wchan"u8), buffer, out ReadOnlySpan<byte> text) != Sight.Seen)
            return null;
        string? name = WchanFile.Parse(text) is { IsEmpty: false } found ? Encoding.UTF8.GetString(found) : null;
        // The name belongs to the stack only if the thread has not run between the two.
        if (directory.Read(new RelativePath("task"u8, task.Tid, "schedstat"u8), buffer, out text) != Sight.Seen
            || SchedstatFile.Parse(text) != new RunCounters(task.RunTimeNs, task.Timeslices))
            return null;
        if (task.StackHash != 0 && name is not null && _names.Count < Most)
            _names.Add(task.StackHash, name);
        return name;
    }

    /// <summary>The hashes have another key from now on.</summary>
    internal void Forget() => _names.Clear();
}
