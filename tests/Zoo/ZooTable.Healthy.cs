using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Small programs with which nothing is wrong.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] HealthyPrograms =
    [
        Founding("founding-mended-at-work", form: "mended-working"),
        new("pipeline", Script("pipeline.sh"), Program("zoo-exec")),
        new("ping-pong", Program("ping-pong")),
        new("shell-waits-for-a-worker", Script("waits-for-worker.sh"), Program("zoo-exec")),
        .. ((string[])["dash", "bash"]).Select(shell => new Specimen($"{shell}-keeps-its-stdio", Script("saves-stdio.sh"), shell, Program("zoo-exec"))),
        new("shell-reads-a-fifo", Script("fifo-reader.sh")),
        new("parallel-build", Script("parallel-build.sh"), Program("zoo-exec")) { Needs = "make" },
        new("service-in-sigwait", Program("signal-daemon"), "sigwait"),
        new("service-with-a-self-pipe", Program("signal-daemon"), "self-pipe"),
        new("supervisor-with-a-self-pipe", Program("supervisor"), "self-pipe"),
        new("supervisor-in-a-semaphore", Program("supervisor"), "semaphore"),
        new("supervisor-of-a-queue", Program("supervisor"), "queue"),
        new("semaphore-in-shared-memory", Program("shares-memory")),
        new("collector-of-a-siblings-log", Program("log-collector")),
        new("service-in-accept", Program("listener")),
        new("consumer-that-polls", Program("bounded-poller")),
        new("proper-daemon", Program("proper-daemon")),
    ];
}
