using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Files that are kept open, up to what the limit of open files leaves over for everything else.</summary>
internal sealed class FileBudget
{
    /// <summary>For sockets, directories and whatever the runtime opens.</summary>
    private const int LeftForOthers = 256;

    private long _most;
    private long _open;

    /// <summary>From now on files are kept open; before that none is.</summary>
    internal void Begin() => _most = Math.Max(0, FileLimit.Raise() - LeftForOthers);

    /// <summary>Not open where the budget is used up or the file is not there.</summary>
    internal KeptFile Open(DirectoryHandle directory, RelativePath path)
    {
        if (_open >= _most || directory.Open(path, out KeptFile file) != Sight.Seen)
            return default;
        _open++;
        return file;
    }

    internal void Close(KeptFile file)
    {
        if (!file.IsOpen)
            return;
        file.Close();
        _open--;
    }
}
