using System.Collections.Immutable;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <param name="Fds">Open descriptors, ascending.</param>
/// <param name="Epolls">Indexes of those whose fdinfo is queued.</param>
internal sealed record FdTable(ImmutableArray<FileDescriptor> Fds, Sight Sight, List<(int Index, ReadTicket Fdinfo)>? Epolls = null);

/// <summary>Reads /proc/PID/fd: links and their mode bits, never what they point to. fdinfo only where it is asked for.</summary>
internal sealed class FdTableReader(ReadBuffer buffer, RiskyReads risky)
{
    /// <summary>Descriptors of one table that are read, the lowest numbers; a larger table is told as not wholly seen.</summary>
    private const int MaxDescriptors = 65_536;

    /// <summary>Bytes of an epoll's fdinfo: some 80 for each of <see cref="FdinfoFile.MaxMembers"/>, and one more.</summary>
    private const int MaxFdinfo = RiskyRead.MaxLength;

    private readonly List<int> _numbers = [];

    /// <param name="living">A living thread where the leader is dead, else null.</param>
    /// <param name="suspect">Reads fdinfo of every descriptor.</param>
    /// <param name="nameObjects">Reads fdinfo of eventfds and pidfds, to tell one from another.</param>
    /// <param name="epolls">Epolls whose members are read.</param>
    /// <param name="moved">Sum of the run counters of its threads.</param>
    /// <param name="asleep">No thread of it is in state D.</param>
    internal FdTable Read(
        DirectoryHandle directory, ProcessKey target, int? living, bool suspect, bool nameObjects, IReadOnlySet<int> epolls, ulong moved, bool asleep)
    {
        Sight sight = directory.OpenDirectory(RelativePath.OfProcess(living, "fd"u8), out DirectoryHandle? table);
        if (table is null)
            return new FdTable([], sight);
        using (table)
        {
            _numbers.Clear();
            sight = table.ListNumbers(_numbers);
            if (sight != Sight.Seen)
                return new FdTable([], sight);
            if (_numbers.Count > MaxDescriptors)
            {
                _numbers.RemoveRange(MaxDescriptors, _numbers.Count - MaxDescriptors);
                sight = Sight.Failed;
            }
            List<(int, ReadTicket)>? waiting = null;
            ImmutableArray<FileDescriptor>.Builder fds = ImmutableArray.CreateBuilder<FileDescriptor>(_numbers.Count);
            foreach (int number in _numbers)
            {
                (FileDescriptor? fd, Sight link) = ReadDescriptor(table, number);
                if (fd is null)
                    continue; // closed meanwhile
                if (link != Sight.Seen)
                    sight = link;
                // epoll_ctl(2) holds the set's mutex while it asks a file for its state, and a file of a dead FUSE server does not answer.
                // No other fdinfo waits for more than a spin lock or for the kernel's own work.
                if (fd.Target.Kind == FdKind.Epoll)
                {
                    if (suspect || epolls.Contains(number))
                        (waiting ??= []).Add((fds.Count, risky.Queue(target, moved, new RiskyRead(RiskyReadKind.Fdinfo, target.Pid, living ?? 0, MaxFdinfo, (ulong)number), asleep)));
                }
                else if (suspect || nameObjects && fd.Target.Kind is FdKind.EventFd or FdKind.PidFd)
                    fd = WithInfo(directory, living, fd);
                fds.Add(fd);
            }
            return new FdTable(fds.ToImmutable(), sight, waiting);
        }
    }

    /// <summary>The table with the members of its epolls, after <see cref="RiskyReads.Run"/>.</summary>
    internal ImmutableArray<FileDescriptor> Finish(FdTable table)
    {
        if (table.Epolls is not { } epolls)
            return table.Fds;
        FileDescriptor[] fds = [.. table.Fds];
        foreach ((int index, ReadTicket read) in epolls)
        {
            if (risky.Take(read, out ReadOnlySpan<byte> text) == Sight.Seen && FdinfoFile.TryParse(text, out FdinfoFile? info))
                fds[index] = WithInfo(fds[index], info!);
        }
        return [.. fds];
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

    private FileDescriptor WithInfo(DirectoryHandle directory, int? living, FileDescriptor fd) =>
        directory.Read(RelativePath.OfProcess(living, "fdinfo"u8, fd.Number), buffer, out ReadOnlySpan<byte> text) == Sight.Seen
        && FdinfoFile.TryParse(text, out FdinfoFile? info)
            ? WithInfo(fd, info!)
            : fd;

    private static FileDescriptor WithInfo(FileDescriptor fd, FdinfoFile info) => fd with
    {
        Target = fd.Target with
        {
            Id = fd.Target.Kind switch
            {
                FdKind.EventFd => info.EventFdId ?? 0,
                FdKind.PidFd => (ulong)Math.Max(0, info.Pid ?? 0),
                _ => fd.Target.Id,
            },
        },
        CloseOnExec = info.CloseOnExec,
        Async = info.Async,
        EpollMembers = fd.Target.Kind == FdKind.Epoll ? info.EpollMembers : null,
    };
}
