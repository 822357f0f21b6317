using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Everybody waits to be told of something (a condition variable, a semaphore, a barrier), or for such a one to end, and nobody is left to tell:
/// the wake-up came before the wait, or was never sent. Locks without an owner word (Python's, .NET's) look the same.
/// <code>
/// one   waits for a signal
/// two   waits for a signal
/// main  joins one
/// </code>
/// </summary>
internal sealed class LostWakeup : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("lost-wakeup", FindingClass.Deadlock,
        "All threads wait on condition variables, semaphores or locks that do not say who has them, and nobody is left who could signal or unlock.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ImmutableArray<(int Pid, Wait Wait)> waits =
        [
            .. incident.Core.Order().SelectMany(pid => incident.Evidence.Graph.NodeOf(pid).Waiters.Select(waiter => (pid, waiter.Wait))),
        ];
        HostProcess? alone = incident.Core.Count == 1 ? incident.Evidence.Resources.Find(waits[0].Pid) : null;
        HostIdentity host = incident.Evidence.Last.Host;
        // The loops of its workers wait for what the main thread would have to send them.
        bool stopped = alone is not null && Unheeded.IsStoppedLoop(alone.Record, alone.WaitsOf(host));
        if (waits.Any(item => item.Wait is not ({ Kind: WaitKind.Futex, Futex.Lock: null } or { Kind: WaitKind.ChildWait }) && !(stopped && item.Wait.Kind == WaitKind.Poll)))
            return null;
        ImmutableArray<(int Pid, Wait Wait)> untold = [.. waits.Where(item => item.Wait.Futex is { JoinsTid: null })];
        if (untold.IsEmpty)
            return null;
        Apart apart = alone is null ? Apart.No : NotByDesign.HowApart(alone, host);
        bool awaited = alone is not null && ForkedChild.IsAwaited(incident.Evidence.Resources, alone);
        bool left = alone is not null && apart == Apart.No && !awaited && OutlivedItsMemory.Is(incident.Evidence.Resources, alone, alone.WaitsOf(host));
        bool beside = alone is not null && apart == Apart.No && !awaited && !left && NotByDesign.StandsBesideItsLoop(incident.Evidence.Resources, alone, alone.WaitsOf(host));
        bool signalled = alone is not null && incident.Evidence.Graph.NodeOf(alone.Pid).MayWaitForSignal;
        bool catches = (apart != Apart.No || awaited || beside) && (alone!.Record.SignalsCaught & SignalMask.Interrupt) != 0;
        int[] pids = [.. untold.Select(item => item.Pid).Distinct()];
        string who = Narrator.Listing(pids.Select(narrator.Name));
        bool barrier = untold.All(item => item.Wait.Futex!.Sort == FutexSort.Barrier);
        string look = barrier ? "look for who was to come to the barrier as well, and for how many it was made."
            : beside ? "look for a call that blocks, in what its event loop runs: what it waits for may be what the same loop was to run."
            : waits.Length == 1 ? "look for a signal that came before the wait, or for the one who was to send it."
            : "look for locks that are taken in two orders, for a signal that came before the wait, or for the one who was to send it.";
        bool forked = alone is not null && waits is [{ Wait.Futex.IsPrivate: true }] && (awaited || ForkedChild.IsOfThreads(incident.Evidence.Resources, alone));
        if (forked)
            look = $"It is a copy of its parent by fork(2) and has only the thread that forked: a lock that another thread had at that moment is never let go of. If there was none, {look}";
        string ends = alone is not null && !awaited && !catches && incident.Evidence.Counting == Counting.All
            ? $"It ends only when {who} is ended, for {(waits.Length == 1 ? "no thread is left that could signal or unlock" : "all who could signal or unlock wait themselves")}{(forked ? ". " : "; ")}{look}"
            : forked ? $"It ends when {who} is ended. {look}" : $"It ends when somebody lets go of what is waited for, or signals it: {look}";
        string subject = untold.Length == 1 ? $"{who} waits" : untold.Length == pids.Length ? $"{who} each wait" : $"{untold.Length} threads of {who} wait";
        return new Verdict(
            $"{subject} {(barrier ? "at a barrier, and nobody is left who could come to it" : "for a lock or a signal, and nobody is left who could give it")}.",
            [.. untold.DistinctBy(item => (item.Pid, item.Wait.Resource)).Select(item => new Culprit(
                item.Pid, null, item.Wait.Resource!, ends))],
            !awaited ? [] : [$"{narrator.Name(alone!.Record.Pid)} is a copy of its parent, made by fork without an exec: see fork-while-locked."])
        {
            // To wait like this until a signal comes may be the design, but not where somebody is stuck in waiting for just this process.
            NamesFault = awaited || apart == Apart.AtCommonWords && !catches || (apart != Apart.No || left || beside || stopped) && incident.HasStoodStill,
            Doubts = apart == Apart.InARuntime ? [$"threads of {narrator.Name(untold[0].Pid)} that idle until a signal comes, which its runtime catches in every program, stand the same way"] : catches ? [NotByDesign.MayWaitForSignal(incident.Evidence.Graph.NodeOf(alone!.Pid), alone.Record)]
                : !awaited && signalled && apart is (Apart.AtWordsOfTheirOwn or Apart.AtEachOthersWords) ? [$"threads of {narrator.Name(untold[0].Pid)} that idle until a signal comes stand the same way"] : [],
            // At a terminal sits somebody who may press Ctrl-C. And threads that idle, each at a queue of its own, stand as those do that wait for each other to fill one.
            OnlySuspected = !awaited && (left || beside || apart == Apart.InARuntime || catches && alone!.Record.TtyNr != 0 || signalled && apart is (Apart.AtWordsOfTheirOwn or Apart.AtEachOthersWords)),
            Notes =
            [
                .. untold.Any(item => item.Wait.Futex!.HasChanged) ? ["A word that is waited at has another value by now: it was changed, and nobody was woken for it."] : Array.Empty<string>(),
                .. untold.Any(item => MayBeOnce(item.Wait.Futex!)) ? [OnceNote] : Array.Empty<string>(),
                .. left ? ["The memory has no name any more and nobody else has it: who had the lock in it, or was to post the semaphore, is gone."] : Array.Empty<string>(),
                .. beside ? ["It has an event loop (epoll(7)), which does not turn while its only thread waits here: whatever comes meanwhile is not seen."] : Array.Empty<string>(),
                .. alone is not null && !awaited && !left && !beside && apart == Apart.No ? ["A program that is to do nothing until it is ended stands the same way: a main thread that waits for a promise which nobody keeps."] : Array.Empty<string>(),
                .. apart switch
                {
                    Apart.AtCommonWords => ["Each of its threads waits for something else: so stand threads that have taken each other's locks, where locks have no word that says who has them."],
                    Apart.AtWordsOfTheirOwn => ["Each of its threads waits for something else: so stand threads that wait for each other's answers, and those that idle, each at a queue of its own."],
                    Apart.AtEachOthersWords => ["Its main thread waits for the other one, and that for something that was made before: so stand a thread that waits for a lock that it has itself, or for the main one, and one that idles."],
                    Apart.InARuntime => ["Nobody of them waits for anything from outside, nor for any time: so stand threads that wait for a task which the same threads should run, or at two full queues."],
                    _ => Array.Empty<string>(),
                },
            ],
        };
    }

    private const string OnceNote =
        "pthread_once waits like this for an initialiser that runs: one that waits for its own thread, or calls pthread_once for itself again, never ends, and then no signal was lost.";

    /// <summary>FUTEX_WAIT for a value of which the lowest bits are 1, as pthread_once of glibc does: the initialiser is in progress, and above that counts the forks. So may others.</summary>
    private static bool MayBeOnce(FutexWait futex) => futex is { Operation: FutexLock.Wait | FutexLock.PrivateFlag } && (futex.ExpectedValue & 3) == 1;
}
