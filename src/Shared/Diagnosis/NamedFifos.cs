using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who is stuck if nobody opens a FIFO by its name who does not have it open: a ring of readers that has no input, or a job server whose tokens are gone. A service waits
/// at its FIFO for ever, and has or inherits the other end so that it never ends: that stands apart by what the others wait for, or because it is a step of somebody's work, a recipe of make, which is to end.
/// </summary>
internal static class NamedFifos
{
    /// <summary>Null where it may be meant so: a talk over FIFOs alone of which somebody keeps both ends, or a parent that keeps a FIFO open for the child that it waits for, is how services wait.</summary>
    /// <param name="incident">Seen with <see cref="Counting.Named"/>.</param>
    public static Finding? Tell(Incident incident)
    {
        if (!MayBeTold(incident) || DeadlockTeller.Tell(incident) is not { } finding)
            return null;
        return finding.Rule switch
        {
            // All who share the tokens have both ends.
            "jobserver-starved" => finding,
            "pipe-read-cycle" or "pipe-full-cycle" when AtNames(incident).All(edge => HasOneEndEach(incident, edge)) => finding,
            _ => IsAStep(incident) || TakesTheirOutput(incident) || HoldsUpALock(incident) ? finding : null,
        };
    }

    /// <summary>It stands still for long enough, is of one family, and all who have the FIFOs open are members.</summary>
    private static bool MayBeTold(Incident incident)
    {
        Evidence evidence = incident.Evidence;
        HostProcess[] members = [.. incident.Members.Select(member => evidence.Resources.Find(member)!)];
        return members.All(evidence.StandsStill) && IsFamily(evidence.Resources, members)
            && AtNames(incident).All(edge => OpenersOf(incident, edge).All(opener => incident.Members.Contains(opener.Process)));
    }

    /// <summary>Whether somebody waits for them who runs steps of his work and no services, none of them looks like one, and nobody beside them can still run and come to open the FIFO.</summary>
    private static bool IsAStep(Incident incident)
    {
        Evidence evidence = incident.Evidence;
        HostIdentity host = evidence.Last.Host;
        return incident.Edges.Any(edge => edge is { IsKinship: false, Part.Kind: WaitKind.ChildWait } && evidence.Resources.Find(edge.From) is { } parent && Housekeeping.In(parent.Record, parent.WaitsOf(host)) is { RunsSteps: true })
            && incident.Core.All(pid => evidence.Resources.Find(pid) is { } member && !FifoNoPeer.CatchesAsServices(member.Record, member.WaitsOf(host)) && !FifoNoPeer.MayHavePeerToCome(evidence, member));
    }

    /// <summary>Whether the FIFO is where another of them has its own output, as a shell has that logs itself (`tee log &lt;fifo &amp; exec &gt;fifo; wait`): it is there for those who write to it, and no service's door.</summary>
    private static bool TakesTheirOutput(Incident incident) => AtNames(incident).All(edge =>
        HasOneEndEach(incident, edge) && OpenersOf(incident, edge).Any(opener => opener.Process != edge.From && opener.Fd is 1 or 2 && opener.Access == FdAccess.Write));

    /// <summary>Whether who has one end, and nothing but that, waits for a lock on a file that is to be let go of at the other end: no service keeps the only one who speaks to it waiting so.</summary>
    private static bool HoldsUpALock(Incident incident) =>
        incident.Edges.Any(edge => edge is { IsKinship: false, Part.Kind: WaitKind.FileLock }) && AtNames(incident).All(edge => HasOneEndEach(incident, edge));

    public static IEnumerable<string> Doubts(Incident incident) => incident.Evidence.Counting != Counting.Named ? []
        : AtNames(incident).Select(edge => $"anybody may open the FIFO {edge.Part.Target!.Text} by its name").Distinct();

    public static IEnumerable<IncidentEdge> AtNames(Incident incident) => incident.Edges.Where(edge =>
        edge is { IsKinship: false, Part: { Kind: WaitKind.PipeRead or WaitKind.PipeWrite, Target.Kind: FdKind.Path } } && !WakerFinder.IsUnlinked(incident.Evidence.Resources[edge.From], edge.Part));

    /// <summary>One process group, or all below one of them.</summary>
    public static bool IsFamily(ResourceIndex resources, HostProcess[] members) =>
        members.All(member => member.Record.Pgrp == members[0].Record.Pgrp)
        || members.Any(top => members.All(member => member == top || resources.IsDescendant(member, top)));

    private static OrderedList<Holder> OpenersOf(Incident incident, IncidentEdge edge) =>
        incident.Evidence.Resources.OpenersOf(incident.Evidence.Resources[edge.From].FindFd(edge.Part.Fd!.Value)!);

    /// <summary>Who keeps both ends open means that the FIFO never ends.</summary>
    private static bool HasOneEndEach(Incident incident, IncidentEdge edge) =>
        OpenersOf(incident, edge).GroupBy(opener => opener.Process).All(ends => ends.All(end => end.Access == FdAccess.Read) || ends.All(end => end.Access == FdAccess.Write));
}
