using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process of several threads forked. The child has a copy of its memory, with all locks as they were, and of its threads only the one that
/// forked: what another one had locked stays locked in the child for ever.
/// <code>
/// parent  thread other has m; thread main forks
/// child   waits for m         m: other, a thread of the parent
/// </code>
/// Where no word says who has it (locks of Python), it is told by elimination: the child runs what its parent runs, and has no other thread.
/// </summary>
internal sealed class ForkWhileLocked : IncidentRule
{
    public override RuleInfo Info { get; } = new("fork-while-locked", FindingClass.Deadlock,
        "The one thread of a forked child waits for what another thread of its parent had when it was forked: in the child nobody is there to unlock it.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ImmutableArray<(ProcessRecord Child, Wait Wait)> forked =
        [
            .. incident.Core.Order()
                .Select(pid => (Process: incident.Evidence.Resources.Find(pid)!, incident.Evidence.Graph.NodeOf(pid).Waiters))
                .Where(node => node.Waiters is [{ Wait.Futex.IsPrivate: true }] && node.Process.Record.SharesMemoryWith.IsEmpty)
                .Where(node => IsOfTheParent(incident.Evidence.Resources, node.Process, node.Waiters[0].Wait.Futex!))
                .Select(node => (node.Process.Record, node.Waiters[0].Wait)),
        ];
        if (forked.IsEmpty)
            return null;
        string who = Narrator.Listing(forked.Select(item => Narrator.Name(item.Child)));
        int owner = forked[0].Wait.Futex!.Lock?.OwnerTid ?? 0;
        string of = owner == 0 ? "what only a thread that was not copied could give" : $"a lock that thread {owner} had, which was not copied";
        return new Verdict(
            $"{who} {(forked.Length == 1 ? "was" : "were")} forked from a process of several threads, and {(forked.Length == 1 ? "waits" : "each wait")} for {of}.",
            [.. forked.Select(item => new Culprit(item.Child.Pid, null, item.Wait.Resource!, "It ends when the child is ended. The parent must not fork while another of its threads has a lock: exec at once, or start the children before the threads."))],
            owner == 0 ? ["No word says who had the lock: the child has no other thread, and its parent, which runs the same program, has several."] : [])
        {
            // Nobody waits for it: it may idle until it is interrupted.
            NamesFault = owner != 0 || incident.Members.Length > incident.Core.Count
                || forked.Any(item => ForkedChild.IsAwaited(incident.Evidence.Resources, incident.Evidence.Resources.Find(item.Child.Pid)!)),
            Doubts = owner == 0 && forked.Any(item => (item.Child.SignalsCaught & SignalMask.Interrupt) != 0)
                ? [$"{Narrator.Name(forked[0].Child)} catches SIGINT, and to wait for that may be its design"]
                : [],
            Sentences = owner == 0 ? [] : [$"The lock names thread {owner} as its owner. It is a thread of the process that forked, and in the child there is no such thread."],
        };
    }

    private static bool IsOfTheParent(ResourceIndex resources, HostProcess child, FutexWait futex)
    {
        ProcessRecord process = child.Record;
        HostProcess? parent = resources.ParentOf(child);
        if (futex.Lock is { OwnerTid: > 0 and var owner })
        {
            // Numbers go up: whoever had a lower one was there before the child, and was none of its threads.
            return futex.Lock.Holder == LockHolder.Elsewhere
                && (owner < process.NsPid || parent is not null && parent.Record.Threads.Any(thread => parent.Record.NsTidOf(thread) == owner));
        }
        return ForkedChild.IsOfThreads(resources, child);
    }
}
