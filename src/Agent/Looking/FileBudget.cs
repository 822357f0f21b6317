using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Files that are kept open, up to what the limit of open files leaves over for everything else.</summary>
/// <param name="ownPid">The pid of this process in the /proc that is read.</param>
internal sealed class FileBudget(int ownPid)
{
    /// <summary>For sockets, directories and whatever the runtime opens.</summary>
    private const int LeftForOthers = 256;

    private readonly HashSet<int> _open = [];
    private long _most;

    /// <summary>From now on files are kept open; before that none is.</summary>
    internal void Begin() => _most = Math.Max(0, FileLimit.Raise() - LeftForOthers);

    /// <summary>Fds of the process that are files kept open here; null: none is. They are up to twenty thousand, and nobody waits for one.</summary>
    internal IReadOnlySet<int>? OpenIn(int pid) => pid == ownPid && _open.Count > 0 ? _open : null;

    /// <summary>Not open where the budget is used up or the file is not there.</summary>
    internal KeptFile Open(DirectoryHandle directory, RelativePath path)
    {
        if (_open.Count >= _most || directory.Open(path, out KeptFile file) != Sight.Seen)
            return default;
        _open.Add(file.Number);
        return file;
    }

    internal void Close(KeptFile file)
    {
        if (!file.IsOpen)
            return;
        _open.Remove(file.Number);
        file.Close();
    }
}
