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
        LockLeft("orphan"),
        LockLeft("leaver"),
        new("lock-left-by-flock", Script("left-lock.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Stall, Confidence.Likely, "lock-held-by-orphan") { Pids = ["next", "daemon"], Others = ["shell"], Culprit = new("daemon", 3) },
        },
        new("server-beside-has-a-readers-stdin", Program("beside"), "stdin")
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "eof-held-by-unrelated") { Pids = ["reader", "server"], Others = ["parent"], Culprit = new("server", 6) },
        },
        new("server-beside-has-a-childs-output", Program("beside"), "output")
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "eof-held-by-unrelated") { Pids = ["parent", "server"], Culprit = new("server", 6) },
        },
    ];

    /// <summary>The same command lines, where who holds the pipe is at work.</summary>
    private static readonly Specimen[] HealthyStalls =
    [
        .. ((string[])["server-beside-has-a-readers-stdin", "server-beside-has-a-childs-output"]).Select(hang => Stalls.Single(specimen => specimen.Name == hang))
            .Select(hang => hang with { Name = $"{hang.Name}-busy", Expected = null, TwinOf = hang.Name, Environment = Form("busy") }),
        // The holder works; it took the lock for itself, and the next one stands by.
        .. ((string[])["orphan", "leaver"]).SelectMany(how => (Specimen[])
        [
            LockLeft(how) with { Name = $"lock-left-to-{how}-alive", Expected = null, TwinOf = LockLeft(how).Name, Environment = new Dictionary<string, string> { ["ZOO_ALIVE"] = "1" } },
            LockLeft(how) with { Name = $"lock-left-to-{how}-daemon", Expected = null, TwinOf = LockLeft(how).Name, Environment = Form("daemon") },
        ]),
        .. ((string[])["busy", "closed"]).Select(form => Stalls.Single(specimen => specimen.Name == "lock-left-by-flock") with
        {
            Name = $"lock-left-by-flock-{form}", Expected = null, TwinOf = "lock-left-by-flock", Environment = Form(form),
        }),
    ];

    private static Specimen LockLeft(string how) => new($"lock-left-to-{how}", Program("file-locks"), how)
    {
        Expected = new(FindingClass.Stall, Confidence.Likely, "lock-held-by-orphan") { Pids = ["waiter", "holder"], Culprit = new("holder", 5) },
    };
}
