using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Reads /proc/PID/fd: links and their mode bits, never what they point to. fdinfo only where it is asked for. What is as it was before is the same
/// object, so that a table that has not changed costs no memory.
/// </summary>
internal sealed class FdTableReader(ReadBuffer buffer, TextPool texts, MountDevices mounts, RiskyReads risky) : IDisposable
{
    /// <summary>Descriptors of one table that are read, the lowest numbers; a larger table is told as not wholly seen.</summary>
    private const int MaxDescriptors = 65_536;

    /// <summary>Bytes of an epoll's fdinfo: some 80 for each of <see cref="FdinfoFile.MaxMembers"/>, and one more.</summary>
    private const int MaxFdinfo = RiskyRead.MaxLength;

    private readonly DirectoryHandle _table = DirectoryHandle.Closed();
    private readonly List<int> _numbers = [];
    private readonly List<FileDescriptor> _fds = [];
    private bool _taken;

    /// <param name="Suspect">Reads fdinfo of every descriptor.</param>
    /// <param name="NameObjects">Reads fdinfo of eventfds and pidfds, to tell one from another, and of timerfds, which may be armed.</param>
    /// <param name="Epolls">Epolls whose members are read.</param>
    /// <param name="Stood">No thread has run since the table was read before: what fdinfo said then still holds.</param>
    /// <param name="LeftOut">Numbers that are no part of the table: what the looker itself keeps open to look. Null: none.</param>
    internal readonly record struct Wanted(bool Suspect, bool NameObjects, IReadOnlySet<int> Epolls, bool Stood, IReadOnlySet<int>? LeftOut = null);

    /// <param name="living">A living thread where the leader is dead, else null.</param>
    /// <param name="before">The table as it was read before; empty for none.</param>
    internal (ImmutableArray<FileDescriptor> Fds, Sight Sight) Read(DirectoryHandle directory, int? living, ImmutableArray<FileDescriptor> before, Wanted wanted)
    {
        Sight sight = _table.Reopen(directory, RelativePath.OfProcess(living, "fd"u8));
        if (sight != Sight.Seen)
            return ([], sight);
        sight = List(before, wanted.LeftOut);
        if (sight == Sight.Seen)
            sight = ReadAll(directory, living, before, wanted);
        if (sight == Sight.Gone)
        {
            // One of those that were taken for known is not there any more.
            _numbers.Clear();
            sight = ListAnew(wanted.LeftOut);
            if (sight == Sight.Seen)
                sight = ReadAll(directory, living, before, wanted);
        }
        if (sight is not (Sight.Seen or Sight.Denied or Sight.Failed))
            _fds.Clear();
        _table.Dispose();
        bool same = _fds.Count == before.Length;
        for (int i = 0; same && i < before.Length; i++)
            same = ReferenceEquals(_fds[i], before[i]);
        return (same ? before : [.. CollectionsMarshal.AsSpan(_fds)], sight);
    }

    public void Dispose() => _table.Dispose();

    /// <summary>
    /// To list is dear: the kernel makes an entry of its cache for each. As many as before are the same ones, if each of them is there: then the numbers
    /// are taken from before, and <see cref="ReadAll"/> finds whether they are.
    /// </summary>
    private Sight List(ImmutableArray<FileDescriptor> before, IReadOnlySet<int>? leftOut)
    {
        _numbers.Clear();
        _taken = before.Length > 0 && before.Length <= MaxDescriptors && _table.DescriptorCount() == before.Length + (leftOut?.Count ?? 0);
        if (!_taken)
            return ListAnew(leftOut);
        foreach (FileDescriptor fd in before)
            _numbers.Add(fd.Number);
        return Sight.Seen;
    }

    private Sight ListAnew(IReadOnlySet<int>? leftOut)
    {
        Sight sight = _table.ListNumbers(_numbers);
        if (leftOut is not null)
            _numbers.RemoveAll(leftOut.Contains);
        return sight;
    }

    private Sight ReadAll(DirectoryHandle directory, int? living, ImmutableArray<FileDescriptor> before, Wanted wanted)
    {
        Sight sight = Sight.Seen;
        if (_numbers.Count > MaxDescriptors)
        {
            _numbers.RemoveRange(MaxDescriptors, _numbers.Count - MaxDescriptors);
            sight = Sight.Failed;
        }
        _fds.Clear();
        int place = 0;
        foreach (int number in _numbers)
        {
            while (place < before.Length && before[place].Number < number)
                place++;
            FileDescriptor? known = place < before.Length && before[place].Number == number ? before[place] : null;
            (FileDescriptor? fd, Sight link) = ReadDescriptor(number, known, wanted);
            if (fd is null && _taken)
            {
                _taken = false;
                return Sight.Gone;
            }
            if (fd is null)
                continue; // closed meanwhile
            if (link != Sight.Seen)
                sight = link;
            bool asked = wanted.Suspect || wanted.Epolls.Contains(number) || wanted.NameObjects && fd.Target.Kind is FdKind.EventFd or FdKind.PidFd or FdKind.TimerFd or FdKind.SignalFd;
            // epoll_ctl(2) holds the set's mutex while it asks a file for its state, and a file of a dead FUSE server does not answer: see WantEpolls.
            // No other fdinfo waits for more than a spin lock or for the kernel's own work.
            if (asked && fd.Target.Kind == FdKind.Epoll)
                fd = ReferenceEquals(fd.Target, known?.Target) && fd.Access == known.Access ? known : fd;
            else if (asked && (wanted.Suspect || !(wanted.Stood && ReferenceEquals(fd, known) && known.CloseOnExec is not null)))
                fd = WithInfo(directory, living, fd, wanted.Suspect);
            else if (!asked)
                fd = WithoutInfo(fd, isSame: wanted.Stood && ReferenceEquals(fd, known));
            _fds.Add(fd);
        }
        return sight;
    }

    private (FileDescriptor? Fd, Sight Sight) ReadDescriptor(int number, FileDescriptor? known, Wanted wanted)
    {
        var name = new RelativePath(number);
        Sight link = _table.ReadLink(name, buffer, out ReadOnlySpan<byte> text);
        if (link == Sight.Gone)
            return (null, link);
        FdTarget target = link != Sight.Seen ? FdTarget.Unreadable
            : known is not null && IsSame(known.Target, text) ? known.Target
            : FdTarget.Parse(texts.Get(text));
        Sight sight = Sight.Seen;
        FdAccess access = FdAccess.ReadWrite;
        if (wanted.Stood && known is not null && ReferenceEquals(known.Target, target) && target.Kind == FdKind.Path)
            access = known.Access; // the same file still, and nobody was there to open it anew
        else if (!IsAlwaysReadWrite(target.Kind))
        {
            sight = _table.LinkAccess(name, out access);
            if (sight == Sight.Gone)
                return (null, sight);
        }
        if (known is null || !ReferenceEquals(known.Target, target) || known.Access != access)
            known = new FileDescriptor(number, access, target);
        return (known, link == Sight.Seen ? sight : link);
    }

    /// <summary>The target of one entry, by its link; <paramref name="known"/> itself where it is the same.</summary>
    internal FdTarget ReadTarget(DirectoryHandle directory, int? living, int number, FdTarget? known) =>
        directory.ReadLink(RelativePath.OfProcess(living, "fd"u8, number), buffer, out ReadOnlySpan<byte> text) != Sight.Seen ? FdTarget.Unreadable
        : known is not null && IsSame(known, text) ? known
        : FdTarget.Parse(texts.Get(text));

    /// <summary>The kernel opens these with O_RDWR, whoever asks: sock_alloc_file, do_eventfd, do_epoll_create, do_timerfd_create, do_signalfd4, pidfd_prepare.</summary>
    private static bool IsAlwaysReadWrite(FdKind kind) =>
        kind is FdKind.Socket or FdKind.EventFd or FdKind.Epoll or FdKind.TimerFd or FdKind.SignalFd or FdKind.PidFd;

    private static bool IsSame(FdTarget target, ReadOnlySpan<byte> text) => System.Text.Ascii.Equals(text, target.Text);

    /// <summary>Queues the fdinfo of epolls whose members matter; null: of none.</summary>
    /// <param name="moved">Sum of the run counters of its threads.</param>
    /// <param name="asleep">No thread of it is in state D.</param>
    internal List<(int Fd, ReadTicket Fdinfo)>? WantEpolls(ProcessRecord record, int? living, ulong moved, bool asleep, ReadPlan plan, IReadOnlySet<int> waitedOn)
    {
        if (!plan.Suspect && waitedOn.Count == 0)
            return null;
        List<(int, ReadTicket)>? wanted = null;
        for (int i = 0; i < record.Fds.Length; i++)
        {
            FileDescriptor fd = record.Fds[i];
            if (fd.Target.Kind == FdKind.Epoll && (plan.Suspect || waitedOn.Contains(fd.Number) && !(plan.Stood && fd.CloseOnExec is not null)))
                (wanted ??= []).Add((i, risky.Queue(record.Key, moved, new RiskyRead(RiskyReadKind.Fdinfo, record.Pid, living ?? 0, MaxFdinfo, (ulong)fd.Number), asleep)));
        }
        return wanted;
    }

    /// <summary>The record with the members of its epolls; of one whose read did not come back nothing is claimed.</summary>
    internal ProcessRecord WithEpolls(ProcessRecord record, List<(int Fd, ReadTicket Fdinfo)> wanted)
    {
        FileDescriptor[]? changed = null;
        foreach ((int place, ReadTicket read) in wanted)
        {
            FileDescriptor fd = record.Fds[place];
            FileDescriptor now = risky.Take(read, out ReadOnlySpan<byte> text) == Sight.Seen && FdinfoFile.TryParse(text, out FdinfoFile? info) ? WithInfo(fd, info!) : WithoutInfo(fd, isSame: false);
            if (!ReferenceEquals(fd, now))
                (changed ??= [.. record.Fds])[place] = now;
        }
        return changed is null ? record : record with { Fds = [.. changed] };
    }

    /// <summary>Queues how many names those files of a suspect have of which one name is gone; null: of none.</summary>
    internal List<(int Fd, ReadTicket Links)>? WantLinks(ProcessRecord record, int? living, ulong moved, bool asleep)
    {
        List<(int, ReadTicket)>? wanted = null;
        for (int i = 0; i < record.Fds.Length; i++)
        {
            FileDescriptor fd = record.Fds[i];
            if (fd.Target.IsDeleted)
                (wanted ??= []).Add((i, risky.Queue(record.Key, moved, new RiskyRead(RiskyReadKind.Links, record.Pid, living ?? 0, sizeof(uint), (ulong)fd.Number), asleep)));
        }
        return wanted;
    }

    internal ProcessRecord WithLinks(ProcessRecord record, List<(int Fd, ReadTicket Links)> wanted)
    {
        FileDescriptor[] changed = [.. record.Fds];
        foreach ((int place, ReadTicket read) in wanted)
            changed[place] = changed[place] with { Links = LinksOf(risky, read) };
        return record with { Fds = [.. changed] };
    }

    /// <summary>The answer to <see cref="RiskyReadKind.Links"/>; null: not readable.</summary>
    internal static uint? LinksOf(RiskyReads risky, ReadTicket read) =>
        risky.Take(read, out ReadOnlySpan<byte> names) == Sight.Seen && names.Length == sizeof(uint) ? BitConverter.ToUInt32(names) : null;

    internal FileDescriptor WithInfo(DirectoryHandle directory, int? living, FileDescriptor fd, bool suspect)
    {
        if (directory.Read(RelativePath.OfProcess(living, "fdinfo"u8, fd.Number), buffer, out ReadOnlySpan<byte> text) != Sight.Seen
            || !FdinfoFile.TryParse(text, out FdinfoFile? info))
            return fd;
        return suspect ? WithDetails(directory, living, WithInfo(fd, info!), info!) : WithInfo(fd, info!);
    }

    private static FileDescriptor WithInfo(FileDescriptor fd, FdinfoFile info)
    {
        ulong id = fd.Target.Kind switch
        {
            FdKind.EventFd => info.EventFdId ?? 0,
            FdKind.PidFd => (ulong)Math.Max(0, info.Pid ?? 0),
            _ => fd.Target.Id,
        };
        ImmutableArray<EpollMember>? members = MembersOf(fd, info);
        if (fd.Target.Id == id && fd.CloseOnExec == info.CloseOnExec && fd.Async == info.Async && fd.TimerArmed == info.TimerArmed && fd.Signals == info.Signals && IsSame(fd.EpollMembers, members))
            return fd;
        return fd with { Target = fd.Target.Id == id ? fd.Target : fd.Target with { Id = id }, CloseOnExec = info.CloseOnExec, Async = info.Async, EpollMembers = members, TimerArmed = info.TimerArmed, Signals = info.Signals };
    }

    private static ImmutableArray<EpollMember>? MembersOf(FileDescriptor fd, FdinfoFile info) => fd.Target.Kind == FdKind.Epoll ? info.EpollMembers : null;

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
            NonBlocking = fd.Target.Kind is FdKind.Pipe or FdKind.Socket || fd.Target.IsDeleted ? info.NonBlocking : null,
        };
    }

    /// <summary>
    /// mq_open(3) opens <c>/name</c> on a mount of the kernel's own, which no mountinfo lists. So does the kernel for memfd_create(2), System V memory and shared
    /// anonymous memory, by other names. A file at the root of a file system that was unmounted lazily (umount2(2), MNT_DETACH) cannot be told from a queue.
    /// </summary>
    private static bool LooksLikeQueue(string text) =>
        text.Length > 1 && text.IndexOf('/', 1) < 0
        && !text.StartsWith("/memfd:", StringComparison.Ordinal) && !text.StartsWith("/SYSV", StringComparison.Ordinal) && !text.StartsWith("/[", StringComparison.Ordinal);

    /// <summary>What was asked once and is not any more must not grow old.</summary>
    /// <param name="fd">The descriptor.</param>
    /// <param name="isSame">It is the same file for certain: then which eventfd it is stays known, for that never changes.</param>
    internal static FileDescriptor WithoutInfo(FileDescriptor fd, bool isSame)
    {
        bool forgets = fd.Target is { Kind: FdKind.EventFd, Id: not 0 } && !isSame || fd.Target is { Kind: FdKind.PidFd, Id: not 0 };
        if (!forgets && fd is { CloseOnExec: null, Async: false, EpollMembers: null, Links: null })
            return fd;
        return new FileDescriptor(fd.Number, fd.Access, fd.Target.Kind switch
        {
            FdKind.EventFd or FdKind.PidFd when forgets => fd.Target with { Id = 0 },
            FdKind.PosixQueue => fd.Target with { Kind = FdKind.Path, Id = 0 },
            _ => fd.Target,
        });
    }

    private static bool IsSame(ImmutableArray<EpollMember>? a, ImmutableArray<EpollMember>? b) =>
        a.HasValue == b.HasValue && (a is not { } left || left.AsSpan().SequenceEqual(b!.Value.AsSpan()));
}
