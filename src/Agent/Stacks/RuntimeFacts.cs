using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>What must be known of a process before its runtime is asked for stacks.</summary>
/// <param name="PidOfItsOwn">Its pid in the innermost namespace, as the runtime has it.</param>
/// <param name="Root">What to put before an absolute path of its own. Empty where it sees the files that we see: such a path outlives the process.</param>
/// <param name="IsStopped">By a signal or a tracer: nobody answers.</param>
internal sealed record RuntimeFacts(int PidOfItsOwn, StatusFile Status, string Root, bool IsStopped)
{
    /// <summary>Null: it is gone, or between two programs, where to read its links could wait for ever (docs/risky-reads.md).</summary>
    internal static RuntimeFacts? Read(DirectoryHandle process, int pid)
    {
        var buffer = new ReadBuffer();
        using DirectoryHandle? self = DirectoryHandle.TryOpen("/proc/self");
        if (self is null || process.Read("statm"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen || StatmFile.IsBetweenPrograms(text)
            || process.Read("status"u8, buffer, out text) != Sight.Seen
            || !StatusFile.TryParse(text, out StatusFile status) || !StatusIdentity.TryParse(text, out StatusIdentity identity))
            return null;
        bool sameFiles = Link(process, "ns/mnt"u8) is { } mounts && mounts == Link(self, "ns/mnt"u8) && Link(process, "root"u8) == "/" && Link(self, "root"u8) == "/";
        return new RuntimeFacts(status.NsPid == 0 ? pid : status.NsPid, status, sameFiles ? "" : $"/proc/{pid}/root", identity.State is 'T' or 't');

        string? Link(DirectoryHandle from, ReadOnlySpan<byte> name) => from.ReadLink(name, buffer, out ReadOnlySpan<byte> target) == Sight.Seen ? Encoding.UTF8.GetString(target) : null;
    }

    /// <summary>From the tid that a runtime tells, which is that of its own namespace, to ours; null for one that is not there.</summary>
    internal Func<int, int?> TidsByTheirOwn(DirectoryHandle process, StackTarget target)
    {
        if (PidOfItsOwn == target.Pid)
            return tid => tid;
        var tids = new Dictionary<int, int>();
        var buffer = new ReadBuffer();
        foreach ((int tid, _) in target.Threads)
        {
            if (process.Read(RelativePath.OfProcess(tid, "status"u8), buffer, out ReadOnlySpan<byte> text) == Sight.Seen && StatusFile.TryParse(text, out StatusFile status))
                tids[status.NsPid] = tid;
        }
        return own => tids.TryGetValue(own, out int tid) ? tid : null;
    }
}
