using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Processes that each wait for what another of them is to say through a semaphore, a message queue, a FIFO whose name is gone or a pseudoterminal: nobody speaks first.
/// <code>
/// parent  waits for a message in q
/// child   waits for a message in r        q, r: no key; parent and child know of them
/// </code>
/// One of them may also read a pipe or socket that another is to write to, or wait for another to exit: a parent that does, and was to take the message for which its child has no room. Processes that all wait in memory that they share are
/// told by other rules.
/// </summary>
internal sealed class IpcCycle : IncidentRule
{
    public override RuleInfo Info => Told;

    internal static RuleInfo Told { get; } = new("ipc-cycle", FindingClass.Deadlock,
        "Processes each wait for what another of them is to say through a semaphore, a message queue, an unlinked FIFO or a pseudoterminal: nobody speaks first.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        IncidentEdge[] waits = [.. incident.Edges.Where(edge => !edge.IsKinship && !edge.IsAside && incident.Core.Contains(edge.From) && edge.To.Any(waker => waker.Node != edge.From))];
        IncidentEdge[] talk = [.. waits.Where(edge => edge.Part.Kind != WaitKind.ChildWait)];
        if (incident.Core.Count < 2 || !talk.Any(edge => IsTalk(edge.Part)) || !talk.All(edge => WhatEnds(narrator, edge.Part) is not null) || !incident.Core.All(member => waits.Any(edge => edge.From == member)))
            return null;
        if (talk.All(edge => edge.Part.Kind == WaitKind.Futex))
            return null;
        // Who waits for a child and has an end that another reads could let go of that instead; where it would not do, it is to speak like any other.
        HashSet<int> parents = [.. waits.Where(edge => edge.Part.Kind == WaitKind.ChildWait).Select(edge => edge.From)];
        if (talk.Any(edge => edge.To.Any(waker => parents.Contains(waker.Node)) && !OnlyAWordEnds(incident, edge)))
            return null;
        int[] order = [.. Narrator.InOrder(incident).Where(incident.Core.Contains)];
        HashSet<int> speakers = [.. talk.Select(edge => edge.From)];
        // One remedy for each word that is waited for: of a queue that many share, any of them could say it to any other.
        ImmutableArray<Culprit> culprits = [.. talk.OrderByDescending(edge => IsTalk(edge.Part)).ThenBy(edge => Array.IndexOf(order, edge.From)).GroupBy(edge => (edge.Part.Resource, WhatEnds(narrator, edge.Part))).SelectMany(word =>
        {
            // Who reads what it has opened for both directions has its other end itself: that others close it ends nothing. Nor does it where several have it, and one closes.
            string what = word.All(edge => OnlyAWordEnds(incident, edge) || edge.Holders.Skip(1).Any()) ? word.Key.Item2!.Replace(OrCloses, "", StringComparison.Ordinal) : word.Key.Item2!;
            Waker[] wakers = [.. word.SelectMany(edge => edge.To.Where(waker => waker.Node != edge.From && incident.Core.Contains(waker.Node)))
                .Distinct()
                // Another who talks is likelier to be meant than a parent, who merely has what its children have.
                .OrderByDescending(waker => speakers.Contains(waker.Node))];
            string who = Narrator.Listing(wakers.Select(waker => narrator.Name(waker.Node)).Distinct(), "or");
            string whom = Narrator.Listing(word.Select(edge => narrator.Name(edge.From)).Distinct());
            string remedy = $"It ends when {who} {what}, for which {whom} wait{(word.Select(edge => edge.From).Distinct().Count() == 1 ? "s" : "")}.";
            return wakers.Select(waker => new Culprit(waker.Node, waker.Fd, word.Key.Resource ?? "?", remedy));
        })];
        return new Verdict(
            $"{Narrator.Listing(order.Select(narrator.Name))} each wait for {(order.Length == 2 ? "the other" : "another of them")}: {Narrator.Listing(order.Select(member => $"{narrator.Name(member)} {narrator.What(member, waits.First(edge => edge.From == member).Part)}"))}.",
            culprits)
        {
            // Workers that wait for work from a supervisor that waits for a signal stand the same way.
            NamesFault = false,
        };
    }

    /// <summary>Whether nobody else could end it by closing an end: a queue and a semaphore have none, and who has the other end of what it reads as well, or has opened a FIFO for both directions, keeps one itself.</summary>
    private static bool OnlyAWordEnds(Incident incident, IncidentEdge edge) => edge.Part.Kind is WaitKind.SysvSemaphore or WaitKind.SysvMessage or WaitKind.PosixQueue
        || edge.Part is { Kind: WaitKind.PipeRead or WaitKind.PipeWrite, Fd: { } fd } && incident.Evidence.Resources[edge.From].FindFd(fd) is { Access: FdAccess.ReadWrite }
        || !IsTalk(edge.Part) && edge.To.Any(waker => waker.Node == edge.From);

    private const string OrCloses = ", or closes it";

    /// <summary>Whether it is one of those that this rule is about. Among them may be who reads what another of them is to write.</summary>
    private static bool IsTalk(Wait wait) => wait is not { Kind: WaitKind.SocketRead } and not { Kind: WaitKind.PipeRead, Target.Kind: FdKind.Pipe };

    /// <summary>What somebody else would have to do, as a verb phrase; null for other waits.</summary>
    private static string? WhatEnds(Narrator narrator, Wait wait) => wait.Kind switch
    {
        WaitKind.SysvSemaphore => $"changes System V semaphore set {wait.SysvId}",
        WaitKind.SysvMessage => wait.Call == SystemCall.Msgsnd ? $"takes a message from System V queue {wait.SysvId}" : $"sends a message to System V queue {wait.SysvId}",
        WaitKind.PosixQueue => wait.WaitsForRoom ? $"takes a message from queue {wait.Target?.Text}" : $"sends a message to queue {wait.Target?.Text}",
        WaitKind.PipeRead when wait.Target is { Kind: FdKind.Path } => $"writes to the FIFO {wait.Target.Text}{OrCloses}",
        WaitKind.PipeWrite when wait.Target is { Kind: FdKind.Path } => $"reads from the FIFO {wait.Target.Text}{OrCloses}",
        WaitKind.Tty when wait.WaitsForRoom => $"reads the other side of {wait.Target?.Text}",
        WaitKind.Tty => $"writes to the other side of {wait.Target?.Text}",
        WaitKind.PipeRead when wait.Target is { Kind: FdKind.Pipe } => $"writes to {StreamEnds.NameOf(wait.Target)}{OrCloses}",
        WaitKind.SocketRead when wait.Target is { Id: not 0 } => $"sends to {StreamEnds.NameOf(wait.Target)}{OrCloses}",
        // Those of which it shows who has them are told as locks.
        WaitKind.Futex when wait.Futex is { IsPrivate: false, Lock: null } => $"unlocks or signals what is in {narrator.MemoryOf(wait)}",
        _ => null,
    };
}
