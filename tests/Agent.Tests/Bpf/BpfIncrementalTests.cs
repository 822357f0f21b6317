using System.Diagnostics;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Bpf;

/// <summary>Which processes an incremental pass writes, and what happened between two passes.</summary>
public sealed class BpfIncrementalTests
{
    [Fact]
    public async Task Run_ProcessThatDidNotRun_IsListedAndNotWritten()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");
        sweep.FindStill(specimen.Pid);

        sweep.RunUntilLeftOut(specimen.Pid);
        sweep.RunIncremental();

        Assert.Null(sweep.Find(specimen.Pid));
        Assert.Contains((uint)specimen.Pid, sweep.Pids.ToArray());
        Assert.False(sweep.WasFull);
    }

    [Fact]
    public async Task Run_ProcessThatRan_IsWrittenWithItsNewTable()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");
        Swept before = sweep.FindStill(specimen.Pid);
        sweep.RunUntilLeftOut(specimen.Pid);

        specimen.Nudge();
        await specimen.NextByteAsync();
        sweep.RunIncremental();

        Swept after = sweep.Find(specimen.Pid)!;
        Assert.Equal(before.Fds.Length + 1, after.Fds.Length);
        Assert.NotEqual(before.Tasks[0].Timeslices, after.Tasks[0].Timeslices);
        Assert.Equal(TaskFlags.None, after.Tasks[0].Flags & TaskFlags.Unchanged);
    }

    [Fact]
    public async Task Run_FullAfterAnIncrementalOne_ShowsAllRowsAgain()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");
        Swept before = sweep.FindStill(specimen.Pid);
        sweep.RunUntilLeftOut(specimen.Pid);

        sweep.RunFull();

        Swept after = sweep.Find(specimen.Pid)!;
        Assert.Equal(before.Tasks.Select(task => task.Tid), after.Tasks.Select(task => task.Tid));
        // On a host that has grown the program was loaded anew, and calls paths by other names.
        Assert.Equal(before.Fds.Select(Numbered), after.Fds.Select(Numbered));

        static (int, ulong) Numbered(FdRow fd) => (fd.Number, fd.Kind == FdKind.Path ? 0 : fd.Id);
    }

    /// <summary>Its threads' rows alone would not say it of who came to rest while it was written.</summary>
    [Fact]
    public async Task Run_ProcessThatRanSinceThePassBefore_IsToldAsChangedAndNoOther()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "unshare");
        sweep.FindStill(specimen.Pid);
        sweep.RunUntilLeftOut(specimen.Pid);

        sweep.Want(new HashSet<int> { specimen.Pid });
        sweep.RunIncremental();
        Assert.Equal(ProcessFlags.None, sweep.Find(specimen.Pid)!.Process.Flags & ProcessFlags.Changed);

        specimen.Nudge();
        await specimen.NextByteAsync();
        sweep.RunIncremental();
        Assert.Equal(ProcessFlags.Changed, sweep.Find(specimen.Pid)!.Process.Flags & ProcessFlags.Changed);
    }

    [Fact]
    public async Task Run_OneThreadOfTwoRan_WritesBothAndTellsWhich()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "unshare");
        Swept before = sweep.FindStill(specimen.Pid);
        sweep.RunUntilLeftOut(specimen.Pid);

        specimen.Nudge();
        await specimen.NextByteAsync();
        sweep.RunIncremental();

        Swept after = sweep.Find(specimen.Pid)!;
        Assert.Equal(before.Tasks.Select(task => task.Tid), after.Tasks.Select(task => task.Tid));
        Assert.Equal([TaskFlags.None, TaskFlags.Unchanged], after.Tasks.Select(task => task.Flags & TaskFlags.Unchanged));
        Assert.Equal((before.Tasks[1].CallNumber, before.Tasks[1].StackHash), (after.Tasks[1].CallNumber, after.Tasks[1].StackHash));
    }

    [Fact]
    public async Task Run_ProcessThatWasStopped_IsWrittenAsStopped()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");
        sweep.FindStill(specimen.Pid);
        sweep.RunUntilLeftOut(specimen.Pid);

        Sweeping.Signal(specimen.Pid, Sweeping.Stop);

        Until(sweep, specimen.Pid, swept => swept.Tasks is [{ State: (byte)'T' }] && swept.Process.State == 'T');
        sweep.RunUntilLeftOut(specimen.Pid);
    }

    [Fact]
    public async Task Run_WantedProcess_IsWrittenAlways()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");
        sweep.FindStill(specimen.Pid);
        sweep.RunUntilLeftOut(specimen.Pid);

        sweep.Want(new HashSet<int> { specimen.Pid });
        sweep.RunIncremental();
        Swept? wanted = sweep.Find(specimen.Pid);
        sweep.Want(new HashSet<int>());
        sweep.RunIncremental();

        Assert.Equal((3, TaskFlags.InCall | TaskFlags.Unchanged), (wanted!.Fds.Length, wanted.Tasks[0].Flags));
        Assert.Null(sweep.Find(specimen.Pid));
    }

    [Fact]
    public async Task Run_Slices_WriteEachProcessOnceInARound()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");
        sweep.FindStill(specimen.Pid);
        sweep.RunUntilLeftOut(specimen.Pid);
        const int Slices = 4;
        List<int> written = [];

        for (int slice = 0; slice < Slices; slice++)
        {
            sweep.RunIncremental(slice, Slices);
            if (sweep.Find(specimen.Pid) is not null)
                written.Add(slice);
        }

        Assert.Equal([specimen.Pid % Slices], written);
    }

    [Fact]
    public async Task Run_OrphanThatDidNotRun_IsWrittenBecauseItsParentIsAnother()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "share");
        sweep.FindStill(specimen.Pid);
        int child = sweep.Processes.ToArray().Single(process => process.Ppid == specimen.Pid).Pid;
        Swept before = sweep.FindStill(child);
        sweep.RunUntilLeftOut(child);

        Sweeping.Signal(specimen.Pid, Sweeping.Kill);
        Swept orphan = Until(sweep, child, swept => swept.Process.Ppid != specimen.Pid);
        Sweeping.Signal(child, Sweeping.Kill);

        Assert.Equal(
            (before.Tasks[0].RunTimeNs, before.Tasks[0].Timeslices, before.Tasks[0].Switches, TaskFlags.InCall),
            (orphan.Tasks[0].RunTimeNs, orphan.Tasks[0].Timeslices, orphan.Tasks[0].Switches, orphan.Tasks[0].Flags & ~TaskFlags.Unchanged)); // of its stack, which the kernel does not always give
    }

    [Fact]
    public async Task Run_ShortLivedParent_IsKnownByName()
    {
        using BpfSweep sweep = Sweeping.Open();
        Assert.Null(sweep.WithoutBirths);
        sweep.RunFull();

        using Specimen specimen = await Specimen.StartOfAsync("still.c", "leave");
        sweep.RunIncremental();

        BirthRow[] births = sweep.Births.ToArray();
        BirthRow birth = births.Single(one => one.ParentComm.Text() == "short-lived");
        BirthRow parent = births.Single(one => one.Pid == birth.ParentPid);
        Assert.Equal(specimen.Pid, parent.ParentPid);
        Assert.True(parent.TimeNs < birth.TimeNs);
        Assert.Contains((uint)birth.Pid, sweep.Pids.ToArray());
        Assert.Equal(births.Select(one => one.Sequence).Order(), births.Select(one => one.Sequence));
        Sweeping.Signal(birth.Pid, Sweeping.Kill);
    }

    private static Swept Until(BpfSweep sweep, int pid, Func<Swept, bool> there)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            sweep.RunIncremental();
            if (sweep.Find(pid) is { } swept && there(swept))
                return swept;
            Assert.True(Stopwatch.GetElapsedTime(begin) < TimeSpan.FromSeconds(20), $"process {pid} did not come into the state that was asked for");
        }
    }
}
