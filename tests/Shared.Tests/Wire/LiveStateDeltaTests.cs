using System.Collections.Immutable;
using System.Text.Json;
using CsCheck;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Shared.Tests.Wire;

public class LiveStateDeltaTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 18, 9, 0, 0, TimeSpan.Zero);
    private static readonly Visibility Whole = new(1, 1, 1, 0, 0, true);

    [Fact]
    public void Apply_DeltaBetweenAnyTwoStates_GivesTheSecondState()
    {
        Gen.Select(States, States, Gen.Int[0, 3]).Sample((before, now, visible) =>
        {
            Keyframe known = Known(before);
            var visibility = Whole with { Fds = visible };

            Keyframe applied = LiveStateDelta.Apply(known, Between(before, now) with { Visibility = visibility });

            return Text(applied) == Text(known with { Visibility = visibility, Processes = now });
        });
    }

    [Fact]
    public void Between_SameProcessTwice_IsNull()
    {
        Processes.Sample(process =>
        {
            // Through JSON, so that no array is the same object.
            ProcessState copy = JsonSerializer.Deserialize(Text(Known([process])), WireJson.Default.Keyframe)!.Processes[0];
            return LiveStateDelta.Between(process, copy) is null;
        });
    }

    [Fact]
    public void Between_OneFdClosed_IsTheFdTableOnly()
    {
        ProcessState before = Process(7, [Thread(7, null)], [new FdInfo(0, "pipe:[1]", "r", null), new FdInfo(1, "pipe:[2]", "w", null)]);
        ProcessState now = before with { Fds = [before.Fds[0]] };

        ProcessDelta change = LiveStateDelta.Between(before, now)!;

        Assert.Null(change.Facts);
        Assert.Null(change.Threads);
        Assert.Equal([before.Fds[0]], change.Fds!.Value);
    }

    [Fact]
    public void Apply_NothingButWhatTheAgentSays_KeepsTheRest()
    {
        Keyframe known = Known([Process(7, [], [])]) with { Agent = Agent(1000) };

        Keyframe slowed = LiveStateDelta.Apply(known, new Delta(Start, null, [], [], Agent(2000)));
        Keyframe later = LiveStateDelta.Apply(slowed, new Delta(Start.AddSeconds(2), null, [], []));

        Assert.Equal(2000, later.Agent!.IntervalMs);
        Assert.Equal(Start.AddSeconds(2), later.TakenAt);
        Assert.Equal(known.Processes, later.Processes);
    }

    [Fact]
    public void Apply_ChangeOfUnknownProcess_AsksForAKeyframe()
    {
        var delta = new Delta(Start, null, [new ProcessDelta(new ProcessKey(7, 1), null, [], null)], []);

        var error = Assert.Throws<InvalidDataException>(() => LiveStateDelta.Apply(Known([]), delta));

        Assert.Contains("7@1", error.Message, StringComparison.Ordinal);
    }

    /// <summary>What leads from one state to another.</summary>
    private static Delta Between(ImmutableArray<ProcessState> before, ImmutableArray<ProcessState> now)
    {
        Dictionary<ProcessKey, ProcessState> gone = before.ToDictionary(p => p.Key);
        ProcessDelta[] changed =
        [
            .. now.Select(p => gone.Remove(p.Key, out ProcessState? old) ? LiveStateDelta.Between(old, p) : new ProcessDelta(p.Key, p.Facts, p.Threads, p.Fds))
                .OfType<ProcessDelta>(),
        ];
        return new Delta(Start, null, [.. changed], [.. gone.Keys]);
    }

    private static AgentUsage Agent(int intervalMs) => new()
    {
        Backend = "proc",
        IntervalMs = intervalMs,
        ConfiguredIntervalMs = 1000,
        CpuBudget = 0.05,
        CpuFraction = 0.01,
        CpuSeconds = 1,
        LookCpuMs = 5,
        RssBytes = 1,
        AllocatedBytes = 1,
        Looks = 1,
        LooksMissed = 0,
        Reads = new AgentReads(0, 0, 0, 0),
        Events = "polling",
    };

    private static Keyframe Known(ImmutableArray<ProcessState> processes) => new(Start, Whole, processes, []);

    private static string Text(Keyframe keyframe) => JsonSerializer.Serialize(keyframe, WireJson.Default.Keyframe);

    private static ThreadInfo Thread(int tid, double? waited) => new(tid, "t", "futex", Bounded.No, null, "futex_do_wait", "futex", false, waited);

    private static ProcessState Process(int pid, ImmutableArray<ThreadInfo> threads, ImmutableArray<FdInfo> fds) =>
        new(new ProcessKey(pid, 1), new ProcessFacts(1, pid, pid, "p", ["p", "-x"], 'S', 0, true, null), threads, fds);

    private static Gen<string> Either(string a, string b) => Gen.Bool.Select(first => first ? a : b);

    // Small ranges, so that two states often share processes, threads and fds and differ in one of them.
    private static readonly Gen<ThreadInfo> Threads =
        from tid in Gen.Int[1, 4]
        from waited in Gen.Int[0, 4].Nullable()
        from wait in Either("futex", "pipe-read")
        select Thread(tid, waited * 10) with { Wait = wait };

    private static readonly Gen<FdInfo> Descriptors =
        from fd in Gen.Int[0, 3]
        from pipe in Gen.Int[1, 2]
        from access in Either("r", "w")
        from cloexec in Gen.Bool.Nullable()
        select new FdInfo(fd, $"pipe:[{pipe}]", access, cloexec);

    private static readonly Gen<ProcessState> Processes =
        from pid in Gen.Int[1, 5]
        from start in Gen.ULong[1, 2]
        from ppid in Gen.Int[1, 2]
        from arguments in Either("a", "b").List[0, 2].Null()
        from orphan in Gen.Bool
        from threads in Threads.List[0, 3]
        from fds in Descriptors.List[0, 3]
        select new ProcessState(
            new ProcessKey(pid, start),
            new ProcessFacts(ppid, pid, pid, "p", arguments?.ToImmutableArray(), 'S', 0, true, orphan ? new OrphanInfo(null, null, 1, null, null) : null),
            [.. threads],
            [.. fds]);

    private static readonly Gen<ImmutableArray<ProcessState>> States =
        Processes.List[0, 6].Select(list => list.DistinctBy(p => p.Key).OrderBy(p => p.Key).ToImmutableArray());
}
