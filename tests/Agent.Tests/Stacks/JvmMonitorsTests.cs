using System.Collections.Immutable;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class JvmMonitorsTests : IDisposable
{
    private readonly HostLooker _looker = new(TimeProvider.System, CommandLineRedaction.WithRandomKey());

    public void Dispose() => _looker.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Deadlocked_TwoMonitorsTheWrongWayRound_NamesBothThreads(bool contained)
    {
        using HungRuntime java = contained ? await HungRuntime.StartContainedAsync("java") : await HungRuntime.StartJavaAsync([]);
        ProcessRecord look = Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);

        ImmutableArray<string> says = JvmMonitors.Deadlocked(look, look);

        Assert.Equal(2, says.Length);
        ThreadRecord[] threads = [.. look.Threads.Where(IsAtAMonitor)];
        Assert.All(threads, thread => Assert.Single(says, line => line.StartsWith($"Thread {thread.Comm} ({thread.Tid}) waits for a monitor that thread ", StringComparison.Ordinal)));
        Assert.True(await java.AnswersAsync());
    }

    [Fact]
    public async Task Deadlocked_ThreadHasMovedOnSince_IsNone()
    {
        using HungRuntime java = await HungRuntime.StartJavaAsync([]);
        ProcessRecord look = Specimen.LookUntil(_looker, java.Pid, process => process.Threads.Count(IsAtAMonitor) == 2);
        ProcessRecord busy = look with { Threads = [.. look.Threads.Select(thread => IsAtAMonitor(thread) ? thread with { Counters = new RunCounters(0, thread.Counters!.Value.Timeslices - 100) } : thread)] };

        Assert.Empty(JvmMonitors.Deadlocked(busy, look));
    }

    [Fact]
    public void Deadlocked_ProcessWithoutAJvm_IsNone()
    {
        ProcessRecord look = Specimen.LookUntil(_looker, Environment.ProcessId, process => process.Threads.Length > 1);

        Assert.Empty(JvmMonitors.Deadlocked(look, look));
    }

    /// <summary>The threads of the program are called so, and sleep nowhere else.</summary>
    private static bool IsAtAMonitor(ThreadRecord thread) => thread is { State: 'S', Call.Status: BlockedCallStatus.InCall } && (thread.Comm == "one" || thread.Comm.StartsWith("two", StringComparison.Ordinal));
}
