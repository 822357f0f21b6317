using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding;

/// <summary>A process below guard, as /proc/PID/stat shows it.</summary>
internal sealed record TreeProcess(int Pid, int Ppid, ulong StartTimeTicks, char State, string Comm);

/// <summary>
/// All that descends from guard, which as their subreaper is the parent of whoever loses its own. Guard's own children, its tools, are no part of it.
/// </summary>
internal sealed class Tree : IDisposable
{
    private const int Terminate = 15, Kill = 9;

    private readonly DirectoryHandle _proc = DirectoryHandle.Open(LookerOptions.HostProc);
    private readonly ReadBuffer _buffer = new();

    public Tree() => Root = _proc.ReadLink("self"u8, _buffer, out ReadOnlySpan<byte> self) == Sight.Seen && int.TryParse(self, out int pid) ? pid : Environment.ProcessId;

    /// <summary>Guard itself, as this /proc numbers it.</summary>
    public int Root { get; }

    /// <summary>Those that live, ascending by pid; zombies are over.</summary>
    public List<TreeProcess> Living()
    {
        List<int> pids = [];
        _proc.ListNumbers(pids);
        Dictionary<int, TreeProcess> all = [];
        foreach (int pid in pids)
        {
            if (Read(pid) is { } process)
                all.Add(pid, process);
        }
        return [.. all.Values.Where(process => process.State is not ('Z' or 'X') && IsBelow(process, all)).OrderBy(process => process.Pid)];
    }

    /// <summary>SIGTERM to all, and SIGCONT, for who is stopped takes nothing else.</summary>
    public void AskToEnd() => Send(Terminate, ProcessHandle.Continue);

    /// <summary>SIGKILL to all.</summary>
    public void End() => Send(Kill);

    public void Dispose() => _proc.Dispose();

    private void Send(params ReadOnlySpan<int> signals)
    {
        foreach (TreeProcess process in Living())
        {
            using ProcessHandle? handle = ProcessHandle.TryOpen(process.Pid);
            // Whom the handle holds nobody else can be taken for, from here on.
            if (handle is null || Read(process.Pid)?.StartTimeTicks != process.StartTimeTicks)
                continue;
            foreach (int signal in signals)
                handle.Send(signal);
        }
    }

    private TreeProcess? Read(int pid) =>
        _proc.ReadAt($"{pid}/stat", _buffer, out ReadOnlySpan<byte> text) == Sight.Seen && StatFile.TryParse(text, out StatFile stat)
            ? new TreeProcess(pid, stat.Ppid, stat.StartTimeTicks, stat.IsZombie ? 'Z' : stat.State == 'Z' ? 'S' : stat.State, Encoding.UTF8.GetString(stat.Comm))
            : null;

    /// <summary>A pid that is given out again while the list is made could close a circle.</summary>
    private bool IsBelow(TreeProcess process, Dictionary<int, TreeProcess> all)
    {
        TreeProcess? above = process;
        for (int steps = 0; above is not null && steps < all.Count; steps++)
        {
            if (above.Ppid == Root)
                return !ChildProgram.IsOneOfOurs(above.Pid);
            above = all.GetValueOrDefault(above.Ppid);
        }
        return false;
    }
}
