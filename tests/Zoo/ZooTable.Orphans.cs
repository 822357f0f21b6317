using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>What is left behind.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] OrphansAndZombies =
    [
        LeftBehind("idle", "orphan-idle"),
        LeftBehind("busy", "orphan-busy"),
        LeftBehind("holding", "orphan-holding-pipe"),
        new("twelve-zombies", Program("never-waits"))
        {
            Expected = new(FindingClass.Zombie, Confidence.Proven, "unreaped-zombies") { AtLeast = Confidence.Suspected, Pids = [], Unannounced = 12, Others = ["never-waits"] },
        },
    ];

    private static Specimen LeftBehind(string how, string rule) => new($"left-behind-{how}", Program("leave-behind"), how)
    {
        Expected = new(FindingClass.Orphan, Confidence.Proven, rule) { AtLeast = Confidence.Suspected, Pids = ["leftover"] },
    };
}
