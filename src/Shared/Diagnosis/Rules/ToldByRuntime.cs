using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// <see cref="LockOrderCycle"/> or <see cref="LockOwnerGone"/>, where /proc does not show who has the locks and the runtime, asked for it or read in its memory, says that its threads wait for each other's, or for one of a thread that has ended.
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
    /// <param name="says">One for each thread.</param>
    /// <param name="asked">Whether it was asked; else what it keeps of its locks was read in its memory.</param>
    /// <param name="ownerGone">Whether they wait for what a thread has that has ended.</param>
    public static Finding Tell(Evidence evidence, HostProcess process, string runtime, ImmutableArray<string> says, bool asked, bool ownerGone)
    {
        string who = Narrator.Name(process.Record);
        string remedy = $"It ends with {who}: " + (ownerGone ? "whoever takes a lock has to unlock it on every way out." : "its threads have to take those locks in one order.");
        string wait = (says.Length == 1 ? $"A thread of {who} waits" : $"{says.Length} threads of {who} wait")
            + (ownerGone ? " for a lock whose owner has ended without unlocking it" : " for locks that others of them have");
        var verdict = new Verdict($"{wait}: {runtime} itself says so.", [new Culprit(process.Pid, null, "lock", remedy)]);
        Finding finding = new FindingBuilder(evidence).Build(ownerGone ? LockOwnerGone.Told : LockOrderCycle.Told, Confidence.Likely, verdict, [process.Pid], [(process.Pid, ParticipantRole.RootWaiter)], [process.Pid]);
        finding = FindingBuilder.Complete(finding with
        {
            Explanation = [asked ? $"{who} has stood still, and {runtime} in it was asked for its threads." : $"What {runtime} in {who} keeps of its locks was read in its memory.", .. says, remedy],
            NotProvenBecause = [$"{runtime} says it, and who has its locks shows nowhere else"],
        });
        return Upstream.Join(finding, evidence, [.. Upstream.Of(evidence, process.Pid, finding.Pids).DistinctBy(edge => edge.From)]);
    }
}
