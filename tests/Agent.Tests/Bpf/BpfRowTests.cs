using System.Globalization;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Bpf;

/// <summary>What a pass says of still processes, against what /proc says of the same.</summary>
public sealed class BpfRowTests
{
    private const ulong NsPerTick = 10_000_000;

    [Fact]
    public async Task Run_StillProcess_IsTheOneThatStatShows()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");

        Swept swept = sweep.FindStill(specimen.Pid);

        StatFile stat = Sweeping.Stat($"{specimen.Pid}");
        Assert.Equal(100, Machine.ClockTicksPerSecond);
        Assert.Equal(stat.StartTimeTicks, swept.Process.StartBoottimeNs / NsPerTick);
        Assert.Equal((stat.Ppid, stat.Pgrp, stat.Session, stat.TtyNr), (swept.Process.Ppid, swept.Process.Pgrp, swept.Process.Session, swept.Process.TtyNr));
        Assert.Equal((System.Text.Encoding.UTF8.GetString(stat.Comm), stat.State, stat.NumThreads), (swept.Process.Comm.Text(), (char)swept.Process.State, swept.Process.ThreadCount));
        Assert.InRange(swept.Process.CpuNs / NsPerTick, stat.CpuTicks, stat.CpuTicks + 1);
        Assert.Equal(stat.Flags, swept.Tasks[0].KernelFlags);
        Assert.Equal((specimen.Pid, 0), (swept.Process.NsPid, swept.Process.TracerPid));
        Assert.Equal(Sweeping.Status(specimen.Pid, "Uid").Split('\t')[0], swept.Process.Uid.ToString(CultureInfo.InvariantCulture));
        Assert.Equal(ProcessFlags.None, swept.Flags);
        foreach ((string name, uint inode) in new[] { ("pid", swept.Process.PidNamespace), ("net", swept.Process.NetNamespace), ("ipc", swept.Process.IpcNamespace), ("mnt", swept.Process.MountNamespace) })
            Assert.Equal(File.ResolveLinkTarget($"/proc/{specimen.Pid}/ns/{name}", returnFinalTarget: false)!.Name, $"{name}:[{inode}]");
    }

    [Fact]
    public async Task Run_StillThreads_ShowCountersCallAndNameAsProcDoes()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartAsync("threads");

        Swept swept = sweep.FindStill(specimen.Pid);

        Assert.Equal(2, swept.Tasks.Length);
        Assert.Equal(["specimen", "second"], swept.Tasks.Select(task => task.Comm.Text()));
        foreach (TaskRow task in swept.Tasks)
        {
            string path = $"/proc/{specimen.Pid}/task/{task.Tid}";
            Assert.Equal(SchedstatFile.Parse(File.ReadAllBytes($"{path}/schedstat")), new RunCounters(task.RunTimeNs, task.Timeslices));
            BlockedCall call = SyscallFile.Parse(File.ReadAllBytes($"{path}/syscall"));
            CallArguments arguments = task.Arguments;
            Assert.Equal(call.Number, task.CallNumber);
            Assert.Equal(call.Arguments.ToArray(), ((ReadOnlySpan<ulong>)arguments).ToArray());
            Assert.Equal(TaskFlags.InCall, task.Flags & ~TaskFlags.Unchanged);
            Assert.Equal(Sweeping.Stat($"{specimen.Pid}/task/{task.Tid}").State, (char)task.State);
            Assert.Equal(Sweeping.Stat($"{specimen.Pid}/task/{task.Tid}").StartTimeTicks, task.StartBoottimeNs / NsPerTick);
            ulong[] switches = [.. File.ReadLines($"{path}/status").Where(line => line.Contains("ctxt_switches", StringComparison.Ordinal)).Select(line => ulong.Parse(line.Split(':')[1], CultureInfo.InvariantCulture))];
            Assert.Equal(switches[0] + switches[1], task.Switches);
        }
    }

    [Fact]
    public async Task Run_ThreadsInTheSamePlace_ShareAStackHashAndOthersDoNot()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen one = await Specimen.StartAsync("read"), other = await Specimen.StartAsync("read"), poll = await Specimen.StartAsync("poll");

        ulong first = sweep.FindStill(one.Pid).Tasks[0].StackHash;

        Assert.NotEqual(0UL, first);
        Assert.Equal(first, sweep.FindStill(other.Pid).Tasks[0].StackHash);
        Assert.NotEqual(first, sweep.FindStill(poll.Pid).Tasks[0].StackHash);
        // The second time it is remembered and not walked again.
        Swept again = sweep.FindStill(one.Pid);
        Assert.Equal((first, TaskFlags.Unchanged), (again.Tasks[0].StackHash, again.Tasks[0].Flags & TaskFlags.Unchanged));
    }

    [Fact]
    public async Task WaitChannel_OfAStack_IsReadOnceAndKept()
    {
        using BpfSweep sweep = Sweeping.Open();
        var channels = new WaitChannels(new ReadBuffer());
        using Specimen one = await Specimen.StartAsync("read"), other = await Specimen.StartAsync("read");
        (string? name, TaskRow same) = (null, default);
        // What has run between the pass and the reading is told and not kept.
        Sweeping.Until("neither stood still while its wait channel was read", () =>
        {
            TaskRow task = sweep.FindStill(one.Pid).Tasks[0];
            same = sweep.FindStill(other.Pid).Tasks[0];
            name = NameOf(channels, task);
            return channels.Find(task) is not null && task.StackHash == same.StackHash;
        });
        other.End();

        Assert.Equal(File.ReadAllText($"/proc/{one.Pid}/wchan"), name);
        Assert.Contains("pipe_read", name!, StringComparison.Ordinal);
        Assert.Equal(name, NameOf(channels, same));
    }

    [Fact]
    public async Task WaitChannel_OfAThreadThatRanMeanwhile_IsNotTold()
    {
        using BpfSweep sweep = Sweeping.Open();
        var channels = new WaitChannels(new ReadBuffer());
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "wait");
        TaskRow task = sweep.FindStill(specimen.Pid).Tasks[0];

        specimen.Nudge();
        await specimen.NextByteAsync();

        Assert.Null(NameOf(channels, task));
    }

    [Fact]
    public async Task Run_Signals_ShowsMasksOfThreadAndProcess()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "signals");

        Swept swept = sweep.FindStill(specimen.Pid);

        const ulong User1 = 1 << 9, User2 = 1 << 11;
        Assert.Equal((User1, User2, User1 | User2), (swept.Tasks[0].SignalsPending, swept.Process.SignalsPending, swept.Tasks[0].SignalsBlocked));
        Assert.Equal(Sweeping.Mask(specimen.Pid, "SigPnd"), swept.Tasks[0].SignalsPending);
        Assert.Equal(Sweeping.Mask(specimen.Pid, "SigBlk"), swept.Tasks[0].SignalsBlocked);
        Assert.Equal(Sweeping.Mask(specimen.Pid, "ShdPnd"), swept.Process.SignalsPending);
        Assert.Equal(Sweeping.Mask(specimen.Pid, "SigIgn"), swept.Process.SignalsIgnored);
        Assert.Equal(Sweeping.Mask(specimen.Pid, "SigCgt"), swept.Process.SignalsCaught);
    }

    [Fact]
    public async Task Run_PendingAlarmAndTimer_AreSeen()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "alarm");

        Assert.Equal(ProcessFlags.Alarm | ProcessFlags.PosixTimers, sweep.FindStill(specimen.Pid).Flags);
    }

    [Fact]
    public async Task Run_TimersThatAreNotSet_AreNoneThatMayFire()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "unset-timers");

        Assert.Equal(ProcessFlags.None, sweep.FindStill(specimen.Pid).Flags);
    }

    [Fact]
    public async Task Run_DescriptorThatNobodyHasReceived_IsSeenOfItsUser()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartOfAsync("still.c", "in-flight");

        Assert.True((sweep.FindStill(specimen.Pid).Process.Flags & ProcessFlags.DescriptorsInFlight) != 0);
    }

    [Fact]
    public async Task Run_LeaderThatHasExited_ShowsTheTableOfTheOthers()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartAsync("leader-exits");

        Swept swept = sweep.FindStill(specimen.Pid);
        while (swept.Process.State != 'Z')
            swept = sweep.FindStill(specimen.Pid);

        Assert.Equal(ProcessFlags.LeaderExited, swept.Flags & ~ProcessFlags.Alarm);
        Assert.Equal(2, swept.Tasks.Length);
        Assert.Equal(FdKind.Pipe, swept.Fd(3).Kind);
        Assert.Equal(SyscallFile.Parse(File.ReadAllBytes($"/proc/{specimen.Pid}/task/{swept.Tasks[1].Tid}/syscall")).Number, swept.Tasks[1].CallNumber);
    }

    [Fact]
    public async Task Run_Zombie_IsOneAndHasNoTable()
    {
        using BpfSweep sweep = Sweeping.Open();
        using Specimen specimen = await Specimen.StartAsync("zombie");

        sweep.RunFull();

        int pid = sweep.Processes.ToArray().Single(process => process.Ppid == specimen.Pid).Pid;
        Swept zombie = sweep.Find(pid)!;
        Assert.Equal((ProcessFlags.Zombie | ProcessFlags.NoTable, (byte)'Z', 0), (zombie.Flags, zombie.Process.State, zombie.Fds.Length));
        Assert.Contains((uint)pid, sweep.Pids.ToArray());
    }

    [Fact]
    public void Run_ThisHost_ListsWhatProcLists()
    {
        using BpfSweep sweep = Sweeping.Open();
        sweep.RunFull();
        HashSet<uint> before = UserProcesses();
        sweep.RunFull();
        uint[] pids = sweep.Pids.ToArray(), born = [.. sweep.Births.ToArray().Select(birth => (uint)birth.Pid)];
        HashSet<uint> after = UserProcesses();

        Assert.Equal(pids.Order(), pids);
        Assert.Equal(pids.Distinct(), pids);
        // Some virtual machines keep their pid 1 out of every iterator.
        Assert.Empty(before.Intersect(after).Except(pids).Except([1U]));
        // What was there in neither list was born and died between them.
        Assert.Empty(pids.Except(before.Union(after)).Except(born));
    }

    private static HashSet<uint> UserProcesses()
    {
        var pids = new HashSet<uint>();
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            try
            {
                if (uint.TryParse(Path.GetFileName(directory), out uint pid) && !Sweeping.Stat($"{pid}").IsKernelThread)
                    pids.Add(pid);
            }
            catch (IOException)
            {
                // Gone meanwhile.
            }
        }
        return pids;
    }

    private static string? NameOf(WaitChannels channels, in TaskRow task)
    {
        using var gone = new TemporaryDirectory();
        using DirectoryHandle directory = DirectoryHandle.Open(Directory.Exists($"/proc/{task.Tgid}") ? $"/proc/{task.Tgid}" : gone.Path);
        return channels.NameOf(directory, task);
    }
}
