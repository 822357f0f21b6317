using OrphanBoard.Shared.Snapshots;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// A file of /proc that is kept open and read again from its start: one call instead of three. It belongs to the process that it was opened of:
/// once that is gone, reads answer <see cref="Sight.Gone"/>, whoever has the pid then.
/// </summary>
public readonly unsafe struct KeptFile(int fd)
{
    private readonly int _fd = fd + 1; // so that default refers to nothing

    public bool IsOpen => _fd > 0;

    /// <summary>Its fd; -1 where it is not open.</summary>
    public int Number => _fd - 1;

    /// <summary>pread(2) from offset 0. What does not fit into <paramref name="room"/> is left out.</summary>
    public Sight Read(Span<byte> room, out int length)
    {
        long count;
        fixed (byte* bytes = room)
        {
            do
                count = pread(_fd - 1, bytes, room.Length, 0);
            while (Errno.Interrupted(count));
        }
        length = (int)Math.Max(0, count);
        return count == -1 ? Errno.Last : Sight.Seen;
    }

    public void Close()
    {
        if (IsOpen)
            _ = close(_fd - 1);
    }
}
