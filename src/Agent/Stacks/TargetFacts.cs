using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>What must be known of a process before its runtime is asked for stacks.</summary>
/// <param name="PidOfItsOwn">Its pid in the innermost namespace, as the runtime has it.</param>
/// <param name="Status">proc_pid_status(5).</param>
/// <param name="IsStopped">By a signal or a tracer: nobody answers.</param>
internal sealed record TargetFacts(int PidOfItsOwn, StatusFile Status, bool IsStopped)
{
    /// <summary>Null: it is gone, or may not be looked at.</summary>
    internal static TargetFacts? Read(DirectoryHandle process, int pid)
    {
        if (process.Read("status"u8, new ReadBuffer(), out ReadOnlySpan<byte> text) != Sight.Seen
            || !StatusFile.TryParse(text, out StatusFile status) || !StatusIdentity.TryParse(text, out StatusIdentity identity))
            return null;
        return new TargetFacts(status.NsPid == 0 ? pid : status.NsPid, status, identity.State is 'T' or 't');
    }

    /// <summary>What to put before an absolute path of its own. Empty where it sees the files that we see: such a path outlives the process.</summary>
    internal static string RootOf(int pid)
    {
        return Link($"/proc/{pid}/ns/mnt") is { } mounts && mounts == Link("/proc/self/ns/mnt") && Link($"/proc/{pid}/root") == "/" && Link("/proc/self/root") == "/"
            ? ""
            : $"/proc/{pid}/root";

        static string? Link(string path)
        {
            try
            {
                return new FileInfo(path).LinkTarget;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return null;
            }
        }
    }

    /// <summary>From the tid that a runtime tells, which is that of its own namespace, to ours; null for one that is not there.</summary>
    internal static Func<int, int?> TidsByTheirOwn(DirectoryHandle process, StackTarget target, TargetFacts facts)
    {
        if (facts.PidOfItsOwn == target.Pid)
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
