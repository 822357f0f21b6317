using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Bpf;

/// <summary>fd tables as a pass writes them, against the links and fdinfo of /proc.</summary>
public sealed class BpfFdTests
{
    [Fact]
    public async Task Run_OneFdOfEachKind_IsWhatLinksAndFdinfoSay()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "fds");
        var buffer = new ReadBuffer();
        using DirectoryHandle directory = DirectoryHandle.Open($"/proc/{specimen.Pid}");
        Assert.Equal(Sight.Seen, directory.OpenDirectory("fd"u8, out DirectoryHandle? table));
        using DirectoryHandle links = table!;

        Swept swept = sweep.FindStill(specimen.Pid);

        List<int> numbers = [];
        Assert.Equal(Sight.Seen, links.ListNumbers(numbers));
        Assert.Equal(numbers, swept.Fds.Select(fd => fd.Number));
        Assert.Equal(18, numbers.Count);
        var names = new Dictionary<string, ulong>();
        foreach (FdRow fd in swept.Fds)
        {
            Assert.Equal(Sight.Seen, links.ReadLink(new RelativePath(fd.Number), buffer, out ReadOnlySpan<byte> link));
            FdTarget target = FdTarget.Parse(link.Text());
            Assert.Equal((fd.Number, target.Kind), (fd.Number, fd.Kind));
            Assert.Equal(Sight.Seen, links.LinkAccess(new RelativePath(fd.Number), out FdAccess access));
            Assert.Equal((fd.Number, access), (fd.Number, fd.Access));
            Assert.Equal(Sight.Seen, directory.Read(new RelativePath("fdinfo"u8, fd.Number), buffer, out ReadOnlySpan<byte> text));
            Assert.True(FdinfoFile.TryParse(text, out FdinfoFile? info));
            Assert.Equal((fd.Number, info!.CloseOnExec, info.Async, info.NonBlocking), (fd.Number, fd.CloseOnExec, (fd.Bits & FdBits.Async) != 0, (fd.Bits & FdBits.NonBlocking) != 0));
            ulong id = fd.Kind switch { FdKind.EventFd => info.EventFdId ?? 0, FdKind.PidFd => (ulong)(info.Pid ?? 0), FdKind.Path => fd.Id, _ => target.Id };
            Assert.Equal((fd.Number, id), (fd.Number, fd.Id));
            names.TryAdd(target.Text, fd.Id);
            if (fd.Kind == FdKind.Path)
                Assert.Equal((fd.Number, names[target.Text]), (fd.Number, fd.Id));
        }
        ulong[] paths = [.. swept.Fds.Where(fd => fd.Kind == FdKind.Path).Select(fd => fd.Id).Distinct()];
        Assert.DoesNotContain(0UL, paths);
        Assert.Equal(names.Count(name => name.Key.StartsWith('/')), paths.Length);
        Assert.Equal(new[] { FdKind.EventFd, FdKind.Epoll, FdKind.SignalFd, FdKind.TimerFd, FdKind.Inotify, FdKind.PidFd, FdKind.Socket, FdKind.Socket, FdKind.Path }, swept.Fds[9..].Select(fd => fd.Kind));
        Assert.Equal((FdAccess.None, true), (swept.Fd(17).Access, swept.Fd(7).CloseOnExec));
        Assert.Equal(5U, swept.Fd(9).Fill);
    }

    [Fact]
    public async Task Run_DuplicatesAndOpens_AreTheSameDescriptionAndAnother()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "fds");

        Swept swept = sweep.FindStill(specimen.Pid);

        Assert.Equal(swept.Fd(3).Description, swept.Fd(5).Description);
        Assert.Equal(swept.Fd(7).Description, swept.Fd(8).Description);
        Assert.NotEqual(swept.Fd(6).Description, swept.Fd(7).Description);
        Assert.NotEqual(swept.Fd(3).Description, swept.Fd(4).Description);
        // The far end of its stdin is this process's own.
        sweep.RunFull();
        Assert.Contains(sweep.Find(Environment.ProcessId)!.Fds, fd => fd.Id == swept.Fd(0).Id && fd.Access == FdAccess.Write);
    }

    [Fact]
    public async Task Run_PipeWithThreeBytes_ShowsFillAndEnds()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "fds");

        Swept swept = sweep.FindStill(specimen.Pid);

        foreach (int end in new[] { 3, 4, 5 })
            Assert.Equal((3U, 1U, 16U, 1U, 1U), (swept.Fd(end).Fill, swept.Fd(end).Slots, swept.Fd(end).Capacity, swept.Fd(end).Readers, swept.Fd(end).Writers));
        Assert.Equal((0U, 0U), (swept.Fd(0).Fill, swept.Fd(0).Slots));
    }

    [Fact]
    public async Task Run_TwentyThousandFds_AreAllThereAscending()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "many", "20000");

        Swept swept = sweep.FindStill(specimen.Pid);

        Assert.Equal(Enumerable.Range(0, 20_000), swept.Fds.Select(fd => fd.Number));
        Assert.Single(swept.Fds.Where(fd => fd.Number is 0 or > 2).Select(fd => fd.Description).Distinct());
    }

    [Fact]
    public async Task Run_MoreFdsThanRoom_MakesRoomAndLosesNone()
    {
        using BpfSweep sweep = Sweeping.Open(new SweepRooms(16, 4, 4, 64));
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "many", "15000");

        Swept swept = sweep.FindStill(specimen.Pid);

        Assert.Equal((15_000, 0L), (swept.Fds.Length, sweep.RowsLost));
        Assert.True(sweep.WasFull);
    }

    [Fact]
    public async Task Run_SharedTable_IsOneForBoth()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "share");

        Swept parent = sweep.FindStill(specimen.Pid);

        Swept child = sweep.Find(sweep.Processes.ToArray().Single(process => process.Ppid == specimen.Pid).Pid)!;
        Assert.Equal(parent.Process.TableId, child.Process.TableId);
        Assert.NotEqual(parent.Process.MemoryId, child.Process.MemoryId);
        Assert.Equal(ProcessFlags.TableShared, parent.Flags);
        Assert.Equal(parent.Fds.Select(fd => fd.Description), child.Fds.Select(fd => fd.Description));
    }

    [Fact]
    public async Task Run_ThreadWithATableOfItsOwn_IsTold()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "unshare");

        Swept swept = sweep.FindStill(specimen.Pid);

        Assert.Equal(ProcessFlags.OtherTables, swept.Flags);
        Assert.Equal([TaskFlags.None, TaskFlags.OwnTable], swept.Tasks.Select(task => task.Flags & TaskFlags.OwnTable));
    }
}
