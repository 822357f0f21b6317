namespace OrphanBoard.Agent.Looking;

/// <summary>All processes of the host, kernel threads among them, ascending by pid, kept from look to look.</summary>
internal sealed class ProcessTable(FileBudget files)
{
    private List<TrackedProcess> _processes = [], _spare = [];

    internal List<TrackedProcess> Processes => _processes;

    internal TrackedProcess? Find(int pid) => IndexOf(pid) is >= 0 and var index ? _processes[index] : null;

    private int IndexOf(int pid)
    {
        int low = 0, high = _processes.Count - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            if (_processes[middle].Pid == pid)
                return middle;
            if (_processes[middle].Pid < pid)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return -1;
    }

    /// <summary>Pids that were there at the look before and are not any more, or are somebody else's now.</summary>
    internal HashSet<int> Left { get; } = [];

    /// <summary>Takes in who is there now. Both lists ascending by pid, parallel.</summary>
    /// <param name="inodes">Null: that a pid is somebody else's now is found in another way, see <see cref="Replace"/>.</param>
    internal void Update(List<int> pids, List<ulong>? inodes)
    {
        Left.Clear();
        (_processes, _spare) = (_spare, _processes);
        _processes.Clear();
        int next = 0;
        for (int i = 0; i < pids.Count; i++)
        {
            for (; next < _spare.Count && _spare[next].Pid < pids[i]; next++)
                Leave(_spare[next]);
            TrackedProcess? known = next < _spare.Count && _spare[next].Pid == pids[i] ? _spare[next++] : null;
            if (known is not null && inodes is not null && known.Inode != inodes[i])
            {
                Leave(known);
                known = null;
            }
            _processes.Add(known ?? new TrackedProcess(pids[i], inodes?[i] ?? 0));
        }
        for (; next < _spare.Count; next++)
            Leave(_spare[next]);
        _spare.Clear();
    }

    /// <summary>Nobody has come or gone.</summary>
    internal void Keep() => Left.Clear();

    /// <summary>Its pid is another process's now, which is given.</summary>
    internal TrackedProcess Replace(TrackedProcess process)
    {
        Leave(process);
        var other = new TrackedProcess(process.Pid, process.Inode);
        _processes[IndexOf(process.Pid)] = other;
        return other;
    }

    internal void Clear()
    {
        foreach (TrackedProcess process in _processes)
            process.CloseFiles(files);
        _processes.Clear();
    }

    private void Leave(TrackedProcess process)
    {
        process.CloseFiles(files);
        Left.Add(process.Pid);
    }
}
