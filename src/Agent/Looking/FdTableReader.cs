using System.Collections.Immutable;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Reads /proc/PID/fd: links and their mode bits, never what they point to. fdinfo only where it is asked for.</summary>
internal sealed class FdTableReader(ReadBuffer buffer)
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
                    fd = WithInfo(directory, living, fd);
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

    private FileDescriptor WithInfo(DirectoryHandle directory, int? living, FileDescriptor fd)
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
        return fd with
        {
            Target = fd.Target with { Id = id },
            CloseOnExec = info!.CloseOnExec,
            Async = info.Async,
            EpollMembers = fd.Target.Kind == FdKind.Epoll ? info.EpollMembers : null,
        };
    }
}
