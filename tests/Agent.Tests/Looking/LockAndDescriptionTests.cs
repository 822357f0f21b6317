using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>What identifies an open file, who shares it, and who has locked it.</summary>
public sealed class LockAndDescriptionTests : IDisposable
{
    private readonly HostLooker _looker = new(TimeProvider.System, CommandLineRedaction.WithRandomKey());

    private readonly TemporaryDirectory _directory = new();

    public void Dispose()
    {
        _looker.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Look_LocksWithWaiters_ShowsHoldersAndWaiters()
    {
        using Specimen specimen = await Specimen.StartAsync("locks", PathOf("whole"), PathOf("part"));

        Snapshot look = specimen.LookUntil(_looker, look => look.FileLocks!.Value.Count(item => item.Waits && specimen.ChildrenIn(look).Any(child => child.Pid == item.Pid)) == 2);

        FileDescriptor whole = specimen.In(look).FindFd(5)!, part = specimen.In(look).FindFd(6)!;
        FileLock held = Assert.Single(whole.Locks!.Value);
        Assert.Equal((LockKind.Flock, LockAccess.Write, specimen.Pid, whole.Device, whole.Inode), (held.Kind, held.Access, held.Pid, held.Device, held.Inode));
        FileLock range = Assert.Single(part.Locks!.Value);
        Assert.Equal((LockKind.Posix, 5L, 14L), (range.Kind, range.Start, range.End));
        foreach (FileLock holder in (FileLock[])[held, range])
        {
            FileLock listed = look.FileLocks!.Value.Single(item => !item.Waits && item.Inode == holder.Inode && item.Device == holder.Device);
            FileLock waiter = look.FileLocks.Value.Single(item => item.Waits && item.Group == listed.Group);
            Assert.Equal(holder with { Group = listed.Group }, listed);
            Assert.Equal((holder.Inode, long.MaxValue), (waiter.Inode, waiter.End));
            Assert.Contains(specimen.ChildrenIn(look), child => child.Pid == waiter.Pid);
        }
    }

    [Fact]
    public async Task Look_DuplicatesAndIndependentOpens_AreToldApart()
    {
        using Specimen specimen = await Specimen.StartAsync("duplicates", PathOf("file"));
        int child = specimen.ChildrenIn(_looker.Look(new HashSet<int>())).Single().Pid;

        Snapshot look = _looker.Look(new HashSet<int> { specimen.Pid, child });

        ProcessRecord one = specimen.In(look), other = look.Processes.Single(p => p.Pid == child);
        Assert.Equal(one.FindFd(5)!.Inode, one.FindFd(7)!.Inode);
        Assert.NotNull(one.FindFd(5)!.Description);
        Assert.Equal(one.FindFd(5)!.Description, one.FindFd(6)!.Description);
        Assert.NotEqual(one.FindFd(5)!.Description, one.FindFd(7)!.Description);
        Assert.Equal(one.FindFd(3)!.Description, one.FindFd(8)!.Description);
        Assert.NotEqual(one.FindFd(3)!.Description, one.FindFd(4)!.Description);
        Assert.Equal(one.Fds.Where(fd => fd.Number >= 3).Select(fd => fd.Description), other.Fds.Where(fd => fd.Number >= 3).Select(fd => fd.Description));
        Assert.Empty(one.SharesFilesWith!.Value);
    }

    [Fact]
    public async Task Look_ProcessesWithOneTable_NameEachOther()
    {
        using Specimen specimen = await Specimen.StartAsync("shared-table");

        Snapshot look = _looker.Look(new HashSet<int> { specimen.Pid });

        ProcessRecord child = specimen.ChildrenIn(look).Single();
        Assert.Equal([child.Pid], specimen.In(look).SharesFilesWith!.Value);
        Assert.Empty(specimen.In(look).SharesMemoryWith);
        Assert.Null(child.SharesFilesWith);
    }

    [Fact]
    public async Task Look_NamedFifo_IsKnownByDeviceAndInode()
    {
        using Specimen first = await Specimen.StartAsync("fifo", PathOf("fifo")), second = await Specimen.StartAsync("fifo", PathOf("fifo")), third = await Specimen.StartAsync("fifo", PathOf("other"));

        Snapshot look = _looker.Look(new HashSet<int> { first.Pid, second.Pid, third.Pid });

        FileDescriptor fifo = first.In(look).FindFd(5)!, same = second.In(look).FindFd(5)!, other = third.In(look).FindFd(5)!;
        Assert.Equal((FdKind.Path, PathOf("fifo")), (fifo.Target.Kind, fifo.Target.Text));
        Assert.True(fifo is { Inode: > 0, Device: not null });
        Assert.Equal((fifo.Device, fifo.Inode), (same.Device, same.Inode));
        Assert.NotEqual(fifo.Inode, other.Inode);
        Assert.NotEqual(fifo.Description, same.Description);
    }

    [Fact]
    public async Task Look_MasterOfAPseudoTerminal_NamesItsOtherSide()
    {
        using Specimen specimen = await Specimen.StartAsync("pty");

        ProcessRecord process = specimen.In(_looker.Look(new HashSet<int> { specimen.Pid }));

        Assert.StartsWith("/dev/", process.FindFd(5)!.Target.Text, StringComparison.Ordinal);
        Assert.Equal($"/dev/pts/{process.FindFd(5)!.TtyIndex}", process.FindFd(6)!.Target.Text);
        Assert.Null(process.FindFd(6)!.TtyIndex);
    }

    [Fact]
    public async Task Look_MessageQueue_IsNoPath()
    {
        using Specimen specimen = await Specimen.StartAsync("queue");

        Snapshot look = _looker.Look(new HashSet<int> { specimen.Pid });

        FileDescriptor queue = specimen.In(look).FindFd(5)!;
        Assert.Equal((FdKind.PosixQueue, $"/specimen-{specimen.Pid} (deleted)"), (queue.Target.Kind, queue.Target.Text));
        Assert.Equal(queue.Inode, queue.Target.Id);
        Assert.DoesNotContain(look.Processes.SelectMany(p => p.Fds), fd => fd.Target.Kind == FdKind.PosixQueue && fd.Target.Id != queue.Target.Id);
    }

    [Fact]
    public async Task Look_NotASuspect_ReadsNoDetails()
    {
        using Specimen specimen = await Specimen.StartAsync("locks", PathOf("whole"), PathOf("part"));

        ProcessRecord process = specimen.In(_looker.Look(new HashSet<int>(), tables: true));

        Assert.All(process.Fds, fd => Assert.Equal((null, null, null, null), (fd.Inode, fd.Device, fd.Locks, fd.Description)));
        Assert.Equal((null, null), (process.SharesFilesWith, process.Frozen));
    }

    private string PathOf(string name) => Path.Combine(_directory.Path, name);
}
