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

    /// <summary>What is known without asking.</summary>
    internal string? Find(in TaskRow task) => task.StackHash != 0 ? _names.GetValueOrDefault(task.StackHash) : null;

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
            return IsInTheSameCall(directory, task) ? name : null;
        if (task.StackHash != 0 && name is not null && _names.Count < Most)
            _names.Add(task.StackHash, name);
        return name;
    }

    /// <summary>
    /// Who comes back to one wait again and again has as a rule run since the pass: the name is that of the wait, and not of the stack, where it is blocked in the same
    /// call with the same arguments.
    /// </summary>
    private bool IsInTheSameCall(DirectoryHandle directory, in TaskRow task) => (task.Flags & TaskFlags.InCall) != 0
        && directory.Read(new RelativePath("task"u8, task.Tid, "syscall"u8), buffer, out ReadOnlySpan<byte> text) == Sight.Seen
        && SyscallFile.Parse(text) is { Status: BlockedCallStatus.InCall } call && call.Number == task.CallNumber && call.Arguments.AsSpan().SequenceEqual(task.Arguments);

    /// <summary>The hashes have another key from now on.</summary>
    internal void Forget() => _names.Clear();
}
