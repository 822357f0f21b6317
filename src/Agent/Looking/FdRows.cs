using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// An fd table from the rows of a kernel pass. An entry is what it was where its open file description is the same: then nothing is compared or read.
/// Only paths, and what has no name here, are read from /proc.
/// </summary>
internal sealed class FdRows(FdTableReader reader, ThreadReader threads, KnownLinks links)
{
    private readonly List<FileDescriptor> _fds = [];

    internal ImmutableArray<FileDescriptor> Read(
        ProcessDirectory directory, int? living, TrackedProcess process, ReadOnlySpan<FdRow> rows, ReadPlan plan, ImmutableArray<ThreadRecord> waits)
    {
        ImmutableArray<FileDescriptor> before = plan.Before?.Fds ?? [];
        ulong[] descriptions = process.Descriptions;
        // Of another look than the record: then nothing is known of them.
        bool known = plan.Before is not null && descriptions.Length == before.Length;
        bool nameObjects = threads.NamesObjects(waits);
        IReadOnlySet<int> epolls = threads.EpollsWaitedOn(waits);
        bool same = known && rows.Length == before.Length;
        int place = 0;
        _fds.Clear();
        foreach (ref readonly FdRow row in rows)
        {
            while (place < before.Length && before[place].Number < row.Number)
                place++;
            FileDescriptor? old = known && place < before.Length && before[place].Number == row.Number && descriptions[place] == row.Description ? before[place] : null;
            FileDescriptor fd = old is not null && !(plan.Check && old.Target.Kind == FdKind.Path || plan.Suspect && row.Kind == FdKind.Path) ? old : Make(directory, living, row, old);
            if (plan.Suspect)
                fd = Detailed(directory, living, fd, row);
            else if (nameObjects && row.Kind is FdKind.EventFd or FdKind.PidFd)
                fd = Named(fd, row);
            else if (nameObjects && row.Kind is FdKind.TimerFd or FdKind.SignalFd)
                fd = plan.Stood && ReferenceEquals(fd, old) && fd.CloseOnExec is not null ? fd : reader.WithInfo(directory.Handle, living, fd, suspect: false);
            else if (!epolls.Contains(row.Number))
                fd = FdTableReader.WithoutInfo(fd, isSame: plan.Stood && ReferenceEquals(fd, old));
            if (!plan.Suspect && (row.Bits & FdBits.Async) != 0)
                fd = Async(fd, old);
            same = same && ReferenceEquals(fd, before[_fds.Count]);
            _fds.Add(fd);
        }
        if (same)
            return before;
        process.Descriptions = new ulong[rows.Length];
        for (int i = 0; i < rows.Length; i++)
            process.Descriptions[i] = rows[i].Description;
        return [.. CollectionsMarshal.AsSpan(_fds)];
    }

    // Others than who has it may be sent the signals: it is told of everybody's.
    private static FileDescriptor Async(FileDescriptor fd, FileDescriptor? old)
    {
        FileDescriptor async = fd.Async ? fd : fd with { Async = true };
        return async == old ? old : async;
    }

    private FileDescriptor Make(ProcessDirectory directory, int? living, in FdRow row, FileDescriptor? old)
    {
        FdTarget target = row.Kind switch
        {
            FdKind.Pipe or FdKind.Socket => FdTarget.Numbered(row.Kind, row.Id),
            FdKind.EventFd => EventFd,
            FdKind.Epoll => Epoll,
            FdKind.TimerFd => TimerFd,
            FdKind.SignalFd => SignalFd,
            _ => TargetOf(directory, living, row, old?.Target),
        };
        return old is not null && ReferenceEquals(old.Target, target) && old.Access == row.Access ? old : new FileDescriptor(row.Number, row.Access, target);
    }

    private FdTarget TargetOf(ProcessDirectory directory, int? living, in FdRow row, FdTarget? old)
    {
        ulong file = row.Kind == FdKind.Path ? row.Id : 0;
        if (links.Find(file) is { } known)
            return old is not null && old.Text == known.Text ? old : known;
        FdTarget target = reader.ReadTarget(directory.Handle, living, row.Number, old);
        links.Tell(file, target);
        return target;
    }

    /// <summary>With what fdinfo says, or would: there is nothing in that of a pipe that the row does not tell. Epolls are for <see cref="FdTableReader.WantEpolls"/>.</summary>
    private FileDescriptor Detailed(ProcessDirectory directory, int? living, FileDescriptor fd, in FdRow row)
    {
        if (row.Kind == FdKind.Epoll)
            return fd;
        if (row.Kind != FdKind.Pipe || (row.Bits & FdBits.Locks) != 0)
            return reader.WithInfo(directory.Handle, living, fd, suspect: true);
        bool async = (row.Bits & FdBits.Async) != 0;
        bool nonBlocking = (row.Bits & FdBits.NonBlocking) != 0;
        return fd.Inode == row.Id && fd.CloseOnExec == row.CloseOnExec && fd.Async == async && fd.NonBlocking == nonBlocking && fd.Locks is { IsEmpty: true }
            ? fd
            : fd with { CloseOnExec = row.CloseOnExec, Async = async, NonBlocking = nonBlocking, Inode = row.Id, Locks = [] };
    }

    /// <summary>With what fdinfo would say of an eventfd or a pidfd.</summary>
    private static FileDescriptor Named(FileDescriptor fd, in FdRow row)
    {
        bool async = (row.Bits & FdBits.Async) != 0;
        if (fd.Target.Id == row.Id && fd.CloseOnExec == row.CloseOnExec && fd.Async == async)
            return fd;
        return fd with { Target = fd.Target.Id == row.Id ? fd.Target : fd.Target with { Id = row.Id }, CloseOnExec = row.CloseOnExec, Async = async };
    }

    private static readonly FdTarget
        EventFd = FdTarget.Parse("anon_inode:[eventfd]"),
        Epoll = FdTarget.Parse("anon_inode:[eventpoll]"),
        TimerFd = FdTarget.Parse("anon_inode:[timerfd]"),
        SignalFd = FdTarget.Parse("anon_inode:[signalfd]");

    /// <summary>What only the kernel program sees of a suspect's descriptor.</summary>
    internal static FileDescriptor Complete(FileDescriptor fd, in FdRow row) => fd with
    {
        Description = row.Description,
        Async = fd.Async || (row.Bits & FdBits.Async) != 0,
        GivenToKernel = row.Kind == FdKind.EventFd && row.Writers > 0 ? row.Writers > 1 : null,
        References = row.References == 0 ? null : row.References,
        Pipe = row.Capacity > 0 ? new PipeState(row.Fill, row.Slots, row.Capacity, row.Readers, row.Writers) : null,
    };
}
