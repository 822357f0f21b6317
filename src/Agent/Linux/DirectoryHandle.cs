using System.Runtime.InteropServices;
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
    private const int None = -1;

    private int _fd;

    private DirectoryHandle(int fd) => _fd = fd;

    /// <summary>One that refers to nothing yet; see <see cref="Reopen"/>.</summary>
    public static DirectoryHandle Closed() => new(None);

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

    /// <summary>Refers to another directory from now on, below an open one. Where that cannot be opened it refers to nothing.</summary>
    public Sight Reopen(DirectoryHandle parent, RelativePath path)
    {
        Dispose();
        fixed (byte* name = path)
            _fd = OpenFd(parent._fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return _fd == None ? Errno.Last : Sight.Seen;
    }

    /// <summary>A file below it, kept open to be read again and again.</summary>
    public Sight Open(RelativePath path, out KeptFile file)
    {
        int fd;
        fixed (byte* name = path)
            fd = OpenFd(_fd, name, O_RDONLY | O_CLOEXEC);
        file = new KeptFile(fd);
        return fd == None ? Errno.Last : Sight.Seen;
    }

    /// <summary>
    /// The same of a file that nothing is mounted over: a container's manager may do so to show figures of its own, by a FUSE server that need not answer. By openat2(2), RESOLVE_NO_XDEV,
    /// of Linux 5.6; <see cref="Sight.Failed"/> before.
    /// </summary>
    public Sight OpenUncovered(RelativePath path, out KeptFile file)
    {
        const ulong WithinOneMount = 0x01; // RESOLVE_NO_XDEV, include/uapi/linux/openat2.h
        ulong* how = stackalloc ulong[3]; // struct open_how { u64 flags; u64 mode; u64 resolve; }
        (how[0], how[1], how[2]) = ((ulong)(O_RDONLY | O_CLOEXEC), 0, WithinOneMount);
        int fd;
        fixed (byte* name = path)
        {
            do
                fd = (int)(long)syscall(SystemCallNumbers.OpenAt2, _fd, name, how, 3 * sizeof(ulong));
            while (Errno.Interrupted(fd));
        }
        file = new KeptFile(fd);
        return fd == None ? Errno.Last : Sight.Seen;
    }

    /// <summary>
    /// Reads a whole file that the kernel makes in one piece (single_open), as the files of one process are, up to the buffer's limit. What was read before an
    /// error is given back with it.
    /// </summary>
    public Sight Read(RelativePath path, ReadBuffer buffer, out ReadOnlySpan<byte> content)
    {
        fixed (byte* name = path)
            return Read(name, buffer, piecemeal: false, out content);
    }

    /// <summary>
    /// Reads a whole file that the kernel makes entry by entry (seq_file), as all tables of the host are: a short read is not its end.
    /// <see cref="Sight.Failed"/> where it was cut at the buffer's limit.
    /// </summary>
    public Sight ReadTable(RelativePath path, ReadBuffer buffer, out ReadOnlySpan<byte> content)
    {
        fixed (byte* name = path)
            return Read(name, buffer, piecemeal: true, out content);
    }

    /// <summary>Reads a whole file of one piece by any path, absolute or relative to this directory.</summary>
    public Sight ReadAt(string path, ReadBuffer buffer, out ReadOnlySpan<byte> content)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            return Read(name, buffer, piecemeal: false, out content);
    }

    private Sight Read(byte* name, ReadBuffer buffer, bool piecemeal, out ReadOnlySpan<byte> content)
    {
        content = default;
        int fd = OpenFd(_fd, name, O_RDONLY | O_CLOEXEC);
        if (fd == None)
            return Errno.Last;
        try
        {
            for (int length = 0; ;)
            {
                if (length == buffer.Bytes.Length && !buffer.Grow())
                    return piecemeal ? Sight.Failed : Sight.Seen;
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
                // Of a file in one piece a short read is the end, and asking again costs a call.
                if (count == 0 || !piecemeal && count < free)
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

    /// <summary>
    /// How many names the file has (st_nlink) that a link of /proc/PID/fd or map_files leads to; 0: nobody can open it by a name any more. What such a link says, <c>(deleted)</c>, is
    /// but that the name by which it was opened is gone. Asks the file system, and may wait for it for ever.
    /// </summary>
    public Sight LinkCount(RelativePath path, out uint names)
    {
        names = 0;
        stat status;
        fixed (byte* name = path)
        {
            if (fstatat(_fd, name, &status, 0) == -1)
                return Errno.Last;
        }
        names = (uint)Math.Min(status.st_nlink, uint.MaxValue);
        return Sight.Seen;
    }

    /// <summary>Of /proc/PID/fd: how many descriptors there are (st_size, Linux 6.2); 0 where the kernel does not say.</summary>
    public long DescriptorCount()
    {
        stat status;
        return fstat(_fd, &status) == 0 && (status.st_mode & S_IFMT) == S_IFDIR ? (long)status.st_size : 0;
    }

    /// <summary>Whether it lies on the file system with this device, packed as <c>major &lt;&lt; 20 | minor</c>.</summary>
    internal bool IsOn(uint device)
    {
        stat status;
        if (fstat(_fd, &status) == -1)
            return false;
        ulong number = (ulong)status.st_dev; // as makedev(3) packs it
        ulong major = number >> 8 & 0xfff | number >> 32 & 0xfffff000, minor = number & 0xff | number >> 12 & 0xffffff00;
        return major < 1 << 12 && minor < 1 << 20 && (uint)(major << 20 | minor) == device;
    }

    /// <summary>
    /// Whether a name in this directory, or in one below it, is a link to the file with this inode number. Null: not all could be read, or there are more entries than
    /// <paramref name="most"/>, or it goes deeper than <paramref name="depth"/>. On file systems alone that never wait for anybody (tmpfs).
    /// </summary>
    /// <param name="inode">Of the file.</param>
    /// <param name="most">Entries that may still be looked at.</param>
    /// <param name="path">Where it was found, from this directory on.</param>
    /// <param name="depth">Directories one below the other.</param>
    internal bool? Names(ulong inode, ref int most, out string? path, int depth = 16)
    {
        path = null;
        const int Room = 4096, DirectoryType = 4; // struct linux_dirent64, see List; DT_DIR
        byte* buffer = stackalloc byte[Room];
        for (; ; )
        {
            long count = (long)(ssize_t)syscall(SystemCallNumbers.GetDents64, _fd, buffer, Room);
            if (count <= 0)
                return count == 0 ? false : null;
            for (byte* entry = buffer; entry < buffer + count; entry += *(ushort*)(entry + 16))
            {
                byte* name = entry + 19;
                bool isSelf = name[0] == '.' && (name[1] == 0 || name[1] == '.' && name[2] == 0);
                if (*(ulong*)entry == inode && !isSelf)
                {
                    path = Marshal.PtrToStringUTF8((nint)name);
                    return true;
                }
                if (--most < 0)
                    return null;
                if (entry[18] != DirectoryType || isSelf)
                    continue;
                if (depth == 0)
                    return null;
                int fd = OpenFd(_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
                if (fd == None)
                    return null;
                using var below = new DirectoryHandle(fd);
                if (below.Names(inode, ref most, out path, depth - 1) is not false and var found)
                {
                    path = path is null ? null : $"{Marshal.PtrToStringUTF8((nint)name)}/{path}";
                    return found;
                }
            }
        }
    }

    /// <summary>Adds all entries whose names are numbers (pids, tids, fds), ascending.</summary>
    public Sight ListNumbers(List<int> numbers) => List(numbers, null);

    /// <summary>
    /// As <see cref="ListNumbers"/>, with the inode number (<c>d_ino</c>) of each. Of /proc it tells one process from another that was given the
    /// same pid: the number belongs to the directory, which goes with the process. It may change by itself; it never stays by itself.
    /// </summary>
    public Sight ListEntries(List<int> numbers, List<ulong> inodes) => List(numbers, inodes);

    private Sight List(List<int> numbers, List<ulong>? inodes)
    {
        const int Room = 32 * 1024;
        const int NameOffset = 19; // struct linux_dirent64 { u64 d_ino; s64 d_off; u16 d_reclen; u8 d_type; char d_name[]; }
        int first = numbers.Count;
        bool ascending = true;
        byte* buffer = stackalloc byte[Room];
        if (lseek(_fd, 0, SEEK_SET) == -1)
            return Errno.Last;
        for (; ; )
        {
            long count = (long)(ssize_t)syscall(SystemCallNumbers.GetDents64, _fd, buffer, Room);
            if (count == -1)
                return Errno.Last;
            // Nothing but an empty answer is the end: a signal that comes to this thread meanwhile cuts one short (filldir64 of fs/readdir.c).
            if (count == 0)
                break;
            for (byte* entry = buffer; entry < buffer + count; entry += *(ushort*)(entry + 16))
            {
                if (!TryNumber(entry + NameOffset, out int number))
                    continue;
                ascending &= numbers.Count == first || numbers[^1] < number;
                numbers.Add(number);
                inodes?.Add(*(ulong*)entry);
            }
        }
        if (!ascending)
            Sort(numbers, inodes, first);
        return Sight.Seen;
    }

    private static bool TryNumber(byte* name, out int number)
    {
        number = 0;
        if (*name == 0)
            return false;
        long value = 0;
        for (; *name != 0; name++)
        {
            if (*name is < (byte)'0' or > (byte)'9' || (value = value * 10 + (*name - '0')) > int.MaxValue)
                return false;
        }
        number = (int)value;
        return true;
    }

    /// <summary>/proc lists in order; other file systems do not.</summary>
    private static void Sort(List<int> numbers, List<ulong>? inodes, int first)
    {
        if (inodes is null)
        {
            numbers.Sort(first, numbers.Count - first, null);
            return;
        }
        CollectionsMarshal.AsSpan(numbers)[first..].Sort(CollectionsMarshal.AsSpan(inodes)[first..]);
    }

    public void Dispose()
    {
        if (_fd != None)
            _ = close(_fd);
        _fd = None;
    }

    private static Sight Open(int directory, ReadOnlySpan<byte> path, out DirectoryHandle? handle)
    {
        fixed (byte* name = path)
            return Open(directory, name, out handle);
    }

    private static Sight Open(int directory, byte* path, out DirectoryHandle? handle)
    {
        int fd = OpenFd(directory, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        handle = fd == None ? null : new DirectoryHandle(fd);
        return fd == None ? Errno.Last : Sight.Seen;
    }

    private static int OpenFd(int directory, byte* path, int flags)
    {
        int fd;
        do
            fd = openat(directory, path, flags, default);
        while (Errno.Interrupted(fd));
        return fd;
    }
}
