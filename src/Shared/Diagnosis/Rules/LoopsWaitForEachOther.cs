using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// <see cref="LostWakeup"/> of event loops: each thread of a process polls what the others wake it by, and would have ended if it waited for nothing. The main one waits for a worker to end, say, and that for a message,
/// or outside its loop, at a word that another should store.
/// <code>
/// main    polls its own pipe and eventfd
/// worker  polls its own pipe and eventfd
/// </code>
/// A handler of a signal that its runtime has in every program may be there to end it: so it is suspected.
/// </summary>
internal sealed class LoopsWaitForEachOther : IncidentRule
{
    public override RuleInfo Info => LostWakeup.Told;

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        if (incident.Core.Count != 1 || !incident.HasStoodStill
            || incident.Evidence.Resources.Find(incident.Core.Single()) is not { } process || !NotByDesign.HasLoopsAlone(process, incident.Evidence.Last.Host))
            return null;
        string who = narrator.Name(process.Pid);
        return new Verdict(
            $"The threads of {who} wait for nothing but a word from each other, and nobody is left who would say one.",
            [new Culprit(process.Pid, null, incident.Evidence.Graph.NodeOf(process.Pid).Main?.Wait.Resource ?? "?", $"It ends when {who} is ended: look for a thread that waits for the end of a worker, or for its answer, and a worker that waits for the next message, or in memory that both have (Atomics.wait).")],
            ["Their loops end where there is nothing left to wait for, and a handler of a signal is nothing such: each waits for another thread. Workers that idle until a signal comes, for which the main thread waits, stand the same way."])
        {
            OnlySuspected = true,
            SpeaksAgainstIdling = true,
        };
    }
}
