using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Waits without progress that something outside could still end.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] Stalls =
    [
        new("output-held-by-an-orphan", Program("collector"))
        {
            Expected = new(FindingClass.Stall, Confidence.Likely, "eof-held-by-orphan") { Pids = ["collector", "leftover"], Culprit = new("leftover", 1), Group = "collector" },
        },
        new("output-held-by-an-orphan-of-its-own-session", Program("collector"), "setsid")
        {
            Expected = new(FindingClass.Stall, Confidence.Likely, "eof-held-by-orphan") { Pids = ["collector", "leftover"], Culprit = new("leftover", 1), Group = "collector" },
        },
    ];
}
