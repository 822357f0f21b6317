using System.Collections.Immutable;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Reads /proc/PID/fd: links and their mode bits, never what they point to. fdinfo only where it is asked for.</summary>
internal sealed class FdTableReader(ReadBuffer buffer, MountDevices mounts)
{
    /// <summary>Descriptors of one table that are read, the lowest numbers; a larger table is told as not wholly seen.</summary>
    private const int MaxDescriptors = 65_536;

    private readonly List<int> _numbers = [];

    /// <param name="living">A living thread where the leader is dead, else null.</param>
    /// <param name="suspect">Reads fdinfo of every descriptor.</param>
    /// <param name="nameObjects">Reads fdinfo of eventfds and pidfds, to tell one from another.</param>
    /// <param name="epolls">Epolls whose members are read.</param>
    internal (ImmutableArray<FileDescriptor> Fds, Sight Sight) Read(
        DirectoryHandle directory, int? living, bool suspect, bool nameObjects, IReadOnlySet<int> epolls)
    {
        Sight sight = directory.OpenDirectory(RelativePath.OfProcess(living, "fd"u8), out DirectoryHandle? table);
        if (table is null)
            return ([], sight);
        using (table)
        {
            _numbers.Clear();
            sight = table.ListNumbers(_numbers);
            if (sight != Sight.Seen)
                return ([], sight);
            if (_numbers.Count > MaxDescriptors)
            {
                _numbers.RemoveRange(MaxDescriptors, _numbers.Count - MaxDescriptors);
                sight = Sight.Failed;
            }
            ImmutableArray<FileDescriptor>.Builder fds = ImmutableArray.CreateBuilder<FileDescriptor>(_numbers.Count);
            foreach (int number in _numbers)
            {
                (FileDescriptor? fd, Sight link) = ReadDescriptor(table, number);
                if (fd is null)
                    continue; // closed meanwhile
                if (link != Sight.Seen)
                    sight = link;
                if (suspect || epolls.Contains(number) || nameObjects && fd.Target.Kind is FdKind.EventFd or FdKind.PidFd)
                    fd = WithInfo(directory, living, fd, suspect);
                fds.Add(fd);
            }
            return (fds.ToImmutable(), sight);
        }
    }

    private (FileDescriptor? Fd, Sight Sight) ReadDescriptor(DirectoryHandle table, int number)
    {
        var name = new RelativePath(number);
        Sight sight = table.LinkAccess(name, out FdAccess access);
        if (sight == Sight.Gone)
            return (null, sight);
        Sight link = table.ReadLink(name, buffer, out ReadOnlySpan<byte> text);
        if (link == Sight.Gone)
            return (null, link);
        FdTarget target = link == Sight.Seen ? FdTarget.Parse(Encoding.UTF8.GetString(text)) : FdTarget.Unreadable;
        return (new FileDescriptor(number, access, target), link == Sight.Seen ? sight : link);
    }

    private FileDescriptor WithInfo(DirectoryHandle directory, int? living, FileDescriptor fd, bool suspect)
    {
        if (directory.Read(RelativePath.OfProcess(living, "fdinfo"u8, fd.Number), buffer, out ReadOnlySpan<byte> text) != Sight.Seen
            || !FdinfoFile.TryParse(text, out FdinfoFile? info))
            return fd;
        ulong id = fd.Target.Kind switch
        {
            FdKind.EventFd => info!.EventFdId ?? 0,
            FdKind.PidFd => (ulong)Math.Max(0, info!.Pid ?? 0),
            _ => fd.Target.Id,
        };
        fd = fd with
        {
            Target = fd.Target with { Id = id },
            CloseOnExec = info!.CloseOnExec,
            Async = info.Async,
            EpollMembers = fd.Target.Kind == FdKind.Epoll ? info.EpollMembers : null,
        };
        return suspect ? WithDetails(directory, living, fd, info) : fd;
    }

    private FileDescriptor WithDetails(DirectoryHandle directory, int? living, FileDescriptor fd, FdinfoFile info)
    {
        bool unlisted = false;
        uint? device = fd.Target.Kind == FdKind.Path && info.MountId is { } mount ? mounts.Find(directory, living, mount, out unlisted) : null;
        return fd with
        {
            Target = unlisted && info.Inode is { } inode && LooksLikeQueue(fd.Target.Text) ? fd.Target with { Kind = FdKind.PosixQueue, Id = inode } : fd.Target,
            Inode = info.Inode,
            Device = device,
            Locks = info.Locks,
            TtyIndex = info.TtyIndex,
            DescriptorsInFlight = info.DescriptorsInFlight,
        };
    }

    /// <summary>
    /// mq_open(3) opens <c>/name</c> on a mount of the kernel's own, which no mountinfo lists. So does the kernel for memfd_create(2), System V memory and shared
    /// anonymous memory, by other names. A file at the root of a file system that was unmounted lazily (umount2(2), MNT_DETACH) cannot be told from a queue.
    /// </summary>
    private static bool LooksLikeQueue(string text) =>
        text.Length > 1 && text.IndexOf('/', 1) < 0
        && !text.StartsWith("/memfd:", StringComparison.Ordinal) && !text.StartsWith("/SYSV", StringComparison.Ordinal) && !text.StartsWith("/[", StringComparison.Ordinal);
}
