using System.Globalization;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Differential;

/// <summary>All back ends give the same snapshot of the same still processes, field by field.</summary>
public sealed class BackEndsAgreeTests
{
    private const int Processes = 40;

    public static TheoryData<BackendKind> Others => [.. BackendsHere.All.Where(kind => kind != BackendKind.Proc)];

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Look_StillProcesses_AreTheSameAsThroughPlainProc(BackendKind other)
    {
        await using StillLoad load = await StillLoad.StartAsync(Processes, TestContext.Current.CancellationToken);
        using HostLooker plain = BackendsHere.Open(BackendKind.Proc), looker = BackendsHere.Open(other);

        Assert.Equal(Told(plain, [], load), Told(looker, [], load));
    }

    [Theory]
    [MemberData(nameof(Others))]
    public async Task Look_StillSuspects_AreTheSameAsThroughPlainProc(BackendKind other)
    {
        await using StillLoad load = await StillLoad.StartAsync(Processes, TestContext.Current.CancellationToken);
        using HostLooker plain = BackendsHere.Open(BackendKind.Proc), looker = BackendsHere.Open(other);

        Assert.Equal(Told(plain, [.. load.Pids], load), Told(looker, [.. load.Pids], load));
        foreach ((TimeSpan? ran, TimeSpan? ranToo) in LastRan(plain, load).Zip(LastRan(looker, load)))
        {
            Assert.Equal(ran is null, ranToo is null);
            if (ran is { } first)
                Assert.InRange(ranToo!.Value, first - ClocksApart, first + ClocksApart);
        }
    }

    /// <summary>
    /// Each looker sets the scheduler's clock right on the CPU that it runs on; on a virtual machine those of two CPUs may be apart (0.58 s was seen, and did not grow). A minimum
    /// wait is 10 s.
    /// </summary>
    private static readonly TimeSpan ClocksApart = TimeSpan.FromSeconds(2);

    private static IEnumerable<TimeSpan?> LastRan(HostLooker looker, StillLoad load) =>
        looker.Look(load.Pids.ToHashSet()).Processes.Where(process => load.Pids.Contains(process.Pid)).SelectMany(process => process.Threads).Select(thread => thread.LastRan);

    /// <summary>The second look: what is known only by the first is in it.</summary>
    private static List<string> Told(HostLooker looker, HashSet<int> suspects, StillLoad load)
    {
        looker.Look(suspects);
        HashSet<int> members = [.. load.Pids];
        return [.. looker.Look(suspects).Processes.Where(process => members.Contains(process.Pid)).SelectMany(Told)];
    }

    /// <summary>
    /// Everything but what only the kernel program sees (alarms, pipes from within), CPU ticks, which /proc rounds twice, and when a thread last ran: each looker sets the scheduler's
    /// clock right by itself, to a tick.
    /// </summary>
    private static IEnumerable<string> Told(ProcessRecord p)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{p.Pid}");
        yield return $"{name} {p.StartTimeTicks} {p.Ppid} {p.Pgrp} {p.Session} {p.TtyNr} {p.Comm} {p.State} {p.StopSignal} {p.ExitSignal} {p.Uid} {p.TracerPid} {p.NsPid}";
        yield return $"{name} signals {p.SignalsIgnored:x} {p.SignalsCaught:x} {p.SignalsPending:x}";
        yield return $"{name} {string.Join(' ', p.Cmdline ?? [])} {p.Exe} {p.Cgroup} {p.ContainerId} {p.Frozen} {p.Namespaces}";
        yield return $"{name} cookies {string.Join(' ', p.JobCookies ?? [])} {p.JobCookies is null}";
        yield return $"{name} {p.ThreadsComplete} {p.FdSight} {p.HasPosixTimers} {p.MemoryBlocked} {p.Behind} {string.Join(' ', p.SharesMemoryWith)} {string.Join(' ', p.SharesFilesWith ?? [])}";
        foreach (ThreadRecord t in p.Threads)
        {
            yield return $"{name} thread {t.Tid} {t.Comm} {t.State} {t.Counters} {t.Wchan} {t.Call.Status} {t.Call.Number} {string.Join(' ', t.Call.Arguments)} {t.LastRan is null} {t.SignalsPending} {t.SignalsBlocked}";
            yield return $"{name} thread {t.Tid} memory {t.Memory?.FutexWord} {string.Join(' ', t.Memory?.PollSet ?? [])}";
        }
        foreach (FileDescriptor fd in p.Fds)
        {
            yield return $"{name} fd {fd.Number} {fd.Access} {fd.Target} {fd.CloseOnExec} {fd.Async} {string.Join(' ', fd.EpollMembers ?? [])}";
            yield return $"{name} fd {fd.Number} {fd.Inode} {fd.Device} {string.Join(' ', fd.Locks ?? [])} {fd.TtyIndex} {fd.DescriptorsInFlight} {fd.Timeouts}";
        }
        // Numbers of open file descriptions mean nothing but which are the same. kcmp(2) is not asked about /dev/null, which everybody has open.
        foreach (var same in p.Fds.Where(fd => fd.Description is not null && fd.Target.Text != "/dev/null").GroupBy(fd => fd.Description).Where(group => group.Count() > 1))
            yield return $"{name} one description {string.Join(' ', same.Select(fd => fd.Number))}";
    }
}
