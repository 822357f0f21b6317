using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>File locks, System V and POSIX queues, FIFOs and terminals.</summary>
internal static partial class ZooTable
{
    /// <summary>A parent has a handler of SIGTERM, in which it may do what its child waits for.</summary>
    private static Dictionary<string, string> Told => new() { ["ZOO_TOLD"] = "1" };

    private static readonly (string, string) Alive = ("ZOO_ALIVE", "1"), Named = ("ZOO_NAMED", "1");

    private static readonly Specimen[] LockHangs =
    [
        LockCircle("flock", 6),
        LockCircle("ofd", 6),
        LockCircle("mixed", 6),
        LockCircle("position", 6),
        LockCircle("upgrade", 5),
        new("lock-ring", Program("file-locks"), "ring")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "file-lock-cycle") { Pids = [.. Enumerable.Range(0, 14).Select(place => $"link-{place}")] },
        },
        new("lock-self", Program("file-locks"), "self")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "file-lock-cycle") { Pids = ["self"], Culprit = new("self", 5) },
        },
        LockHeld("pipe"),
        LockHeld("inherited"),
        LockHeld("left"),
        new("lock-and-mutex-crosswise", Program("file-locks"), "mutex")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "lock-order-cycle") { Pids = ["first", "second"], Culprit = new("first", 5) },
        },
        new("lock-of-one-who-is-stopped", Program("file-locks"), "stopped")
        {
            Expected = new(FindingClass.Stall, Confidence.Proven, "waiting-for-stopped-child") { AtLeast = Confidence.Likely, Pids = ["waiter", "holder"], Culprit = new("holder", 5) },
        },
        new("lock-child", Program("file-locks"), "child")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "file-lock-held-by-stuck") { Pids = ["parent", "child"], Culprit = new("parent", 5), Group = "lock-child" },
        },
        new("lock-child-in-memory", Program("file-locks"), "memory")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "file-lock-held-by-stuck") { Pids = ["parent", "child"], Culprit = new("parent", 5) },
        },
        new("lock-nested", Program("file-locks"), "nested")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "file-lock-held-by-stuck") { Pids = ["parent", "child"], Culprit = new("parent", 5) },
        },
        // Who stands by for a lock, while its holder waits to be told to give it up, stands the same way.
        new("lock-child-of-one-that-may-be-told", Program("file-locks"), "child")
        {
            Environment = Told,
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "file-lock-held-by-stuck") { Pids = ["parent", "child"], Culprit = new("parent", 5), Group = "lock-child" },
        },
        new("lock-circle-of-shells", Script("shell-locks.sh"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "file-lock-cycle") { Pids = ["shell", "first", "first-waits", "second", "second-waits"] },
        },
        new("lock-that-a-background-job-has-inherited", Script("inherited-lock.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "file-lock-held-by-stuck") { Pids = ["shell", "wants"], Culprit = new("shell", 9) },
        },
        TalkOfTwo("semaphores"),
        TalkOfTwo("messages"),
        TalkOfTwo("queues"),
        TalkOfTwo("polled"),
        TalkOfTwo("fifos"),
        TalkOfTwo("terminal"),
        new("prompt-that-nobody-answers", Program("ipc-waits"), "prompt")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["parent", "child"], Culprit = new("child", 6) },
        },
        new("answer-behind-a-semaphore", Program("ipc-waits"), "answer")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "ipc-cycle") { AtLeast = Confidence.Likely, Pids = ["parent", "child"] },
        },
        new("message-queue-is-full", Program("ipc-waits"), "full")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "ipc-cycle") { Pids = ["parent", "child"], Culprit = new("parent") },
        },
        FullTerminal("wait"),
        FullTerminal("kept"),
        FullTerminal("poll"),
        FullTerminal("both"),
        new("terminal-that-nobody-types-at", Program("full-terminal"), "reads")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "child-never-exits") { Pids = ["parent", "child"], Culprit = new("parent", 3), Group = "terminal-read" },
        },
        new("terminal-of-one-whose-output-is-read", Program("full-terminal"), "prints")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["parent", "child"], Culprit = new("child", 1) },
        },
        new("terminal-that-is-asked-for-a-password", Program("full-terminal"), "asks")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "child-never-exits") { Pids = ["parent", "child"], Culprit = new("parent", 3), Group = "terminal-read" },
        },
        new("relay-wait", Program("relay"), "wait")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "child-never-exits") { Pids = ["parent", "relay", "child"], Culprit = new("parent", 4) },
        },
        new("relay-answer", Program("relay"), "answer")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "pipe-read-cycle") { Pids = ["parent", "relay", "child"], Culprit = new("parent", 4) },
        },
        new("relay-twice", Program("relay"), "twice")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "eof-held-by-duplicate") { Pids = ["relay", "child"], Culprit = new("child", 4) },
        },
        FifoOpen("read"),
        FifoOpen("write"),
        FifoOpen("creat", group: "write"),
        new("fifo-open-cross", Program("fifo-open"), "cross")
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "fifo-no-peer") { Pids = ["opener", "second"] },
        },
        new("shell-that-logs-itself", Script("shell-logs-itself.sh"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "child-never-exits") { Pids = ["shell", "tee"], Culprit = new("shell", 1) },
        },
        new("fifo-open-in-a-shell", Script("shell-fifo.sh"))
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "fifo-no-peer") { Pids = ["shell", "cat"], Culprit = new("cat", -1) },
        },
        // Nor can what is not there yet, before its exec.
        new("fifo-open-by-an-action-of-spawn", Program("spawn-fifo"))
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "fifo-no-peer") { Pids = ["spawner"], Unannounced = 1 },
        },
        // What timeout(1) runs cannot announce itself.
        new("fifo-open-under-timeout", Script("fifo-under-timeout.sh"))
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "fifo-no-peer") { Pids = [], Unannounced = 1 },
        },
    ];

    private static readonly Specimen[] HealthyLocks =
    [
        Twin("lock-circle-flock", Alive),
        Twin("lock-circle-ofd", Alive),
        Twin("lock-circle-mixed", Alive),
        Twin("lock-circle-position", Alive),
        Twin("lock-circle-upgrade", Alive),
        Twin("lock-ring", Alive),
        Twin("lock-self", Alive),
        Twin("lock-held-pipe", Alive),
        Twin("lock-held-inherited", Alive),
        Twin("lock-held-left", Alive),
        Twin("lock-and-mutex-crosswise", Alive),
        Twin("lock-of-one-who-is-stopped", Alive),
        Twin("lock-child", Alive),
        Twin("lock-child-in-memory", Alive),
        Twin("lock-nested", Alive),
        Twin("lock-circle-of-shells", Alive),
        Twin("lock-that-a-background-job-has-inherited", ("ZOO_FORM", "next")) with { Name = "lock-of-a-shell-that-waits-for-whichever-ends-first" },
        Twin("talk-semaphores", Alive),
        Twin("talk-semaphores", Named),
        Twin("message-queue-is-full", Alive),
        Twin("message-queue-is-full", Named),
        Twin("talk-messages", Alive),
        Twin("talk-messages", Named),
        Twin("talk-queues", Alive),
        Twin("talk-queues", Named),
        Twin("talk-polled", Alive),
        Twin("talk-polled", Named),
        Twin("talk-fifos", Alive),
        Twin("talk-fifos", Named),
        Twin("talk-fifos", ("ZOO_LINKED", "1")) with { Name = "talk-fifos-linked" },
        Twin("talk-terminal", Alive),
        Twin("talk-terminal", ("ZOO_TIMED", "1")) with { Name = "talk-terminal-for-a-time" },
        Twin("prompt-that-nobody-answers", Alive),
        Twin("answer-behind-a-semaphore", Alive),
        .. ((string[])["terminal-full-wait", "terminal-full-kept", "terminal-full-poll", "terminal-that-nobody-types-at", "terminal-that-is-asked-for-a-password", "terminal-of-one-whose-output-is-read", "relay-wait", "relay-answer", "relay-twice"]).Select(hang => Twin(hang, ("ZOO_FORM", "busy")) with { Name = $"{hang}-busy" }),
        Twin("relay-wait", ("ZOO_FORM", "worker")) with { Name = "relay-wait-worker" },
        Twin("relay-answer", ("ZOO_FORM", "worker")) with { Name = "relay-answer-worker" },
        Twin("fifo-open-read", Alive),
        Twin("shell-that-logs-itself", Alive),
        Twin("fifo-open-in-a-shell", Alive),
        Twin("fifo-open-under-timeout", Alive),
        Twin("fifo-open-by-an-action-of-spawn", Alive),
    ];

    private static Specimen LockCircle(string how, int fd) => new($"lock-circle-{how}", Program("file-locks"), how)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "file-lock-cycle") { Pids = ["first", "second"], Culprit = new("second", fd), Group = $"lock-circle-{(how == "position" ? "mixed" : how)}" },
    };

    private static Specimen LockHeld(string how) => new($"lock-held-{how}", Program("file-locks"), how)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "file-lock-held-by-stuck") { Pids = ["waiter", "holder"], Culprit = new("holder", 7), Group = "lock-held" },
    };

    private static Specimen TalkOfTwo(string through) => new($"talk-{through}", Program("ipc-waits"), through)
    {
        // The ids of System V objects stand in ipcs(1), for whoever would use them.
        Expected = new(FindingClass.Deadlock, through is "semaphores" or "messages" ? Confidence.Likely : Confidence.Proven, "ipc-cycle")
        {
            Pids = ["parent", "child"], Culprit = through is "semaphores" or "messages" ? new("child") : null,
        },
    };

    private static Specimen FullTerminal(string how) => new($"terminal-full-{how}", Program("full-terminal"), how)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "terminal-full-cycle") { Pids = ["parent", "child"], Culprit = how == "both" ? null : new("parent", 3) },
    };

    private static Specimen FifoOpen(string how, string? group = null) => new($"fifo-open-{how}", Program("fifo-open"), how)
    {
        Expected = new(FindingClass.Stall, Confidence.Suspected, "fifo-no-peer") { Pids = ["opener"], Culprit = new("opener", -1), Group = $"fifo-open-{group ?? how}" },
    };

    /// <summary>The hang's command line, with nothing wrong.</summary>
    private static Specimen Twin(string hang, (string Name, string Value) healthy) =>
        new($"{hang}-{(healthy == Alive ? "alive" : "named")}", [.. LockHangs.Single(specimen => specimen.Name == hang).Command])
        {
            TwinOf = hang,
            Environment = new Dictionary<string, string> { [healthy.Name] = healthy.Value },
        };
}
