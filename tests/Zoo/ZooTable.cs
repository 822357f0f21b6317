using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Every specimen, and what must be said of it. A file for each family.</summary>
internal static partial class ZooTable
{
    /// <summary>Hangs: deadlocks and stalls.</summary>
    public static IEnumerable<Specimen> Hangs =>
    [
        .. FoundingHangs,
        .. PipeHangs,
        .. PipeRingHangs,
        .. FutexHangs,
        .. SocketHangs,
        .. LockHangs,
        .. Stalls,
        .. StoppedStalls,
        .. RuntimeHangs,
    ];

    /// <summary>What is no hang and is told all the same: orphans, zombies, what is stopped, hazards.</summary>
    public static IEnumerable<Specimen> Leftovers =>
    [
        .. FoundingLeftovers,
        .. OrphansAndZombies,
        .. StoppedThings,
        .. Hazards,
    ];

    /// <summary>They wait, some of them for ever, and nothing is wrong with them.</summary>
    public static IEnumerable<Specimen> Healthy =>
    [
        .. HealthyPrograms,
        .. HealthyRuntimes,
        .. HealthySockets,
        .. HealthyLocks,
        .. HealthyFutexes,
        .. HealthyPipeRings,
        .. HealthyStopped,
        .. HealthyLeftServers,
        .. HealthyPipes,
        .. HealthyStalls,
    ];

    public static Specimen ByName(string name) => Hangs.Concat(Leftovers).Concat(Healthy).Single(specimen => specimen.Name == name);
}
