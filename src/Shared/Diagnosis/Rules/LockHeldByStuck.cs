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
        LockWaiter[] waiters = [.. incident.Core.Order().SelectMany(pid => LockWaiter.AllOf(incident, pid))];
        Verdict? verdict = null;
        foreach (LockWaiter owner in waiters)
        {
            if (owner.AwaitsAnEnd || owner.Wait.Kind is WaitKind.FileLock or WaitKind.Vfork || waiters.Any(owner.IsOwnedBy))
                continue;
            LockWaiter[] wanting = [.. waiters.Where(waiter => waiter.Lock is { Form: not LockForm.Refused } && waiter.IsOwnedBy(owner) && MayEnd(incident, owner, waiter))];
            if (wanting.Length == 0)
                continue;
            LockWaiter? awaiting = waiters.FirstOrDefault(waiter => waiter.AwaitsAnEnd && MayEnd(incident, owner, waiter));
            verdict ??= Tell(narrator, owner, wanting, awaiting: awaiting);
            verdict = verdict with
            {
                Culprits = [.. verdict.Culprits, .. wanting.DistinctBy(waiter => waiter.Wait.Resource).Select(waiter => new Culprit(
                    owner.Process.Pid, null, waiter.Wait.Resource!, $"It ends when {LockStory.Name(owner)} lets go of {LockStory.ThingOf(waiter.Wait)} before it waits.")), .. OfWhoAwaits(narrator, owner, awaiting)],
                Sentences = [.. verdict.Sentences.Concat(wanting.Select(waiter => $"{LockStory.Name(waiter)} waits for {LockStory.ThingOf(waiter.Wait)}, which {LockStory.Name(owner)} has, who {WhatElse(narrator, owner)}.")).Take(MaxSentences)],
            };
        }
        return verdict ?? OfUnnamed(incident, narrator, waiters);
    }

    /// <summary>No word says who has the lock. Where all but one of those with its memory want it themselves, or wait for somebody to end, and they could do what that one waits for, that one has it by its looks.</summary>
    private static Verdict? OfUnnamed(Incident incident, Narrator narrator, LockWaiter[] waiters)
    {
        foreach (LockWaiter wants in waiters.Where(waiter => waiter.Lock is { Holder: LockHolder.Unknown, Form: not LockForm.Refused }))
        {
            LockWaiter[] wanting = [.. waiters.Where(waiter => waiter.Lock?.Start == wants.Lock!.Start && (waiter == wants || MayEnd(incident, wants, waiter)))];
            LockWaiter[] others = [.. waiters.Where(waiter => !wanting.Contains(waiter) && MayEnd(incident, wants, waiter))];
            if (others.Where(waiter => !waiter.AwaitsAnEnd).ToArray() is not [{ Wait.Kind: not (WaitKind.FileLock or WaitKind.Vfork) } owner] || !wanting.Any(waiter => MayEnd(incident, owner, waiter)))
                continue;
            string who = LockStory.Name(owner), what = LockStory.ThingOf(wants.Wait), itself = Narrator.Listing(wanting.Select(LockStory.Name), "or");
            LockWaiter? awaiting = others.FirstOrDefault(other => other.AwaitsAnEnd);
            Verdict verdict = Tell(narrator, owner, wanting, "has, by its looks,", awaiting);
            return verdict with
            {
                Culprits =
                [
                    new Culprit(owner.Process.Pid, null, wants.Wait.Resource!, $"It ends when {who} lets go of {what} before it waits; or, if {itself} has it already, when that lets go of it before it locks it again."),
                    .. OfWhoAwaits(narrator, owner, awaiting),
                ],
                Notes =
                [
                    .. verdict.Notes,
                    $"No word says who has this lock: {who}{string.Concat(others.Where(other => other != owner).Select(other => $", or {LockStory.Name(other)}"))}, or {itself}, or one that has exited without unlocking it.",
                    .. LockStory.NoLock(wanting),
                ],
                // Of several processes it is told of each what it waits for.
                Sentences = incident.Core.Count > 1 ? [] : [.. wanting.Take(MaxSentences).Select(waiter => $"{LockStory.Name(waiter)} waits for {LockStory.ThingOf(waiter.Wait)}."), $"{who} {WhatElse(narrator, owner)}."],
            };
        }
        return null;
    }

    /// <param name="awaiting">Who waits for somebody to end and may be, just as well as those who want the lock, who has to end what its owner waits for.</param>
    private static Verdict Tell(Narrator narrator, LockWaiter owner, LockWaiter[] wanting, string has = "has", LockWaiter? awaiting = null)
    {
        string who = LockStory.Name(owner), what = LockStory.ThingOf(wanting[0].Wait);
        string[] programs = [.. wanting.Select(waiter => waiter.Process).Append(owner.Process).Select(Narrator.Name).Distinct()];
        string wait = wanting.Length == 1 ? "waits" : "wait";
        return new Verdict(
            $"{(programs.Length == 1 && programs[0] != who ? $"In {programs[0]} " : "")}{who} {has} {what} while it {WhatElse(narrator, owner)}, and {(awaiting is null
                ? $"{Narrator.Listing(wanting.Select(LockStory.Name))}, which could end that, {wait} for {what}"
                : $"{Narrator.Listing(wanting.Select(LockStory.Name))} {wait} for {what}; one of these has to end that, or {LockStory.Name(awaiting)}, which {narrator.What(awaiting.Process.Pid, awaiting.Wait)}")}.",
            [],
            owner.Wait is { Kind: WaitKind.Futex, Futex.Sort: null } ? ["A thread that waits on a condition variable lets go of the one mutex that it passes, and of no other that it has."] : [])
        {
            // Workers of which one has the lock and waits for work, in which the others are to follow it, stand the same way.
            NamesFault = false,
        };
    }

    private static ImmutableArray<Culprit> OfWhoAwaits(Narrator narrator, LockWaiter owner, LockWaiter? awaiting) => awaiting is null ? []
        : [new Culprit(
            awaiting.Process.Pid, null, owner.Wait.Resource!,
            $"If {LockStory.Name(awaiting)} is who has to end what {LockStory.Name(owner)} waits for: it ends when that is done before {LockStory.Name(awaiting)} {narrator.What(awaiting.Process.Pid, awaiting.Wait)}.")];

    private const int MaxSentences = 20;

    /// <summary>Whether the owner waits for what the process of who wants its lock could do.</summary>
    private static bool MayEnd(Incident incident, LockWaiter owner, LockWaiter waiter) => incident.Edges.Any(edge =>
        !edge.IsKinship && edge.From == owner.Process.Pid && edge.Tid == owner.Thread.Tid && edge.Holders.Contains(waiter.Process.Pid));

    private static string WhatElse(Narrator narrator, LockWaiter owner) => owner.Wait is { Kind: WaitKind.Futex, Futex: { Lock: null, Sort: null } }
        ? "waits to be signalled (on a condition variable, say)"
        : narrator.What(owner.Process.Pid, owner.Wait);
}
