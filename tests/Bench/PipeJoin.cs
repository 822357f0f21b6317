using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Bench;

/// <summary>
/// Joins the pipe ends of a snapshot: which processes hold which pipe. Its arrays are kept from look to look, so that what is
/// measured is the look and not the garbage of its measurement.
/// </summary>
internal sealed class PipeJoin
{
    private ulong[] _inodes = new ulong[1024];
    private int[] _first = new int[1024];
    private (int Process, int Fd, int Next)[] _ends = new (int, int, int)[1024];
    private int _pipes, _count;

    /// <summary>Number of pipes and of the ends found of them.</summary>
    internal (int Pipes, int Ends) Join(Snapshot look)
    {
        _pipes = _count = 0;
        Array.Clear(_inodes);
        ImmutableArray<ProcessRecord> processes = look.Processes;
        for (int i = 0; i < processes.Length; i++)
        {
            foreach (FileDescriptor fd in processes[i].Fds)
            {
                if (fd.Target.Kind == FdKind.Pipe)
                    Add(fd.Target.Id, i, fd.Number);
            }
        }
        return (_pipes, _count);
    }

    private void Add(ulong inode, int process, int fd)
    {
        if (_pipes * 2 >= _inodes.Length)
            Grow();
        if (_count == _ends.Length)
            Array.Resize(ref _ends, _count * 2);
        int slot = SlotOf(inode);
        int next = -1;
        if (_inodes[slot] == inode)
            next = _first[slot];
        else
        {
            _inodes[slot] = inode;
            _pipes++;
        }
        _ends[_count] = (process, fd, next);
        _first[slot] = _count++;
    }

    private int SlotOf(ulong inode)
    {
        int mask = _inodes.Length - 1;
        int slot = (int)(inode * 0x9E3779B97F4A7C15UL >> 32) & mask;
        while (_inodes[slot] != 0 && _inodes[slot] != inode)
            slot = slot + 1 & mask;
        return slot;
    }

    private void Grow()
    {
        (ulong[] inodes, int[] first) = (_inodes, _first);
        _inodes = new ulong[inodes.Length * 2];
        _first = new int[inodes.Length * 2];
        for (int i = 0; i < inodes.Length; i++)
        {
            if (inodes[i] == 0)
                continue;
            int slot = SlotOf(inodes[i]);
            (_inodes[slot], _first[slot]) = (inodes[i], first[i]);
        }
    }
}
