using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A client waits on a connection that lies in the queue of a listener, or for room in that queue, and whoever has the listener stands still for as long, in a wait that
/// something else may end: a sleep, a client of its own, another host. It may accept some day, so this is a stall.
/// <code>
/// server  sleeps                        listener: server/3
/// client  reads s                       s: in the queue of the listener
/// </code>
/// </summary>
internal sealed class NotAcceptedYet : EvidenceRule
{
    public override RuleInfo Info { get; } = new("not-accepted-yet", FindingClass.Stall,
        "A client waits on a connection that nobody has accepted, or to connect, and whoever has the listener does not move.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        List<Client> clients = [];
        foreach (HostProcess process in evidence.Triage.Stuck)
        {
            if (told.Contains(process.Pid) || process.IsNew || !MayBeAtListener(evidence.Resources, process))
                continue;
            // Whose connection is not accepted is asked again at each look, so that it is among those that may be stuck.
            foreach (Waiter waiter in evidence.Graph.NodeOf(process.Pid).Waiters)
            {
                if (waiter.Wait.Bounded != Bounded.No || !NeverAccepted.IsAtListener(evidence.Resources, waiter.Wait) || evidence.StillFor(process.Record, waiter.Thread) < evidence.Options.MinimumWait)
                    continue;
                ImmutableArray<Waker> holders = [.. waiter.Clauses.SelectMany(clause => clause.Wakers).Where(waker => waker is { Direct: true, Fd: not null }).Distinct()];
                HostProcess[] owners = [.. holders.Select(holder => holder.Node).Distinct().Select(pid => evidence.Resources.Find(pid)!)];
                if (owners.Length == 0 || waiter.Clauses.Any(clause => clause.Open == Openness.Outside)
                    || !owners.All(owner => evidence.HasSettled(owner) && evidence.StandsStill(owner) && !WaitsToAccept(evidence, owner, holders)))
                    continue;
                clients.Add(new Client(process, waiter, holders));
                break;
            }
        }
        // A server that sleeps is one story, however many wait for it. Who has inherited the listener as well is a client among them.
        foreach (IGrouping<string, Client> alike in clients.GroupBy(client => client.Server))
            yield return Tell(evidence, [.. alike.OrderBy(client => client.Process.Record.StartTimeTicks).ThenBy(client => client.Process.Pid)]);
    }

    /// <param name="Holders">All who have the listener.</param>
    private sealed record Client(HostProcess Process, Waiter Waiter, ImmutableArray<Waker> Holders)
    {
        /// <summary>Pids of all others who have it; where nobody has, its own.</summary>
        public string Server => Holders.All(holder => holder.Node == Process.Pid) ? $"{Process.Pid}"
            : string.Join(' ', Holders.Select(holder => holder.Node).Where(node => node != Process.Pid).Distinct().Order());
    }

    /// <summary>Asked first: most of those who may be stuck wait for something else, and what a node of the graph takes is not taken for them.</summary>
    private static bool MayBeAtListener(ResourceIndex resources, HostProcess process)
    {
        foreach (Wait wait in process.WaitsOf(resources.Look.Host))
        {
            if (wait.Bounded == Bounded.No && NeverAccepted.IsAtListener(resources, wait))
                return true;
        }
        return false;
    }

    /// <summary>
    /// Then the kernel keeps the connection back until there is something to read (TCP_DEFER_ACCEPT), and it stands still by design. But who is told once of each that comes (EPOLLET) has been told of those that
    /// are in the queue.
    /// </summary>
    private static bool WaitsToAccept(Evidence evidence, HostProcess owner, ImmutableArray<Waker> holders) =>
        evidence.Graph.NodeOf(owner.Pid).Waiters.SelectMany(waiter => waiter.Wait.Members.Add(waiter.Wait))
            .Any(wait => wait.Fd is { } fd && holders.Any(holder => holder.Node == owner.Pid && holder.Fd == fd)
                && !(wait is { EdgeTriggered: true, Target: { } listener } && evidence.Resources.Sockets.Find(listener.Id) is { ReceiveQueue: > 0 }));

    /// <param name="evidence">The two looks.</param>
    /// <param name="clients">Those of one listener, the oldest first: by it the finding is known again.</param>
    private Finding Tell(Evidence evidence, ImmutableArray<Client> clients)
    {
        var narrator = new Narrator(evidence.Resources);
        (HostProcess first, Waiter waiter, ImmutableArray<Waker> holders) = clients[0];
        int[] pids = [.. clients.Select(client => client.Process.Pid)];
        int[] owners = [.. clients.SelectMany(client => client.Holders).Select(holder => holder.Node).Distinct().Where(node => !pids.Contains(node))];
        Verdict verdict = NeverAccepted.Tell(evidence.Resources, narrator, first.Pid, waiter.Wait, holders);
        if (clients.Length > 1)
            verdict = verdict with { Summary = $"{verdict.Summary} {Narrator.Listing(pids[1..].Select(narrator.Name))} wait{(clients.Length == 2 ? "s" : "")} there as well." };
        ImmutableArray<IncidentEdge> edges = [.. clients.Select(client => new IncidentEdge(
            client.Process.Pid, client.Waiter.Thread.Tid, 0, client.Waiter.Wait, client.Waiter.Wait, client.Holders, EdgeBasis.Assumed))];
        IEnumerable<Hop> hops = clients.Zip(edges, (client, edge) => new Hop(
            client.Process.Pid, client.Process.Record.Comm,
            [$"{narrator.WaitSentence(client.Process.Pid, client.Waiter, first: true, many: false)} {string.Join(' ', narrator.HolderSentences(client.Process.Pid, [edge]))}"]));
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Suspected, verdict, [first.Pid, .. owners],
            [.. pids.Select(pid => (pid, ParticipantRole.RootWaiter)), .. owners.Select(owner => (owner, ParticipantRole.Holder))],
            [.. pids, .. owners]);
        finding = FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                .. AlikeHops.Join(hops, _ => "").Select(hop => string.Join(' ', hop.Sentences)),
                .. owners.Select(owner => narrator.WaitSentence(owner, evidence.Graph.NodeOf(owner).Waiters[0], first: true, many: false)),
                .. verdict.Culprits.Select(culprit => culprit.Remedy).Distinct(),
            ],
            Edges = FindingBuilder.Edges(evidence, edges),
            NotProvenBecause = [owners.Length > 0 ? $"{Narrator.Listing(owners.Select(narrator.Name))} can still accept it" : "another thread of it, or a handler, may still accept it"],
        });
        return Upstream.Join(finding, evidence, [.. pids.SelectMany(pid => Upstream.Of(evidence, pid, finding.Pids)).DistinctBy(edge => (edge.From, edge.To[0].Node))]);
    }
}
