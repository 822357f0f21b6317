using System.Collections.Immutable;
using System.Diagnostics;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class JvmMonitorsTests : IDisposable
{
    private readonly HostLooker _looker = new(TimeProvider.System, CommandLineRedaction.WithRandomKey());

    private JvmMonitors Monitors => new(_looker.RiskyReads);

    public void Dispose() => _looker.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deadlocked_TwoMonitorsTheWrongWayRound_NamesBothThreads(bool contained)
    {
        using HungRuntime java = contained ? await HungRuntime.StartContainedAsync("java") : await HungRuntime.StartJavaAsync([]);
        ProcessRecord look = Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);

        string[] says = [.. Monitors.Deadlocked(look, look, TimeSpan.Zero).Select(wait => wait.Said)];

        Assert.Equal(2, says.Length);
        ThreadRecord[] threads = [.. look.Threads.Where(IsAtAMonitor)];
        Assert.All(threads, thread => Assert.Single(says, line => line.StartsWith($"Thread {thread.Comm} ({thread.Tid}) waits for a monitor that thread ", StringComparison.Ordinal)));
        Assert.True(await java.AnswersAsync());
    }

    /// <summary>What a version does not know it passes over.</summary>
    [Theory]
    [InlineData("-XX:+UseSerialGC")]
    [InlineData("-XX:+UseParallelGC")]
    [InlineData("-XX:+UseShenandoahGC")]
    [InlineData("-XX:+UseZGC")]
    [InlineData("-XX:+UseZGC", "-XX:+UseObjectMonitorTable")]
    [InlineData("-XX:+UseCompactObjectHeaders")]
    [InlineData("-XX:LockingMode=0")]
    [InlineData("-XX:LockingMode=1")]
    [InlineData("-XX:LockingMode=2")]
    public async Task Deadlocked_OtherCollectorsAndWaysToLock_NamesBothThreads(params string[] options)
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync(["-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockDiagnosticVMOptions", "-XX:+UnlockExperimentalVMOptions", "-Xmx64m", .. options]);
        ProcessRecord look = Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);

        Assert.Equal(2, Monitors.Deadlocked(look, look, TimeSpan.Zero).Length);
    }

    [Theory]
    [InlineData("locks", "ReentrantLock$FairSync", "ReentrantLock$NonfairSync")]
    [InlineData("locks", "ReentrantLock$FairSync", "ReentrantLock$NonfairSync", "-XX:+UseSerialGC")]
    [InlineData("locks", "ReentrantLock$FairSync", "ReentrantLock$NonfairSync", "-XX:+UseParallelGC")]
    [InlineData("locks", "ReentrantLock$FairSync", "ReentrantLock$NonfairSync", "-XX:-UseCompressedOops")]
    [InlineData("locks", "ReentrantLock$FairSync", "ReentrantLock$NonfairSync", "-Xmx16g")]
    [InlineData("locks", "ReentrantLock$FairSync", "ReentrantLock$NonfairSync", "-XX:-UseCompressedClassPointers")]
    [InlineData("locks", "ReentrantLock$FairSync", "ReentrantLock$NonfairSync", "-XX:+UseCompactObjectHeaders")]
    [InlineData("write-locks", "ReentrantLock$NonfairSync", "ReentrantReadWriteLock$NonfairSync")]
    [InlineData("mixed", "monitor", "ReentrantLock$NonfairSync")]
    [InlineData("task", "FutureTask", "ReentrantLock$NonfairSync")]
    [InlineData("join", "thread", "ReentrantLock$NonfairSync")]
    [InlineData("gone", "ReentrantLock$NonfairSync", "ReentrantLock$NonfairSync")]
    public async Task Deadlocked_LocksOfTheLibrary_NamesThreadsAndClasses(string how, string one, string two, params string[] options)
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync(["-XX:+IgnoreUnrecognizedVMOptions", "-XX:+UnlockExperimentalVMOptions", "-Xmx64m", .. options, $"-Dhang={how}"]);
        ProcessRecord look = Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);

        ImmutableArray<RuntimeWait> waits = Monitors.Deadlocked(look, look, TimeSpan.Zero);

        Assert.Equal(2, waits.Length);
        Assert.All(waits, wait => Assert.StartsWith($"Thread {look.FindThread(wait.Tid)!.Comm} ({wait.Tid}) waits for ", wait.Said, StringComparison.Ordinal));
        Assert.Equal([one, two], waits.OrderBy(wait => look.FindThread(wait.Tid)!.Comm, StringComparer.Ordinal).Select(wait => wait.Type[(wait.Type.LastIndexOf('.') + 1)..]));
        Assert.Equal(how == "gone", waits.All(wait => wait.Kind == RuntimeWaitKind.LockOfEnded));
    }

    /// <summary>The last ones hang, but their collectors move objects at any time.</summary>
    [Theory]
    [InlineData("timed")]
    [InlineData("read-locks")]
    [InlineData("owner")]
    [InlineData("condition")]
    [InlineData("joined")]
    [InlineData("locks", "-XX:+UseZGC")]
    [InlineData("gone", "-XX:+UseShenandoahGC")]
    public async Task Deadlocked_OwnerNotKnownOrGoesOn_IsNone(string how, params string[] options)
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync(["-Xmx64m", .. options, $"-Dhang={how}"]);
        ProcessRecord look = Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);

        Assert.Empty(Monitors.Deadlocked(look, look, TimeSpan.Zero));
    }

    /// <summary>Who waits for a lock without a limit of time has no reason to look again.</summary>
    [Fact]
    public async Task Deadlocked_ThreadAtALockHasRunSince_IsNone()
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync(["-Dhang=locks"]);
        ProcessRecord look = Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);
        ProcessRecord before = look with { Threads = [.. look.Threads.Select(thread => IsAtAMonitor(thread) ? thread with { Counters = new RunCounters(0, thread.Counters!.Value.Timeslices - 1) } : thread)] };

        Assert.Empty(Monitors.Deadlocked(before, look, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public async Task Advance_LookAfterLook_TellsFromTheSecondOnUntilTheJvmHasEnded()
    {
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        JvmMonitors monitors = Monitors;
        int pid;
        using (HungRuntime java = await HungRuntime.StartJavaAsync([]))
        {
            pid = java.Pid;
            Specimen.LookUntil(_looker, pid, process => process.Threads.Count(IsAtAMonitor) == 2);

            Assert.Empty(Tell(LookWhileBothWait(diagnosis, pid)));
            for (int look = 2; look <= 4; look++)
                Assert.Equal("lock-order-cycle", Assert.Single(Tell(LookWhileBothWait(diagnosis, pid))).Rule);
        }
        Assert.Empty(Tell(_looker.Look(diagnosis.Suspects)));

        IEnumerable<Finding> Tell(Snapshot look) => monitors.Advance(diagnosis, look, diagnosis.Advance(look).Findings).Where(finding => finding.Pids.Contains(pid));
    }

    /// <summary>Since JDK 24 who waits for a monitor sleeps without end, and so the process is suspected by its waits alone.</summary>
    [Theory]
    [InlineData(Confidence.Suspected, Confidence.Likely)]
    [InlineData(Confidence.Proven, Confidence.Proven)]
    public async Task Advance_ProcessIsInAFinding_IsToldInsteadWhereThatIsOnlySuspected(Confidence before, Confidence after)
    {
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        JvmMonitors monitors = Monitors;
        using HungRuntime java = await HungRuntime.StartJavaAsync([]);
        Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);
        Assert.Empty(Tell([]));
        Finding told = Assert.Single(Tell([]));

        Finding finding = Assert.Single(Tell([told with { Confidence = before }]));

        Assert.Equal(after, finding.Confidence);

        IEnumerable<Finding> Tell(Finding[] known)
        {
            Snapshot look = LookWhileBothWait(diagnosis, java.Pid);
            diagnosis.Advance(look);
            return monitors.Advance(diagnosis, look, [.. known]).Where(finding => finding.Pids.Contains(java.Pid));
        }
    }

    [Fact]
    public async Task Deadlocked_ThreadHasMovedOnSince_IsNone()
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync([]);
        ProcessRecord look = Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);
        ProcessRecord busy = look with { Threads = [.. look.Threads.Select(thread => IsAtAMonitor(thread) ? thread with { Counters = new RunCounters(0, thread.Counters!.Value.Timeslices - 100) } : thread)] };

        Assert.Empty(Monitors.Deadlocked(busy, look, TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void Deadlocked_ProcessWithoutAJvm_IsNone()
    {
        ProcessRecord look = Specimen.LookUntil(_looker, Environment.ProcessId, process => process.Threads.Length > 1);

        Assert.Empty(Monitors.Deadlocked(look, look, TimeSpan.Zero));
    }

    /// <summary>Until JDK 23 they wake each second to look again, and may be seen to run.</summary>
    private Snapshot LookWhileBothWait(HostDiagnosis diagnosis, int pid)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            Snapshot look = _looker.Look(diagnosis.Suspects);
            if (look.Find(pid)!.Threads.Count(IsAtAMonitor) == 2)
                return look;
            Assert.True(Stopwatch.GetElapsedTime(begin) < HungRuntime.Deadline, "the two threads were never seen to wait for their monitors at once");
        }
    }

    /// <summary>The threads of the program are called so, and sleep nowhere else.</summary>
    private static bool IsAtAMonitor(ThreadRecord thread) => thread is { State: 'S', Call.Status: BlockedCallStatus.InCall } && (thread.Comm == "one" || thread.Comm.StartsWith("two", StringComparison.Ordinal));
}
