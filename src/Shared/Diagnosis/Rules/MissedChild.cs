using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// <see cref="LostWakeup"/> of a signal: a parent waits for SIGCHLD, and the child that it would be sent for had exited before. Nobody else is left to bring it one.
/// <code>
/// parent  waits for SIGCHLD (sigsuspend(2), pause(2), sigwait(3)), which is not pending
/// child   has exited, and is not waited for
/// </code>
/// </summary>
internal sealed class MissedChild : IncidentRule
{
    public override RuleInfo Info => LostWakeup.Told;

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        Evidence evidence = incident.Evidence;
        foreach (int parent in incident.Core.Order())
        {
            if (!evidence.Graph.NodeOf(parent).Waiters.Any(waiter => waiter.Clauses is [{ Wakers.IsEmpty: true, Wait: { Kind: WaitKind.ChildWait, IsToldBySignal: true } }])
                || evidence.Resources.ChildrenOf(evidence.Resources.Find(parent)!).FirstOrDefault(child => child.Record.IsZombie) is not { } child)
                continue;
            string who = narrator.Name(parent), exited = narrator.Name(child.Pid);
            return new Verdict(
                $"{who} waits for SIGCHLD, but its child {exited} has exited before, and the signal has come and gone.",
                [new Culprit(parent, null, $"child:{child.Pid}", $"It ends when {who} waits for {exited} itself (waitpid): look for a signal that comes between the last look for children and the wait, and block it there.")]);
        }
        return null;
    }
}
