using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Looking;

/// <summary>/proc/PID of the process at hand, opened once somebody needs it: for most, the rows of the kernel pass say everything.</summary>
internal sealed class ProcessDirectory(DirectoryHandle proc) : IDisposable
{
    private readonly DirectoryHandle _handle = DirectoryHandle.Closed();
    private int _pid;
    private bool _open;

    /// <summary>Where it cannot be opened, the process is gone and all reads through it fail.</summary>
    internal DirectoryHandle Handle
    {
        get
        {
            if (!_open)
            {
                _open = true;
                _handle.Reopen(proc, new RelativePath(_pid));
            }
            return _handle;
        }
    }

    internal void Begin(int pid) => (_pid, _open) = (pid, false);

    internal void End()
    {
        if (_open)
            _handle.Dispose();
        _open = false;
    }

    public void Dispose() => _handle.Dispose();
}
