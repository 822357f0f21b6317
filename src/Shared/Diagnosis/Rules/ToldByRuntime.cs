using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// <see cref="LockOrderCycle"/>, <see cref="JoinCycle"/> or <see cref="LockOwnerGone"/>, where /proc does not show who has the locks and the runtime, asked for it or read in its memory, says which of its threads wait
/// for each other, or for what a thread has that has ended.
/// <code>
/// one  has a, waits for b        each "waiting to lock monitor ..., which is held by" the other
/// two  has b, waits for a
/// </code>
/// </summary>
internal static class ToldByRuntime
{
    /// <param name="evidence">The two looks.</param>
    /// <param name="process">Who was asked.</param>
    /// <param name="runtime">Who says it.</param>
    /// <param name="waits">One for each thread.</param>
    /// <param name="asked">Whether it was asked; else what it keeps of its locks was read in its memory.</param>
    public static Finding Tell(Evidence evidence, HostProcess process, string runtime, ImmutableArray<RuntimeWait> waits, bool asked)
    {
        string who = Narrator.Name(process.Record);
        (RuleInfo rule, string forWhat, string way) = Has(waits, RuntimeWaitKind.LockOfEnded)
            ? (LockOwnerGone.Told, "for a lock whose owner has ended without unlocking it", "whoever takes a lock has to unlock it on every way out.")
            : Has(waits, RuntimeWaitKind.Task) || Has(waits, RuntimeWaitKind.ThreadEnd)
                ? (JoinCycle.Told, waits.Length == 1 ? "for what it is to do itself" : "for each other, to end or to unlock what they have", "a thread may not wait for another's end while that one needs what it has.")
                : (LockOrderCycle.Told, waits.Length == 1 ? "for a lock that it has itself" : "for locks that others of them have", "its threads have to take those locks in one order.");
        string remedy = $"It ends with {who}: {way}";
        string wait = waits.Length == 1 ? $"A thread of {who} waits" : $"{waits.Length} threads of {who} wait";
        var verdict = new Verdict($"{wait} {forWhat}: {runtime} itself says so.", [new Culprit(process.Pid, null, "lock", remedy)]);
        Finding finding = new FindingBuilder(evidence).Build(rule, Confidence.Likely, verdict, [process.Pid], [(process.Pid, ParticipantRole.RootWaiter)], [process.Pid]);
        finding = FindingBuilder.Complete(finding with
        {
            Explanation = [asked ? $"{who} has stood still, and {runtime} in it was asked for its threads." : $"What {runtime} in {who} keeps of its locks was read in its memory.", .. waits.Select(told => told.Said), remedy],
            NotProvenBecause = [$"{runtime} says it, and who has its locks shows nowhere else"],
            Edges = [.. waits.Where(told => told.Kind is not null).Select(told => EdgeOf(process.Pid, told))],
        });
        return Upstream.Join(finding, evidence, [.. Upstream.Of(evidence, process.Pid, finding.Pids).DistinctBy(edge => edge.From)]);
    }

    private static bool Has(ImmutableArray<RuntimeWait> waits, RuntimeWaitKind kind) => waits.Any(wait => wait.Kind == kind);

    private static WaitEdge EdgeOf(int pid, RuntimeWait wait) =>
        new(new EdgeEnd(pid, wait.Tid), 0, wait.Kind.ToString()!, wait.Type, wait.Kind == RuntimeWaitKind.LockOfEnded ? [] : [new EdgeTarget(pid, null, Outside: false)], EdgeBasis.Assumed);
}
