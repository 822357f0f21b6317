using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Files that several programs write to at once. What is there and no regular file is refused, not waited for: a FIFO say.</summary>
public static unsafe class RegularFile
{
    private const int None = -1;

    /// <summary>
    /// Adds to the end of a file with O_APPEND and one write(2), so that what others add at the same moment is before it or after it, never inside. Made with
    /// mode 0600 where it is missing.
    /// </summary>
    /// <returns>Size of the file with it, bytes.</returns>
    /// <exception cref="LinuxException">It cannot be opened or written.</exception>
    /// <exception cref="IOException">Only a part was written: the disk is full, or a limit reached.</exception>
    /// <exception cref="InvalidDataException">It is no regular file.</exception>
    public static long Append(string path, ReadOnlySpan<byte> content)
    {
        int fd = Open(path, O_WRONLY | O_APPEND | O_CREAT);
        try
        {
            long count;
            fixed (byte* bytes = content)
            {
                do
                    count = write(fd, bytes, content.Length);
                while (Errno.Interrupted(count));
            }
            if (count == -1)
                throw new LinuxException(path, errno);
            if (count < content.Length)
                throw new IOException($"{path}: only {count} of {content.Length} bytes could be written");
            return SizeOf(fd);
        }
        finally
        {
            _ = close(fd);
        }
    }

    /// <summary>The end of a file, at most so many bytes; null where there is none.</summary>
    /// <exception cref="LinuxException">It cannot be opened or read.</exception>
    /// <exception cref="InvalidDataException">It is no regular file.</exception>
    public static byte[]? ReadEnd(string path, int most)
    {
        int fd = Open(path, O_RDONLY);
        if (fd == None)
            return null;
        try
        {
            long size = SizeOf(fd), start = Math.Max(0, size - most);
            byte[] content = new byte[size - start];
            int length = 0;
            while (length < content.Length)
            {
                long count;
                fixed (byte* room = content)
                {
                    do
                        count = pread(fd, room + length, content.Length - length, start + length);
                    while (Errno.Interrupted(count));
                }
                if (count == -1)
                    throw new LinuxException(path, errno);
                if (count == 0) // it has been cut since
                    break;
                length += (int)count;
            }
            return content[..length];
        }
        finally
        {
            _ = close(fd);
        }
    }

    /// <summary><see cref="None"/>: there is no such file, and it is not to be made.</summary>
    private static int Open(string path, int flags)
    {
        int fd;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
        {
            do
                fd = open(name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0x180); // 0600
            while (Errno.Interrupted(fd));
        }
        if (fd == None)
            return errno == ENOENT && (flags & O_CREAT) == 0 ? None : throw new LinuxException(path, errno);
        if (!IsRegular(fd))
        {
            _ = close(fd);
            throw new InvalidDataException($"{path}: it is no regular file");
        }
        return fd;
    }

    private static bool IsRegular(int fd)
    {
        stat status;
        return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == S_IFREG;
    }

    private static long SizeOf(int fd)
    {
        stat status;
        return fstat(fd, &status) == 0 ? (long)status.st_size : 0;
    }
}
