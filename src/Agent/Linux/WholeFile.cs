using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Output that is there as a whole or not at all.</summary>
public static unsafe class WholeFile
{
    /// <summary>
    /// Writes next to the file and renames over it, mode 0600. A link is followed. What is there and no regular file stays untouched: a rename
    /// would put a file in the place of /dev/null.
    /// </summary>
    /// <exception cref="InvalidDataException">It is there and no regular file.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        if (IsThereAndNoRegularFile(path))
            throw new InvalidDataException($"{path}: it is no regular file; write to standard output instead");
        string target = Path.GetFullPath(new FileInfo(path) is { LinkTarget: not null } link ? link.ResolveLinkTarget(returnFinalTarget: true)!.FullName : path);
        string temporary = Path.Combine(Path.GetDirectoryName(target)!, $".orphan-agent-{Path.GetRandomFileName()}");
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (var file = new FileStream(temporary, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }
            File.Move(temporary, target, overwrite: true);
        }
        // The framework's word for EFBIG, which is no argument's fault here: a ulimit -f.
        catch (Exception e) when (e is IOException or ArgumentOutOfRangeException)
        {
            File.Delete(temporary);
            // The name that was given, and not one that nobody has heard of.
            throw new IOException(e is IOException ? e.Message.Replace(temporary, target, StringComparison.Ordinal) : $"{target}: it is larger than files may be here (ulimit -f)", e);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    /// <summary>Writes all of it to stdout; a reader that goes away is an error, which the framework's own stream keeps to itself.</summary>
    /// <exception cref="IOException">It is closed.</exception>
    /// <exception cref="LinuxException">Not all of it could be written.</exception>
    public static void WriteToStandardOutput(ReadOnlySpan<byte> content)
    {
        if (!StandardDescriptor.IsOpen(StandardDescriptor.Output))
            throw new IOException("standard output: it is closed");
        fixed (byte* bytes = content)
        {
            for (long written = 0; written < content.Length;)
            {
                long count = write(StandardDescriptor.Output, bytes + written, content.Length - (int)written);
                if (count >= 0)
                    written += count;
                else if (errno == EAGAIN)
                    WaitUntilWritable();
                else if (errno != EINTR)
                    throw new LinuxException("standard output", errno);
            }
        }
    }

    /// <summary>Somebody may have set the pipe that we share with them to O_NONBLOCK.</summary>
    private static void WaitUntilWritable() => Polling.Waits(StandardDescriptor.Output, POLLOUT, -1);

    /// <summary>Whether a path leads to a regular file, by a link too.</summary>
    internal static bool IsRegular(string path) => !IsThereAndNoRegularFile(path);

    private static bool IsThereAndNoRegularFile(string path)
    {
        stat status;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            return fstatat(AT_FDCWD, name, &status, 0) == 0 && (status.st_mode & S_IFMT) != S_IFREG;
    }
}
