using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Looking;

/// <summary>/proc/PID of the process at hand, opened once somebody needs it: for most, the rows of the kernel pass say everything.</summary>
internal sealed class ProcessDirectory(DirectoryHandle proc, ExecGuard guard) : IDisposable
{
    private readonly DirectoryHandle _handle = DirectoryHandle.Closed();
    private int _pid;
    private bool _open, _guarded;

    /// <summary>Where it cannot be opened, the process is gone and all reads through it fail. They fail as well where <see cref="IsBarred"/>.</summary>
    internal DirectoryHandle Handle
    {
        get
        {
            if (_open)
                return _handle;
            _open = true;
            _handle.Reopen(proc, new RelativePath(_pid));
            if (_guarded && guard.IsBetweenPrograms(_handle))
            {
                IsBarred = true;
                _handle.Dispose();
            }
            return _handle;
        }
    }

    /// <summary>It was found in the middle of an execve when it was to be opened: nothing of it was read.</summary>
    internal bool IsBarred { get; private set; }

    /// <param name="pid">Whose directory.</param>
    /// <param name="guarded">It may be in the middle of an execve.</param>
    internal void Begin(int pid, bool guarded) => (_pid, _guarded, _open, IsBarred) = (pid, guarded, false, false);

    internal void End()
    {
        if (_open)
            _handle.Dispose();
        _open = false;
    }

    public void Dispose() => _handle.Dispose();
}
