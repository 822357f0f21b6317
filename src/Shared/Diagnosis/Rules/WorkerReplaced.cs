using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A pool of processes made a new worker after the main thread had begun to wait: the one before it has ended, and what it was at has no answer. Its pool idles like any other, for the new
/// worker knows nothing of that.
/// <code>
/// main     waits in its memory, since 12:00
/// threads  read results, look after the workers
/// worker   waits for work, started 12:05
/// </code>
/// Workers that end after so many tasks are replaced in the same way, and what they were at was answered: where the main thread waits for Ctrl-C then, this is wrong. So it is suspected.
/// </summary>
internal sealed class WorkerReplaced : IncidentRule
{
    public override RuleInfo Info => LostWakeup.Told;

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        foreach (int pid in incident.Members)
        {
            if (MainInItsMemory(incident, pid) is not { } main || NewestOf(incident, pid) is not { } worker || !incident.HasStoodStill)
                continue;
            TimeSpan waitsSince = incident.Evidence.Last.Uptime - incident.Evidence.StillFor(incident.Evidence.Resources[pid], main.Thread);
            // In clock ticks, rounded down: it is never taken for younger than it is. The scheduler's clocks may be apart, so its pid has to say so too.
            if (StartOf(incident.Evidence.Last.Host, worker) <= waitsSince || WasThereBefore(incident.Evidence.Resources[pid], worker))
                continue;
            string parent = narrator.Name(pid), child = narrator.Name(worker.Pid);
            string remedy = $"It ends when {parent} is ended: look for a worker of it that was killed or exited, by the OOM killer, say, while it was at what {parent} waits for.";
            return new Verdict(
                $"The main thread of {parent} waits for an answer, and {child}, a worker of it, was started after that wait began: it stands in for one that ended, and what that one was at is answered by nobody.",
                [new Culprit(pid, null, main.Wait.Resource ?? "?", remedy)],
                ["Workers that are replaced after so many tasks, and a main thread that waits for Ctrl-C, stand the same way."])
            {
                OnlySuspected = true,
                SpeaksAgainstIdling = true,
            };
        }
        return null;
    }

    /// <summary>The main thread, if it waits in the memory of its process alone; and no signal is said to be what it waits for but by what its runtime has in every program.</summary>
    private static Waiter? MainInItsMemory(Incident incident, int pid) =>
        incident.Evidence.Graph.NodeOf(pid) is { CatchesForItsRuntime: true, IsToldOfSignals: false, Waiters.Length: > 1, Main: { Wait: { Kind: WaitKind.Futex, Futex: { IsPrivate: true, JoinsTid: null } }, Timed: false } main } ? main : null;

    /// <summary>The youngest of its children that wait with it and are copies of it, as fork(2) makes them: what else it starts is no worker of a pool.</summary>
    private static ProcessRecord? NewestOf(Incident incident, int parent)
    {
        ProcessRecord? newest = null;
        foreach (HostProcess child in incident.Evidence.Resources.ChildrenOf(incident.Evidence.Resources.Find(parent)!).Span)
        {
            if (!incident.Members.Contains(child.Pid) || !ForkedChild.IsOfThreads(incident.Evidence.Resources, child))
                continue;
            if (newest is null || child.Record.StartTimeTicks > newest.StartTimeTicks)
                newest = child.Record;
        }
        return newest;
    }

    /// <summary>A pool forks its first workers, and starts the threads that look after them then: threads have the next pids.</summary>
    private static bool WasThereBefore(ProcessRecord parent, ProcessRecord worker) => worker.Pid < parent.Threads.Max(thread => thread.Tid);

    private static TimeSpan StartOf(HostIdentity host, ProcessRecord process) => TimeSpan.FromSeconds((double)process.StartTimeTicks / host.ClockTicksPerSecond);
}
