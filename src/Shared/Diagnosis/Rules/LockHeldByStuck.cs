using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A thread has a lock while it waits for something else (a condition, whose own mutex it lets go of but not this one; a pipe), and who could do that waits for the lock first.
/// <code>
/// one  has a, waits to be signalled
/// two  waits for a                      and was to signal
/// </code>
/// </summary>
internal sealed class LockHeldByStuck : IncidentRule
{
    public override RuleInfo Info { get; } = new("lock-held-by-stuck", FindingClass.Deadlock,
        "A thread waits for a lock, and who has it waits for something else, which only that thread, or another one that is stuck, could do.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        LockWaiter[] waiters =
        [
            .. incident.Core.Order().SelectMany(pid => incident.Evidence.Graph.NodeOf(pid).Waiters.Select(waiter => new LockWaiter(incident.Evidence.Resources[pid], waiter.Thread, waiter.Wait))),
        ];
        (LockWaiter Owner, LockWaiter[] Wanting)[] held =
        [
            .. waiters.Where(owner => !owner.AwaitsAnEnd && owner.Wait.Kind is not (WaitKind.FileLock or WaitKind.Vfork) && !waiters.Any(owner.IsOwnedBy))
                .Select(owner => (Owner: owner, Wanting: waiters.Where(waiter => waiter.Lock is { Form: not LockForm.Refused } && waiter.IsOwnedBy(owner) && MayEnd(incident, owner, waiter)).ToArray()))
                .Where(pair => pair.Wanting.Length > 0)
                .OrderByDescending(pair => pair.Wanting.Length),
        ];
        if (held is not [var (first, wanting), ..])
            return null;
        string who = LockStory.Name(first), what = LockStory.ThingOf(wanting[0].Wait);
        string[] programs = [.. wanting.Select(waiter => waiter.Process).Append(first.Process).Select(Narrator.Name).Distinct()];
        return new Verdict(
            $"{(programs.Length == 1 && programs[0] != who ? $"In {programs[0]} " : "")}{who} has {what} while it {WhatElse(narrator, first)}, and {Narrator.Listing(wanting.Select(LockStory.Name))}, which could end that, wait{(wanting.Length == 1 ? "s" : "")} for {what}.",
            [
                .. held.SelectMany(pair => pair.Wanting.DistinctBy(waiter => waiter.Wait.Resource).Select(waiter => new Culprit(
                    pair.Owner.Process.Pid, null, waiter.Wait.Resource!, $"It ends when {LockStory.Name(pair.Owner)} lets go of {LockStory.ThingOf(waiter.Wait)} before it waits."))),
            ],
            first.Wait is { Kind: WaitKind.Futex, Futex.Sort: null } ? ["A thread that waits on a condition variable lets go of the one mutex that it passes, and of no other that it has."] : [])
        {
            Sentences =
            [
                .. held.SelectMany(pair => pair.Wanting.Take(MaxSentences).Select(waiter => $"{LockStory.Name(waiter)} waits for {LockStory.ThingOf(waiter.Wait)}, which {LockStory.Name(pair.Owner)} has, who {WhatElse(narrator, pair.Owner)}.")).Take(MaxSentences),
            ],
            // Workers of which one has the lock and waits for work, in which the others are to follow it, stand the same way.
            NamesFault = false,
        };
    }

    private const int MaxSentences = 20;

    /// <summary>Whether the owner waits for what the process of who wants its lock could do.</summary>
    private static bool MayEnd(Incident incident, LockWaiter owner, LockWaiter waiter) => incident.Edges.Any(edge =>
        !edge.IsKinship && edge.From == owner.Process.Pid && edge.Tid == owner.Thread.Tid && edge.Holders.Contains(waiter.Process.Pid));

    private static string WhatElse(Narrator narrator, LockWaiter owner) => owner.Wait is { Kind: WaitKind.Futex, Futex: { Lock: null, Sort: null } }
        ? "waits to be signalled (on a condition variable, say)"
        : narrator.What(owner.Process.Pid, owner.Wait);
}
