using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Threads that sleep, or wait with a timeout for a word of their own program, look and do so again beside a main thread that waits for a child: a heartbeat, statistics, a progress bar. What they do when they wake shows
/// nowhere, so that whatever is told with them left aside is suspected and no more. A main thread that sleeps itself is what others serve, and none of these.
/// </summary>
internal static class Tickers
{
    /// <summary>Place of the main thread among the living ones of a process in which tickers may be left aside, or -1.</summary>
    /// <param name="waits">Of its living threads.</param>
    public static int MainBeside(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        int place = 0;
        foreach (ThreadRecord thread in process.Threads)
        {
            if (!HostProcess.IsAlive(thread))
                continue;
            if (thread.Tid == process.Pid)
                return waits[place] is { Kind: WaitKind.ChildWait, Bounded: Bounded.No, Call: not null } ? place : -1;
            place++;
        }
        return -1;
    }

    /// <summary>Whether a thread may be one, as far as the arguments of its call tell: who waits for a lock is none.</summary>
    /// <param name="main">See <see cref="MainBeside"/>.</param>
    /// <param name="place">Its own place.</param>
    public static bool MayBe(int main, int place, Wait wait) => main >= 0 && place != main && (wait.Kind == WaitKind.Timer || wait is { Kind: WaitKind.Futex, Bounded: Bounded.Yes, Futex: { Private: true, JoinsTid: null } });

    /// <summary>Whether a thread whose timeout was not counted looks again by itself, and at nothing that others hold: that it has come back so often says little of what it does the next time.</summary>
    public static bool IsOne(Waiter waiter) => waiter is { Timed: true, Wait: { Kind: WaitKind.Futex, Futex: { Private: true, JoinsTid: null, Lock: null } } };

    /// <summary>
    /// Those who wait for each other if tickers do not count, where a rule names the fault, all of them have stood still for the minimum wait and nobody else has a timeout. Null: nothing is to be told.
    /// </summary>
    public static Finding? Tell(Incident incident)
    {
        Evidence evidence = incident.Evidence;
        ImmutableArray<WaitNode> core = [.. incident.Core.Select(evidence.Graph.NodeOf)];
        if (core.All(node => node.Tickers.IsEmpty) || core.Any(node => node.Waiters.Any(waiter => waiter.Timed)))
            return null;
        bool still = incident.Core.All(member => evidence.Graph.NodeOf(member).Waiters.All(waiter => evidence.StillFor(evidence.Resources[member], waiter.Thread) >= evidence.Options.MinimumWait));
        return still ? DeadlockTeller.Tell(incident) : null;
    }

    /// <summary>What is not known of them.</summary>
    public static IEnumerable<string> Doubts(ProcessRecord process, WaitNode node) => node.Tickers.Select(ticker =>
        $"thread {ticker.Thread.Comm} ({ticker.Thread.Tid}) of {Narrator.Name(process)} {(ticker.Wait.Kind == WaitKind.Timer ? "sleeps" : "waits with a timeout")} and wakes again and again, and may do anything then");
}
