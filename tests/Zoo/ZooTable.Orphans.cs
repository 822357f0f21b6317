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
        LeftServer("ignores", "orphan-idle", "server"),
        LeftServer("pipes", "orphan-idle", "server"),
        LeftServer("wrapped", "orphan-idle", "wrapper"),
        LeftServer("compiles", "orphan-busy", "server"),
        LeftServer("ports", "orphan-idle", "server"),
        LeftServer("many", "orphan-idle", [.. Enumerable.Range(1, 12).Select(number => $"server-{number}")]),
        LeftServer("job", "orphan-idle", "server") with { Command = ["env", "BUILD_ID=zoo-4711", Program("left-server"), "job"] },
        new("twelve-zombies", Program("never-waits"))
        {
            Expected = new(FindingClass.Zombie, Confidence.Proven, "unreaped-zombies") { AtLeast = Confidence.Suspected, Pids = [], Unannounced = 12, Others = ["never-waits"] },
        },
    ];

    private static readonly Specimen[] HealthyLeftServers =
    [
        new("daemon-with-null-stdio", Program("left-server"), "null"),
        new("daemon-with-a-log", Program("left-server"), "log"),
        new("build-server-with-a-name", Program("left-server"), "named"),
        new("job-with-a-session-of-its-own", "env", "BUILD_ID=zoo-4712", Program("left-server"), "living-job"),
        new("nohup-job-with-a-log", "sh", "-c", $"nohup {Program("zoo-exec")} sleeper sleep 1000 >nohup.log 2>&1 </dev/null &"),
    ];

    private static Specimen LeftServer(string mode, string rule, params string[] left) => new($"left-server-{mode}", Program("left-server"), mode)
    {
        Expected = new(FindingClass.Orphan, Confidence.Proven, rule) { AtLeast = Confidence.Suspected, Pids = left },
    };

    private static Specimen LeftBehind(string how, string rule) => new($"left-behind-{how}", Program("leave-behind"), how)
    {
        Expected = new(FindingClass.Orphan, Confidence.Proven, rule) { AtLeast = Confidence.Suspected, Pids = ["leftover"] },
    };
}
