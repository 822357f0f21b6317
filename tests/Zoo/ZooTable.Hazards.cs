using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Pipes that will not end when their reader thinks they do.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] Hazards =
    [
        PipeHazard("own-stdin", "own-both-ends", "owner"),
        PipeHazard("own-set", "own-both-ends", "owner"),
        PipeHazard("collected", "leaked-write-end", "bystander"),
        PipeHazard("fed", "leaked-write-end", "bystander"),
    ];

    private static readonly Specimen[] HealthyPipes =
    [
        new("bystander-that-was-given-nothing", Program("pipe-hazard"), "closed"),
        new("pipe-that-all-read-and-write", Program("pipe-hazard"), "tokens"),
        new("pipe-to-wake-oneself", Program("pipe-hazard"), "self-pipe"),
        new("pipe-that-is-a-bell", Program("pipe-hazard"), "bell"),
        new("end-in-a-table-of-a-thread-at-work", Program("own-table")) { TwinOf = "end-in-a-table-of-a-thread", Environment = Form("healthy") },
        new("end-in-a-table-of-a-thread-beside-at-work", Program("table-beside")) { TwinOf = "end-in-a-table-of-a-thread-beside", Environment = Form("healthy") },
        new("reads-a-timer-beside-its-worker", Program("timer-beside")) { TwinOf = "reads-a-timer-beside-its-filter", Environment = Form("healthy") },
        new("loop-over-a-command", Script("loop-over-a-command.sh"), Program("zoo-exec")),
        new("redirection-below-a-shell", Program("pipe-hazard"), "shell"),
    ];

    private static Specimen PipeHazard(string mode, string rule, string holder) => new($"pipe-hazard-{mode}", Program("pipe-hazard"), mode)
    {
        Expected = new(FindingClass.Hazard, Confidence.Proven, rule) { AtLeast = Confidence.Likely, Pids = [holder], Culprit = new(holder) { Fds = [3, 4, 5] } },
    };
}
