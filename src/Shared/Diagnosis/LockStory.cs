using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Tells what is wrong with locks: who has which, and who must let go.</summary>
internal static class LockStory
{
    /// <summary>The verdict of a rule on a stuck set: null where no such fault is in its core.</summary>
    public static Verdict? Of(Incident incident, LockFaultKind kind)
    {
        ImmutableArray<LockFault> named = [.. LockGraph.Of(incident)];
        LockFault? fault = named.FirstOrDefault(found => found.Kind == kind)
            // What words name is surer than what is left when nobody else could.
            ?? (named.IsEmpty && LockElimination.Of(incident) is { } left && left.Kind == kind ? left : null)
            ?? (MixedLocks.Of(incident) is { } mixed && mixed.Kind == kind ? mixed : null);
        if (fault is null)
            return null;
        return kind == LockFaultKind.OwnerGone ? OfOwnerGone([.. named.Where(found => found.Kind == kind && found.Chain[0].Wait.Resource == fault.Chain[0].Wait.Resource).Select(found => found.Chain[0])]) : Tell(fault);
    }

    public static Verdict Tell(LockFault fault) => fault.Kind switch
    {
        LockFaultKind.OwnLock => OfOwnLock(fault),
        LockFaultKind.OwnerGone => OfOwnerGone(fault.Chain),
        LockFaultKind.JoinCycle when fault.ByElimination => OfUnnamedJoin(fault),
        _ when fault.ByElimination => OfUnnamedOwners(fault),
        _ => OfCycle(fault),
    };

    /// <summary>Edges for the finding: each waits for the next.</summary>
    public static ImmutableArray<IncidentEdge> EdgesOf(LockFault fault) =>
    [
        .. fault.Chain.Select((waiter, place) => new IncidentEdge(
            waiter.Process.Pid, waiter.Thread.Tid, 0, waiter.Wait, waiter.Wait,
            [new Waker(fault.Chain[(place + 1) % fault.Chain.Length].Process.Pid, null, Direct: true)], EdgeBasis.Assumed)),
    ];

    private static Verdict OfOwnLock(LockFault fault)
    {
        LockWaiter waiter = fault.Chain[0];
        string who = Name(waiter), what = Thing(waiter);
        if (fault.Chain.Length > 1)
        {
            return new Verdict(
                $"{fault.Chain.Length} threads of {Narrator.Listing(fault.Chain.Select(one => Narrator.Name(one.Process)).Distinct())} wait for {what}, and nobody else is left who could have it.",
                [.. fault.Chain.DistinctBy(one => one.Process.Pid).Select(one => new Culprit(one.Process.Pid, null, one.Wait.Resource!, $"It ends when the one of them that has {what} lets go of it instead of locking it again."))],
                ["No word says who has this lock: one of these threads, or one that has exited without unlocking it.", .. NoLock(fault.Chain)]);
        }
        if (waiter.Lock is { Form: LockForm.Refused })
        {
            return new Verdict(
                $"{who} waits for a mutex that inherits priority and that it was refused: it has locked that itself, or whoever had it has exited.",
                [new Culprit(waiter.Process.Pid, null, waiter.Wait.Resource!, $"It ends only when {Narrator.Name(waiter.Process)} is ended: look for such a mutex that is locked twice, or that was left locked.")],
                ["The kernel refuses a lock to who has it (EDEADLK), and one whose owner is gone (ESRCH); the C library then lets the thread wait for ever."]);
        }
        bool upgrades = waiter.Lock is { Form: LockForm.ReadWrite, OwnerTid: 0 };
        return new Verdict(
            upgrades ? $"{who} wants to write under {what}, and waits for a reader to let go of it: that is itself." : $"{who} waits for {what}, which {(fault.ByElimination ? "nobody but itself can have" : "it has locked itself")}.",
            [new Culprit(waiter.Process.Pid, null, waiter.Wait.Resource!, $"It ends when {who} lets go of {what} before it locks it again.")],
            fault.ByElimination ? [$"No word says who has this lock: {who} itself, or one that has exited without unlocking it.", .. NoLock(fault.Chain)] : [])
        {
            Sentences = fault.ByElimination ? [] : [$"{who} is the owner that the lock at 0x{AddressOf(waiter.Futex!):x} names."],
        };
    }

    /// <summary><c>, or main (10), which waits for another to end</c>.</summary>
    private static string OrOthers(LockFault fault) => fault.Others.IsEmpty ? ""
        : $", or {Narrator.Listing(fault.Others.Select(Name), "or")}, which wait{(fault.Others.Length == 1 ? "s" : "")} {(fault.Others.All(other => other.AwaitsAnEnd) ? "for others to end" : "to be signalled")}";

    /// <summary>For the notes: what was told by a word alone may be no lock.</summary>
    internal static ImmutableArray<string> NoLock(IEnumerable<LockWaiter> waiters) => waiters.Any(waiter => waiter.Lock is { Form: LockForm.Bare })
        ? ["By its word, which is 2, this is a lock of the C library or of Rust. A Condvar of Rust that was signalled twice looks the same: then it ends when it is signalled again."]
        : [];

    /// <param name="waiters">All of one lock.</param>
    private static Verdict OfOwnerGone(ImmutableArray<LockWaiter> waiters)
    {
        LockWaiter waiter = waiters[0];
        string who = Name(waiter), what = Thing(waiter);
        int owner = waiter.Lock!.OwnerTid;
        int[] waiting = [.. waiters.Select(one => one.Process.Pid).Distinct()];
        string all = waiting.Length == 1 ? $"{Narrator.Name(waiter.Process)} has" : $"{Narrator.Listing(waiters.DistinctBy(one => one.Process.Pid).Select(one => Narrator.Name(one.Process)))} have";
        string robust = waiter.Lock.Form == LockForm.ReadWrite ? "A robust mutex, which a read-write lock is not," : "A robust mutex";
        return new Verdict(
            $"{who} waits for {what}, whose owner, thread {owner}, has exited without unlocking it.",
            [new Culprit(waiter.Process.Pid, null, waiter.Wait.Resource!, $"Nobody is left to unlock {what}: {all} to be ended. {robust} would have told the next one that its owner died.")])
        {
            Sentences = [$"{Upper(what)} names thread {owner} as its owner, and that has exited."],
        };
    }

    private static Verdict OfCycle(LockFault fault)
    {
        ImmutableArray<LockWaiter> chain = fault.Chain;
        LockWaiter NextOf(int place) => chain[(place + 1) % chain.Length];
        ImmutableArray<string> sentences =
        [
            .. chain.Take(MaxSentences).Select((waiter, place) => waiter.Joins
                ? $"{Name(waiter)} waits for {Name(NextOf(place))} to end."
                : IsRefused(waiter) ? $"{Name(waiter)} was refused a mutex that inherits priority (EDEADLK), and waits for ever: {Name(NextOf(place))} has that mutex, or {Name(waiter)} itself."
                : $"{Name(waiter)} waits for {Thing(waiter)}, which {(waiter.HeldAt is { } fd ? $"{Narrator.Name(NextOf(place).Process)} has locked at fd {fd}" : $"{Name(NextOf(place))} has")}."),
        ];
        // Whoever holds a lock could have let go of it before it waited.
        ImmutableArray<Culprit> culprits =
        [
            .. chain.Select((waiter, place) => (Waiter: waiter, Holder: NextOf(place)))
                .OrderBy(pair => pair.Waiter.Joins)
                .Select(pair => new Culprit(pair.Holder.Process.Pid, pair.Waiter.HeldAt, pair.Waiter.Wait.Resource!, pair.Waiter.Joins
                    ? $"It ends when {Name(pair.Holder)} ends without waiting for {Name(pair.Waiter)}."
                    : $"It ends when {Name(pair.Holder)} lets go of {Thing(pair.Waiter)} before it {(pair.Holder.Joins ? $"waits for thread {pair.Holder.Futex!.JoinsTid}" : $"{(pair.Holder.Futex is null ? "waits for" : "locks")} {Thing(pair.Holder)}")}.")),
        ];
        string[] programs = [.. chain.Select(waiter => Narrator.Name(waiter.Process)).Distinct()];
        string who = programs.Length == 1 ? $"In {programs[0]} {Narrator.Listing(chain.Select(Name))}" : Narrator.Listing(chain.Select(waiter => Narrator.Name(waiter.Process)));
        string summary = fault.Kind == LockFaultKind.JoinCycle
            ? $"{who} wait for each other, to end{(chain.All(waiter => waiter.Joins) ? "" : " or to unlock")}."
            : $"{who} each have the lock that another of them waits for.";
        return new Verdict(summary, culprits, chain.Any(IsRefused) ? ["The kernel refuses such a mutex to whom its owner waits for, and to its owner itself, who locks it twice: which of the two it was shows nowhere."] : []) { Sentences = sentences };
    }

    private static Verdict OfUnnamedOwners(LockFault fault)
    {
        ImmutableArray<LockWaiter> wanting = fault.Chain;
        string[] programs = [.. wanting.Select(waiter => Narrator.Name(waiter.Process)).Distinct()];
        string of = programs.Length == 1 ? $" of {programs[0]}" : "", others = OrOthers(fault);
        string which = wanting.All(waiter => Owner(waiter) is null) ? "these locks" : Thing(wanting[0]);
        if (wanting.All(waiter => waiter.Lock!.Form == LockForm.ReadWrite && waiter.Lock.Start == wanting[0].Lock!.Start))
        {
            return new Verdict(
                $"{Narrator.Listing(wanting.Select(Name))}{of} read under {Thing(wanting[0])} and want to write under it: each waits for the others to let go.",
                [.. wanting.Select(waiter => new Culprit(waiter.Process.Pid, null, waiter.Wait.Resource!, $"It ends when {Name(waiter)} lets go of {Thing(waiter)} before it wants to write under it."))],
                [$"No word says who reads: there are as many readers as threads that wait{others}."]);
        }
        return new Verdict(
            $"{Narrator.Listing(wanting.Select(Name))}{of} wait for locks that {(others.Length == 0 ? "only they" : "nobody but they themselves, or who waits for them,")} can have.",
            [.. wanting.Select(waiter => new Culprit(waiter.Process.Pid, null, waiter.Wait.Resource!, $"It ends when whoever has {Thing(waiter)} lets go of it before it waits for another lock."))],
            [$"No word says who has {which}: one of them{others}, or one that has exited without unlocking it.", .. NoLock(wanting)])
        {
            Sentences = [.. wanting.Take(MaxSentences).Select(waiter => $"{Name(waiter)} waits for {Thing(waiter)}{(Owner(waiter) is { } owner ? $", which {Name(owner)} has" : "")}.")],
        };

        LockWaiter? Owner(LockWaiter waiter) => wanting.FirstOrDefault(waiter.IsOwnedBy);
    }

    /// <summary>The first of the chain joins the second; the lock is wanted by that and whoever comes after it.</summary>
    private static Verdict OfUnnamedJoin(LockFault fault)
    {
        (LockWaiter joins, LockWaiter joined, ImmutableArray<LockWaiter> wanting) = (fault.Chain[0], fault.Chain[1], fault.Chain[1..]);
        string who = Name(joins), awaited = Name(joined), what = Thing(joined), others = OrOthers(fault);
        string all = Narrator.Listing(wanting.Select(Name)), itself = wanting.Length == 1 ? awaited : $"one of {all}";
        string[] programs = [.. fault.Chain.Select(waiter => Narrator.Name(waiter.Process)).Distinct()];
        return new Verdict(
            $"{(programs.Length == 1 ? $"In {programs[0]} " : "")}{who} waits for {awaited} to end, and {all} wait{(wanting.Length == 1 ? "s" : "")} for {what}, which only they{(others.Length == 0 ? "" : $"{others},")} can have.",
            [
                new Culprit(joins.Process.Pid, null, joined.Wait.Resource!,
                    $"It ends when {who} lets go of {what} before it waits for {awaited}; or, if {itself} has it already, when that lets go of it before it locks it again."),
            ],
            [$"No word says who has this lock: {who}{others}, or {itself}, or one that has exited without unlocking it.", .. NoLock(wanting)])
        {
            Sentences = [$"{who} waits for {awaited} to end.", .. wanting.Take(MaxSentences).Select(waiter => $"{Name(waiter)} waits for {Thing(waiter)}.")],
        };
    }

    private const int MaxSentences = 20;

    /// <summary>A process by its name where it has one thread only.</summary>
    internal static string Name(LockWaiter waiter) =>
        waiter.Process.Threads.Length == 1 ? Narrator.Name(waiter.Process) : $"thread {waiter.Thread.Comm} ({waiter.Thread.Tid})";

    private static bool IsRefused(LockWaiter waiter) => waiter.Lock?.Form == LockForm.Refused;

    private static string Thing(LockWaiter waiter) => IsRefused(waiter) ? $"the mutex that thread {waiter.Thread.Tid} was refused" : ThingOf(waiter.Wait);

    /// <summary>What is waited for, in memory or on a file: <c>the mutex at 0x7100</c>, <c>the lock on /tmp/l</c>.</summary>
    internal static string ThingOf(Wait wait) => wait.Futex is not { } futex ? $"the lock on {wait.Target?.Text ?? wait.Resource}" : futex.Lock?.Form == LockForm.Refused ? "a mutex that it was refused" : $"the {futex.Lock?.Form switch
    {
        LockForm.Mutex or LockForm.PriorityInheriting => "mutex",
        LockForm.ReadWrite => "read-write lock",
        LockForm.Bare => "lock",
        _ => "futex",
    }} at 0x{AddressOf(futex):x}";

    /// <summary>A read-write lock is waited for at several of its words.</summary>
    private static ulong AddressOf(FutexWait futex) => futex.Lock is { Form: LockForm.ReadWrite } held ? held.Start : futex.Address;

    private static string Upper(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
