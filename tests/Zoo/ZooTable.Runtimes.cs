using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>What language runtimes look like.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] HealthyRuntimes =
    [
        new("python-until-signal", "python3", Script("idle-until-signal.py")) { Needs = "python3" },
        new("idle-node-server", "node", Script("idle-server.js")) { Needs = "node" },
    ];
}
