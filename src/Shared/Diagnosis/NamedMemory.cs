using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who is stuck if nobody maps named memory who does not have it mapped. A program that starts others, and hands them its semaphores, may do so by names that it keeps until
/// the end. A service that waits at a semaphore for its clients stands alone.
/// </summary>
internal static class NamedMemory
{
    /// <summary>Null where somebody outside may be meant to wake them.</summary>
    /// <param name="incident">Seen with <see cref="Counting.Named"/>.</param>
    public static Finding? Tell(Incident incident)
    {
        Evidence evidence = incident.Evidence;
        HostProcess[] members = [.. incident.Members.Select(member => evidence.Resources.Find(member)!)];
        return (NamesFault(incident) || (IsJoined(incident) || IsEntangled(incident)) && NamedFifos.IsFamily(evidence.Resources, members)) && members.All(evidence.StandsStill) && In(incident).All(shared => shared.Mappers.All(pid => incident.Members.Contains(pid)))
            ? DeadlockTeller.Tell(incident)
            : null;
    }

    /// <summary>The words of their locks name each other, or somebody who is gone: whoever else may come would unlock what he has not locked.</summary>
    public static bool NamesFault(Incident incident) => !NamedFifos.AtNames(incident).Any() && LockGraph.Of(incident).Any();

    /// <summary>Whether it is known to be made for the processes of one program alone, by names that only those are told: then it is likely enough that all who have it are seen.</summary>
    public static bool IsToItself(Incident incident) =>
        In(incident).All(shared => RuntimeData.Default.OwnMemory.Any(prefix => shared.Name.StartsWith(prefix, StringComparison.Ordinal)));

    /// <summary>Somebody waits for the end of one child: nobody keeps a service like that.</summary>
    public static bool IsJoined(Incident incident) => !NamedFifos.AtNames(incident).Any()
        && incident.Core.Any(pid => incident.Evidence.Graph.NodeOf(pid).Waiters.Any(waiter => waiter.Wait.Children?.Pid is not null));

    /// <summary>Somebody waits at a pipe that has no name, and nobody's main thread for itself alone, as one does that waits for Ctrl-C.</summary>
    private static bool IsEntangled(Incident incident)
    {
        bool any = false;
        foreach (int pid in incident.Core)
        {
            WaitNode node = incident.Evidence.Graph.NodeOf(pid);
            if (node.Main?.WaitsOnlyFor(pid) != false)
                return false;
            any |= node.Waiters.Any(waiter => waiter.Wait is { Kind: WaitKind.PipeRead or WaitKind.PipeWrite, Target.Kind: FdKind.Pipe });
        }
        return any;
    }

    public static IEnumerable<string> Doubts(Incident incident) => incident.Evidence.Counting != Counting.Named ? []
        : In(incident).Select(shared => $"anybody may map {shared.Words}").Distinct();

    private static IEnumerable<SharedObject> In(Incident incident)
    {
        foreach (int pid in incident.Members)
        {
            foreach (Waiter waiter in incident.Evidence.Graph.NodeOf(pid).Waiters)
            {
                if (waiter.Wait.Futex?.Mapping is { } mapping && incident.Evidence.Resources.SharedObjectOf(mapping) is { Linked: true } shared)
                    yield return shared;
            }
        }
    }
}
