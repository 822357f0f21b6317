using System.Buffers.Text;
using System.Text;
using OrphanBoard.Shared.Snapshots;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// A directory held open; everything below it is read through it. Of /proc/PID that means: when the process ends and its pid is
/// given to another one, reads answer <see cref="Sight.Gone"/> (ESRCH) and never show the other process.
/// </summary>
public sealed unsafe class DirectoryHandle : IDisposable
{
    private readonly int _fd;

    private DirectoryHandle(int fd) => _fd = fd;

    /// <exception cref="LinuxException">It cannot be opened.</exception>
    public static DirectoryHandle Open(string path)
    {
        Sight sight = Open(AT_FDCWD, Encoding.UTF8.GetBytes(path + '\0'), out DirectoryHandle? handle);
        return sight == Sight.Seen ? handle! : throw new LinuxException(path, errno);
    }

    /// <summary>Null: it cannot be opened.</summary>
    internal static DirectoryHandle? TryOpen(string path) => Open(AT_FDCWD, Encoding.UTF8.GetBytes(path + '\0'), out DirectoryHandle? handle) == Sight.Seen ? handle : null;

    public Sight OpenDirectory(RelativePath path, out DirectoryHandle? handle)
    {
        fixed (byte* name = path)
            return Open(_fd, name, out handle);
    }

    /// <summary>Reads a whole file, up to <see cref="ReadBuffer.Limit"/>. What was read before an error is given back with it.</summary>
    public Sight Read(RelativePath path, ReadBuffer buffer, out ReadOnlySpan<byte> content)
    {
        content = default;
        int fd;
        fixed (byte* name = path)
        {
            do
                fd = openat(_fd, name, O_RDONLY | O_CLOEXEC, default);
            while (Errno.Interrupted(fd));
        }
        if (fd == -1)
            return Errno.Last;
        try
        {
            for (int length = 0; ;)
            {
                if (length == buffer.Bytes.Length && !buffer.Grow())
                    return Sight.Seen;
                int free = buffer.Bytes.Length - length;
                long count;
                fixed (byte* room = buffer.Bytes)
                {
                    do
                        count = read(fd, room + length, free);
                    while (Errno.Interrupted(count));
                }
                if (count == -1)
                    return Errno.Last;
                length += (int)count;
                content = buffer.Bytes.AsSpan(0, length);
                // The kernel makes each of these files in one piece (single_open): a short read is its end, and asking again costs a call.
                if (count < free)
                    return Sight.Seen;
            }
        }
        finally
        {
            _ = close(fd);
        }
    }

    /// <summary>Reads a file into <paramref name="room"/>, as much of it as has room there.</summary>
    /// <param name="inPieces">A file that comes in pieces (maps): read until nothing more comes. Else a short read is its end.</param>
    /// <param name="length">Bytes that were read.</param>
    internal Sight Read(RelativePath path, Span<byte> room, bool inPieces, out int length)
    {
        length = 0;
        int fd;
        fixed (byte* name = path)
        {
            do
                fd = openat(_fd, name, O_RDONLY | O_CLOEXEC, default);
            while (Errno.Interrupted(fd));
        }
        if (fd == -1)
            return Errno.Last;
        Sight sight = Sight.Seen;
        fixed (byte* start = room)
        {
            while (length < room.Length)
            {
                int free = room.Length - length;
                long count = read(fd, start + length, free);
                if (Errno.Interrupted(count))
                    continue;
                if (count == -1)
                    sight = Errno.Last;
                if (count <= 0)
                    break;
                length += (int)count;
                if (count < free && !inPieces)
                    break;
            }
        }
        _ = close(fd);
        return sight;
    }

    /// <summary>The text of a symbolic link, itself not followed: no file system behind it is touched, so a dead one cannot hang the reader.</summary>
    public Sight ReadLink(RelativePath path, ReadBuffer buffer, out ReadOnlySpan<byte> target)
    {
        long length;
        fixed (byte* name = path)
        fixed (byte* room = buffer.Bytes)
            length = readlinkat(_fd, name, room, buffer.Bytes.Length);
        target = length == -1 ? default : buffer.Bytes.AsSpan(0, (int)length);
        return length == -1 ? Errno.Last : Sight.Seen;
    }

    /// <summary>
    /// Access mode of the open file behind a link of /proc/PID/fd: the owner's r and w bits of the link itself (lstat). A stat of
    /// what it points to could hang for ever on a dead file system.
    /// </summary>
    public Sight LinkAccess(RelativePath path, out FdAccess access)
    {
        access = FdAccess.None;
        stat status;
        fixed (byte* name = path)
        {
            if (fstatat(_fd, name, &status, AT_SYMLINK_NOFOLLOW) == -1)
                return Errno.Last;
        }
        if ((status.st_mode & S_IRUSR) == S_IRUSR)
            access |= FdAccess.Read;
        if ((status.st_mode & S_IWUSR) == S_IWUSR)
            access |= FdAccess.Write;
        return Sight.Seen;
    }

    /// <summary>Adds all entries whose names are numbers (pids, tids, fds), ascending.</summary>
    public Sight ListNumbers(List<int> numbers)
    {
        const int NameOffset = 19; // struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; }
        int first = numbers.Count;
        byte* buffer = stackalloc byte[16 * 1024];
        if (lseek(_fd, 0, SEEK_SET) == -1)
            return Errno.Last;
        for (; ; )
        {
            long count = (long)(ssize_t)syscall(SystemCallNumbers.GetDents64, _fd, buffer, 16 * 1024);
            if (count == -1)
                return Errno.Last;
            if (count == 0)
                break;
            for (byte* entry = buffer; entry < buffer + count; entry += *(ushort*)(entry + 16))
            {
                ReadOnlySpan<byte> name = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entry + NameOffset);
                if (Utf8Parser.TryParse(name, out int number, out int used) && used == name.Length && number >= 0)
                    numbers.Add(number);
            }
        }
        numbers.Sort(first, numbers.Count - first, null);
        return Sight.Seen;
    }

    public void Dispose() => _ = close(_fd);

    private static Sight Open(int directory, ReadOnlySpan<byte> path, out DirectoryHandle? handle)
    {
        fixed (byte* name = path)
            return Open(directory, name, out handle);
    }

    private static Sight Open(int directory, byte* path, out DirectoryHandle? handle)
    {
        int fd;
        do
            fd = openat(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, default);
        while (Errno.Interrupted(fd));
        handle = fd == -1 ? null : new DirectoryHandle(fd);
        return fd == -1 ? Errno.Last : Sight.Seen;
    }
}
