using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Every specimen, and what must be said of it.</summary>
internal static class ZooTable
{
    private static readonly string[] FoundingRoles = ["runner", "contract-tests", "served-child"];

    public static readonly Specimen FoundingEof = new("founding-eof", Program("runner"))
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-duplicate") { Pids = FoundingRoles, Culprit = new("served-child", 4) },
    };

    public static readonly Specimen FoundingSeen = Founding("founding-seen", form: "seen") with
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "stdio-duplicate-stuck") { Pids = FoundingRoles, Culprit = new("served-child", 3, 4, 5) },
    };

    public static readonly Specimen FoundingOtherFds = Founding("founding-eof-other-fds", ("ZOO_FD_SHIFT", "37")) with
    {
        Expected = FoundingEof.Expected! with { Culprit = new("served-child", 41) },
    };

    public static readonly Specimen FoundingPython = new("founding-eof-python", "python3", Script("founding_eof.py"))
    {
        Needs = "python3",
        Expected = FoundingEof.Expected! with { AtLeast = Confidence.Likely, Culprit = new("served-child") { Fds = Enumerable.Range(3, 20).ToArray() } },
    };

    public static readonly Specimen[] Hangs =
    [
        FoundingEof,
        FoundingSeen,
        FoundingOtherFds,
        FoundingPython,
        new("cat-holds-its-own-stdin", Program("own-stdin"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-self") { Pids = ["own-stdin", "cat"], Culprit = new("cat", 4) },
        },
        new("parent-waits-before-it-closes", Program("wait-before-close"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "child-never-exits") { Pids = ["wait-before-close", "cat"], Culprit = new("wait-before-close", 4) },
        },
        new("output-held-by-an-orphan", Program("collector"))
        {
            Expected = new(FindingClass.Stall, Confidence.Likely, "eof-held-by-orphan") { Pids = ["collector", "leftover"], Culprit = new("leftover", 1) },
        },
        new("output-held-by-an-orphan-of-its-own-session", Program("collector"), "setsid")
        {
            Expected = new(FindingClass.Stall, Confidence.Likely, "eof-held-by-orphan") { Pids = ["collector", "leftover"], Culprit = new("leftover", 1) },
        },
        CrossReaders("read"),
        CrossReaders("poll"),
        CrossReaders("select"),
        CrossReaders("epoll"),
        new("both-pipes-full", Program("full-pipes"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "stuck-set") { Pids = ["full-pipes", "filter"] },
        },
        new("all-tokens-are-gone", Program("token-pipe"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "stuck-set") { Pids = ["server", "job-0", "job-1", "job-2", "job-3"] },
        },
        new("lost-wakeup", Program("lost-wakeup"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "stuck-set") { Pids = ["lost-wakeup"] },
        },
    ];

    public static readonly Specimen[] Leftovers =
    [
        Founding("founding-still-at-work", form: "working") with
        {
            Expected = new(FindingClass.Hazard, Confidence.Proven, "stdio-duplicate") { AtLeast = Confidence.Suspected, Pids = ["served-child"] },
        },
        LeftBehind("idle", "orphan-idle"),
        LeftBehind("busy", "orphan-busy"),
        LeftBehind("holding", "orphan-holding-pipe"),
        new("twelve-zombies", Program("never-waits"))
        {
            Expected = new(FindingClass.Zombie, Confidence.Proven, "unreaped-zombies") { AtLeast = Confidence.Suspected, Pids = [], Unannounced = 12, Others = ["never-waits"] },
        },
    ];

    /// <summary>They wait, some of them for ever, and nothing is wrong with them.</summary>
    public static readonly Specimen[] Healthy =
    [
        Founding("founding-mended-at-work", form: "mended-working"),
        new("pipeline", Script("pipeline.sh"), Program("zoo-exec")),
        new("ping-pong", Program("ping-pong")),
        new("shell-waits-for-a-worker", Script("waits-for-worker.sh"), Program("zoo-exec")),
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
        new("python-until-signal", "python3", Script("idle-until-signal.py")) { Needs = "python3" },
        new("idle-node-server", "node", Script("idle-server.js")) { Needs = "node" },
    ];

    public static Specimen Founding(string name, params (string Name, string Value)[] environment) => new(name, Program("runner"))
    {
        Environment = environment.ToDictionary(entry => entry.Name, entry => entry.Value),
    };

    public static Specimen Founding(string name, string form) => Founding(name, ("ZOO_FORM", form));

    public static Specimen ByName(string name) => Hangs.Concat(Leftovers).Concat(Healthy).Single(specimen => specimen.Name == name);

    private static Specimen CrossReaders(string call) => new($"cross-readers-{call}", Program("cross-readers"), call)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "stuck-set") { Pids = ["first", "second"] },
    };

    private static Specimen LeftBehind(string how, string rule) => new($"left-behind-{how}", Program("leave-behind"), how)
    {
        Expected = new(FindingClass.Orphan, Confidence.Proven, rule) { AtLeast = Confidence.Suspected, Pids = ["leftover"] },
    };
}
