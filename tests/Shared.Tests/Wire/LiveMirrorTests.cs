using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Shared.Tests.Wire;

public class LiveMirrorTests
{
    private static readonly Visibility Whole = new(1, 1, 1, 0, 0, true);
    private static readonly OrphanInfo Orphan = new(7, "parent", 1, null, null);

    /// <summary>What happens after a look.</summary>
    private enum Then { Nothing, Sends, LosesItsReceiver }

    [Fact]
    public void Receiver_AnyLooksSkippedOrCutOff_KnowsTheNewestLookAsItIs()
    {
        Gen.Select(Processes.List[0, 6], Gen.Enum<Then>()).List[1, 12].Sample(steps =>
        {
            var mirror = new LiveMirror(Scene.Host);
            using var encoder = new FrameEncoder();
            Keyframe? receiver = null;
            ImmutableArray<ProcessRecord> before = [];
            foreach ((List<ProcessRecord> drawn, Then then) in steps)
            {
                Snapshot look = Look(Unchanged(before, drawn));
                before = look.Processes;
                mirror.Update(look, OrphanOf);
                if (then == Then.LosesItsReceiver)
                {
                    mirror.ForgetReceiver();
                    receiver = null;
                }
                if (then != Then.Sends)
                    continue;
                receiver = Send(mirror, encoder, receiver, look);
                if (Text(receiver) != Text(Shown(look)))
                    return false;
            }
            return true;
        });
    }

    [Fact]
    public void TakeChanges_NothingHasChanged_IsEmpty()
    {
        Processes.List[0, 6].Sample(drawn =>
        {
            // Read again: other objects that say the same.
            Snapshot first = Look(Unchanged([], drawn)), again = first with { Processes = [.. first.Processes.Select(Copy)] };
            LiveMirror mirror = Synced(first);
            mirror.Update(again, OrphanOf);
            (ImmutableArray<ProcessDelta> changed, ImmutableArray<ProcessKey> removed) = mirror.TakeChanges();
            return changed.IsEmpty && removed.IsEmpty;
        });
    }

    [Fact]
    public void TakeChanges_PidReusedByAnotherProcess_RemovesOneAndAddsTheOther()
    {
        ProcessRecord before = Record(7), now = before with { StartTimeTicks = 99 };
        LiveMirror mirror = Synced(Look([before]));
        mirror.Update(Look([now]), OrphanOf);

        (ImmutableArray<ProcessDelta> changed, ImmutableArray<ProcessKey> removed) = mirror.TakeChanges();

        Assert.Equal([before.Key], removed);
        Assert.Equal(now.Key, Assert.Single(changed).Key);
        Assert.NotNull(changed[0].Facts);
    }

    [Fact]
    public void TakeChanges_CameAndWentInBetween_IsNotTold()
    {
        LiveMirror mirror = Synced(Look([Record(1)]));
        mirror.Update(Look([Record(1), Record(9)]), OrphanOf);
        mirror.Update(Look([Record(1)]), OrphanOf);

        (ImmutableArray<ProcessDelta> changed, ImmutableArray<ProcessKey> removed) = mirror.TakeChanges();

        Assert.Empty(changed);
        Assert.Empty(removed);
    }

    [Fact]
    public void TakeChanges_OrphanedWithTheSameRecord_SendsTheFacts()
    {
        ProcessRecord process = Record(7);
        LiveMirror mirror = Synced(Look([process]));
        mirror.Update(Look([process]), _ => Orphan);

        ProcessDelta change = Assert.Single(mirror.TakeChanges().Changed);

        Assert.Equal(Orphan, change.Facts!.Orphan);
        Assert.Null(change.Threads);
        Assert.Null(change.Fds);
    }

    [Fact]
    public void TakeChanges_BeforeAKeyframe_Fails()
    {
        var mirror = new LiveMirror(Scene.Host);
        mirror.Update(Look([Record(1)]), OrphanOf);

        Assert.True(mirror.NeedsKeyframe);
        Assert.Throws<InvalidOperationException>(() => mirror.TakeChanges());
    }

    [Fact]
    public void Update_MoreChangesThanAKeyframeHolds_AsksForOne()
    {
        LiveMirror mirror = Synced(Look([Record(1)]));
        for (int round = 0; round < 2000 && !mirror.NeedsKeyframe; round++)
        {
            // Each is told to the receiver, then ends while it is away.
            mirror.Update(Look([.. Enumerable.Range(0, 100).Select(i => Record(2 + round * 100 + i))]), OrphanOf);
            mirror.Update(Look([Record(1)]), OrphanOf);
        }
        // They came and went: nothing is kept of them.
        Assert.False(mirror.NeedsKeyframe);

        mirror.Update(Look([.. Enumerable.Range(2, 5000).Select(Record)]), OrphanOf);
        Assert.False(mirror.NeedsKeyframe);
        _ = mirror.TakeChanges();
        mirror.Update(Look([]), OrphanOf);
        Assert.True(mirror.NeedsKeyframe);
    }

    [Fact]
    public void IsAlive_ZombieGoneOrReused_IsNot()
    {
        ProcessRecord alive = Record(7), zombie = Record(8) with { State = 'Z', Threads = [] }, leaderLeft = Record(9) with { State = 'Z' };
        LiveMirror mirror = Synced(Look([alive, zombie, leaderLeft]));

        Assert.True(mirror.IsAlive(alive.Key));
        Assert.True(mirror.IsAlive(leaderLeft.Key));
        Assert.False(mirror.IsAlive(zombie.Key));
        Assert.False(mirror.IsAlive(new ProcessKey(7, 99)));
        Assert.False(mirror.IsAlive(new ProcessKey(10, 10)));
    }

    [Fact]
    public void Update_UnchangedProcesses_AllocatesTheSameForAThousandAndForFourThousand()
    {
        Assert.Equal(BytesPerLook(1000), BytesPerLook(4000));

        static long BytesPerLook(int count)
        {
            ImmutableArray<ProcessRecord> processes = [.. Enumerable.Range(1, count).Select(Record)];
            Snapshot look = Look(processes);
            LiveMirror mirror = Synced(look);
            using var encoder = new FrameEncoder();
            var empty = new Delta(look.TakenAt, null, [], []);
            Tick();
            Tick();
            // A collection between them empties the pools of the library, which then fill anew: what a look itself allocates is the least of several.
            return Enumerable.Range(0, 20).Min(_ => BytesOfFive());

            long BytesOfFive()
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int i = 0; i < 5; i++)
                    Tick();
                return GC.GetAllocatedBytesForCurrentThread() - before;
            }

            void Tick()
            {
                mirror.Update(look, OrphanOf);
                (ImmutableArray<ProcessDelta> changed, ImmutableArray<ProcessKey> removed) = mirror.TakeChanges();
                _ = encoder.Encode(empty with { Changed = changed, Removed = removed }, WireJson.Default.Delta);
            }
        }
    }

    /// <summary>As the agent sends and the server takes in.</summary>
    private static Keyframe Send(LiveMirror mirror, FrameEncoder encoder, Keyframe? receiver, Snapshot look)
    {
        if (receiver is null || mirror.NeedsKeyframe)
            return FrameBody.Decode(encoder.Encode(new Keyframe(look.TakenAt, Whole, [], []), mirror.TakeAll()), WireJson.Default.Keyframe);
        (ImmutableArray<ProcessDelta> changed, ImmutableArray<ProcessKey> removed) = mirror.TakeChanges();
        byte[] body = encoder.Encode(new Delta(look.TakenAt, null, changed, removed), WireJson.Default.Delta);
        return LiveStateDelta.Apply(receiver, FrameBody.Decode(body, WireJson.Default.Delta));
    }

    private static LiveMirror Synced(Snapshot look)
    {
        var mirror = new LiveMirror(Scene.Host);
        mirror.Update(look, OrphanOf);
        _ = mirror.TakeAll();
        return mirror;
    }

    private static Keyframe Shown(Snapshot look) =>
        new(look.TakenAt, Whole, [.. look.Processes.Select(process => LiveState.Of(look.Host, process, OrphanOf(process)))], []);

    private static OrphanInfo? OrphanOf(ProcessRecord process) => process.TtyNr == 1 ? Orphan : null;

    private static string Text(Keyframe keyframe) => JsonSerializer.Serialize(keyframe, WireJson.Default.Keyframe);

    /// <summary>As the looker gives them: one that is as it was is the same object.</summary>
    private static ImmutableArray<ProcessRecord> Unchanged(ImmutableArray<ProcessRecord> before, List<ProcessRecord> drawn) =>
        [.. drawn.DistinctBy(p => p.Pid).OrderBy(p => p.Pid).Select(p => before.FirstOrDefault(b => JsonOf(b) == JsonOf(p)) ?? p)];

    private static string JsonOf(ProcessRecord process) => JsonSerializer.Serialize(process);

    private static ProcessRecord Copy(ProcessRecord process) => process with
    {
        CpuTicks = process.CpuTicks + 1,
        Cmdline = process.Cmdline is { } cmdline ? [.. cmdline] : null,
        Threads = [.. process.Threads.Select(t => t with { Counters = new RunCounters(99, 99), Memory = t.Memory is { PollSet: { } set } ? new CallMemory { PollSet = [.. set] } : null })],
        Fds = [.. process.Fds.Select(fd => fd with { Target = fd.Target with { } })],
        SharesMemoryWith = [.. process.SharesMemoryWith],
    };

    private static Snapshot Look(ImmutableArray<ProcessRecord> processes) => new()
    {
        Host = Scene.Host,
        TakenAt = DateTimeOffset.UnixEpoch,
        Uptime = TimeSpan.FromSeconds(1000),
        Duration = TimeSpan.Zero,
        ObserverPid = 0,
        Processes = processes,
        Reads = default,
    };

    private static ProcessRecord Record(int pid) => new Actor(pid, "p", 1).ReadEnd(1, 0).Reads(0).Record();

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    // Small ranges, so that two looks often share processes, threads and fds and differ in one of them.
    private static readonly Gen<CallMemory?> PollSets =
        Gen.Int[0, 2].List[0, 2].Null().Select(fds => fds is null ? null : new CallMemory { PollSet = [.. fds.Select(fd => new PollMember(fd, 1))] });

    private static readonly Gen<ThreadRecord> Threads =
        from tid in Gen.Int[1, 3]
        from runs in Gen.ULong[1, 2]
        from state in OneOf('S', 'R')
        from call in OneOf<(long Number, string Wchan)>((0, "anon_pipe_read"), (7, "poll_schedule_timeout"), (202, "futex_do_wait"))
        from fd in Gen.ULong[0, 2]
        from memory in PollSets
        select new ThreadRecord
        {
            Tid = tid,
            Comm = "t",
            State = state,
            Counters = new RunCounters(runs, runs),
            Wchan = call.Wchan,
            Call = new BlockedCall(BlockedCallStatus.InCall, call.Number, [fd, 0, 0, 0, 0, 0]),
            Memory = memory,
        };

    private static readonly Gen<FileDescriptor> Descriptors =
        from fd in Gen.Int[0, 2]
        from pipe in Gen.Int[1, 2]
        from access in OneOf(FdAccess.Read, FdAccess.Write)
        from cloexec in Gen.Bool.Nullable()
        select new FileDescriptor(fd, access, FdTarget.Parse($"pipe:[{pipe}]")) { CloseOnExec = cloexec };

    private static readonly Gen<ProcessRecord> Processes =
        from pid in Gen.Int[1, 5]
        from start in Gen.ULong[1, 2]
        from ppid in Gen.Int[1, 2]
        from tty in Gen.Int[0, 1]
        from arguments in OneOf("a", "b").List[0, 2].Null()
        from sight in OneOf(Sight.Seen, Sight.Denied)
        from threads in Threads.List[0, 3]
        from fds in Descriptors.List[0, 3]
        select new ProcessRecord
        {
            Pid = pid,
            StartTimeTicks = start,
            Ppid = ppid,
            Pgrp = pid,
            Session = pid,
            TtyNr = tty,
            Comm = "p",
            State = 'S',
            Uid = 0,
            NsPid = pid,
            Cmdline = arguments?.ToImmutableArray(),
            Threads = [.. threads.DistinctBy(t => t.Tid).OrderBy(t => t.Tid)],
            Fds = [.. fds.DistinctBy(f => f.Number).OrderBy(f => f.Number)],
            FdSight = sight,
        };
}
