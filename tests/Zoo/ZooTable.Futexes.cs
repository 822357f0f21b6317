using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Threads that wait inside one process.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] FutexHangs =
    [
        new("lost-wakeup", Program("lost-wakeup"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "stuck-set") { Pids = ["lost-wakeup"] },
        },
    ];
}
