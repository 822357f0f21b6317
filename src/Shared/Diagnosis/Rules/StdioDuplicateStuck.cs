using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// Processes whose threads all wait on futexes, one of them with duplicates of its own stdio. Each is proven stuck, and nothing in /proc
/// draws an edge between them: kinship joins them. The duplicates are the signature by which the hang is known again, not its
/// proven cause: closing them frees nobody.
/// <code>
/// runner  waits for test to exit
/// test    3 threads in futexes
/// child   7 threads in futexes   0=3 r, 1=4 w, 2=5 w
/// </code>
/// </summary>
internal sealed class StdioDuplicateStuck : IncidentRule
{
    public override RuleInfo Info { get; } = new("stdio-duplicate-stuck", FindingClass.Deadlock,
        "A process all of whose threads wait on futexes holds duplicates of its own stdio: the signature of a service that was not torn down.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        if (!incident.Core.All(node => incident.Evidence.Graph.NodeOf(node).Waiters.All(waiter => waiter.Wait.Kind == WaitKind.Futex)))
            return null;
        foreach (int holder in incident.Core.Order())
        {
            ImmutableArray<StdioDuplicates> duplicates = StdioDuplicates.Of(resources, resources[holder]);
            if (duplicates.IsEmpty)
                continue;
            ProcessRecord process = resources[holder];
            string who = Narrator.Name(process);
            ImmutableArray<FileDescriptor> fds = [.. duplicates.SelectMany(pair => pair.Duplicates).OrderBy(fd => fd.Number)];
            string listed = Narrator.Listing(duplicates.Select(pair => $"fd {pair.Stdio.Number} at fd {Narrator.Listing(pair.Duplicates.Select(fd => fd.Number.ToString()))}"));
            string remedy = $"What {who} waits for inside itself has to end; look at its threads first, and at who was to close its duplicates of stdio.";
            return new Verdict(
                $"{who} stands still with all its threads in futexes and holds duplicates of its own stdio: {listed}.",
                [.. fds.Select(fd => new Culprit(process.Pid, fd.Number, fd.Target.Text, remedy))],
                ["The duplicates are the signature of this hang, not its proven cause: everybody in it waits on futexes, and closing the duplicates would free nobody by itself."]);
        }
        return null;
    }
}
