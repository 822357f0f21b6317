using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>What language runtimes look like, as parents and as children.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] RuntimeHangs =
    [
        .. ((string[])["one", "two", "ticks", "killed", "zombie", "setsid", "twice", "busy", "chatty", "listening"]).Select(LeakedOutput),
        LeakedOutput("limit") with { Expected = HeldByOrphan with { Confidence = Confidence.Suspected, AtLeast = Confidence.Suspected, Group = "output-of-python-timed" } },
        TerminalToItsEnd("left"),
        TerminalToItsEnd("polled"),
        TerminalToItsEnd("kept") with { Expected = new(FindingClass.Deadlock, Confidence.Likely, "eof-held-by-self") { Pids = ["runner"], Culprit = new("runner", 4) } },
        LeakedOutput("deep") with { Expected = HeldByOrphan with { Unannounced = 1, Culprit = null, Group = "output-of-python-deep" } },
        LeakedOutput("many") with
        {
            Expected = HeldByOrphan with { Pids = ["runner", .. Enumerable.Range(0, 5).Select(i => $"leftover-{i}")], Culprit = null, Group = "output-of-python-many" },
        },
        new("output-of-a-shells-command", Script("leaked_output.sh"), "substitution", Program("zoo-exec"))
        {
            Expected = HeldByOrphan with { Pids = ["shell"], Unannounced = 1, Culprit = null, Group = null },
        },
        new("input-of-a-pipelines-last", Script("leaked_output.sh"), "stdin", Program("zoo-exec")) { Expected = HeldByOrphan with { Others = ["shell"], Group = null } },
        new("input-of-sort-by-its-number", "python3", Script("given_to_sort.py"), Program("zoo-exec")) { Needs = "python3", Expected = HeldByOrphan with { Others = ["parent"], Group = null } },
        new("output-of-perls-command", "perl", Script("leaked_output.pl"), Program("zoo-exec")) { Needs = "perl", Expected = HeldByOrphan with { Group = null } },
        Leaked("dotnet-reads", "dotnet", Dotnet, "read", "sleep 1000 & true", group: "dotnet-reads"),
        Leaked("dotnet-waits-for-events", "dotnet", Dotnet, "events", "sleep 1000 & true", group: "dotnet-reads"),
        Leaked("java-reads", "java", Java, "read", "sleep 1000 & exec sleep 1"),
        Leaked("go-reads", "go", Go, "read", "sleep 1000 & true"),
        HeldTwice("dotnet", Dotnet),
        HeldTwice("java", Java),
        HeldTwice("go", Go),
        Unread,
        .. LonePythons,
        .. FiltersOfRuntimes,
        new("node-leaves-output-unread", "node", Script("leaves_unread.js"), Program("zoo-exec"))
        {
            Needs = "node", Expected = new(FindingClass.Deadlock, Confidence.Likely, "socket-full-cycle") { Pids = ["runner", "child"], Culprit = new("runner", [.. Enumerable.Range(3, 90)]) },
        },
        LeaksToAPool("pool") with { Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling") { Pids = ["runner", "filter"], Unannounced = 2 } },
        LeaksToAPool("executor") with { Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling") { Pids = ["runner", "filter", "worker"], Culprit = new("worker", [.. Enumerable.Range(3, 90)]) } },
        new("python-waits-for-its-own-pool", "python3", Script("own_answer.py"))
        {
            Needs = "python3", Expected = new(FindingClass.Deadlock, Confidence.Suspected, "lost-wakeup") { Pids = ["runner"], Culprit = new("runner") },
        },
        new("xargs-of-two", Script("shared-work.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "ipc-cycle") { Pids = ["shell", "xargs"], Unannounced = 2 },
        },
        .. SpeechlessRuntimes,
        .. RuntimesThatWaitForThemselves,
        .. AtFifos,
        Running("java-waits-for-a-filter", "java", Java, "wait", "cat") with
        {
            // So stands one as well that waits for a signal, and has its child wait beside it.
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "child-never-exits") { Pids = ["runner"], Unannounced = 1, Culprit = new("runner", [.. Enumerable.Range(3, 90)]) },
        },
        .. ((string[])["thread", "pool", "pool-that-keeps-it", "shell"]).Select(InAThread),
        NeverEnds("go-reaps-what-waits-for-it", "go", [.. Go, "reap", Program("zoo-exec"), "child", "cat"]),
        NeverEnds("dotnet-waits-for-what-waits-for-it", "dotnet", [.. Dotnet, "never-ends", Program("zoo-exec"), "child", "cat"]),
        NeverEnds("node-waits-for-what-waits-for-it", "node", ["node", Script("waits_for_exit.js"), Program("zoo-exec")]),
        LockOrder("caught", Confidence.Likely),
        LockOrder("ignored", Confidence.Proven),
        new("daemon-has-inherited-a-pipe", "python3", Script("leaked_daemon.py"), "daemon", Program("zoo-exec"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Stall, Confidence.Likely, "eof-held-by-unrelated")
            {
                AtLeast = Confidence.Suspected, Pids = ["reader", "daemon"], Others = ["starter"], Culprit = new("daemon", Enumerable.Range(3, 20).ToArray()),
            },
        },
        new("forked-copy-has-a-lifeline", "python3", Script("leaked_daemon.py"), "lifeline", Program("zoo-exec"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Stall, Confidence.Suspected, "eof-held-by-unrelated")
            {
                Pids = ["reader", "copy"], Others = ["starter"], Culprit = new("copy", Enumerable.Range(3, 20).ToArray()),
            },
        },
        new("node-runs-its-client", "node", Script("runs_its_client.js"))
        {
            Needs = "node",
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "never-accepted")
            {
                AtLeast = Confidence.Suspected, Pids = ["runner"], Unannounced = 1, Culprit = new("runner", [.. Enumerable.Range(3, 90)]),
            },
        },
        LeaksToAServer("filter", "child-never-exits"),
        LeaksToAServer("answer", "pipe-read-cycle"),
        TickingBesideFilter,
        TickingBesideFilter with { Name = "python-waits-a-tick-beside-its-filter", Environment = Form("event") },
        new("polls-a-child-that-waits-for-input", "python3", Script("polls_again.py"), "filter", Program("zoo-exec"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Stall, Confidence.Suspected, "retry-without-progress") { Pids = ["parent", "child"], Culprit = new("child", 1) },
        },
    ];

    private static readonly Specimen[] HealthyRuntimes =
    [
        new("python-until-signal", "python3", Script("idle-until-signal.py")) { Needs = "python3" },
        new("python-thread-pool", "python3", Script("thread_pool.py")) { Needs = "python3" },
        new("python-reads-of-a-job-that-waits", "python3", Script("leaked_output.py"), "waited", Program("zoo-exec")) { Needs = "python3" },
        new("python-looks-again-for-a-job-that-waits", "python3", Script("leaked_output.py"), "ticked", Program("zoo-exec")) { Needs = "python3" },
        new("pipeline-whose-first-lives", Script("leaked_output.sh"), "feeder", Program("zoo-exec")),
        new("log-of-a-daemon", "python3", Script("leaked_daemon.py"), "log", Program("zoo-exec")) { Needs = "python3" },
        new("lifeline-that-is-held", "python3", Script("leaked_daemon.py"), "held", Program("zoo-exec")) { Needs = "python3" },
        Ticking("worker"),
        Ticking("worker") with { Name = "python-waits-a-tick-beside-its-worker", Environment = Form("event") },
        Ticking("filter") with { Name = "python-ticks-and-feeds-its-filter", TwinOf = "python-ticks-beside-its-filter", Environment = Form("feeder") },
        new("polls-a-child-at-work", "python3", Script("polls_again.py"), "worker", Program("zoo-exec")) { Needs = "python3" },
        new("idle-node-server", "node", Script("idle-server.js")) { Needs = "node" },
        Healthily(LeakedOutput("limit")),
        .. ((string[])["left", "polled", "kept"]).Select(how => Healthily(TerminalToItsEnd(how))),
        TerminalToItsEnd("offered") with { Expected = null },
        Healthily(Unread),
        Healthily(RuntimeHangs.Single(hang => hang.Name == "input-of-sort-by-its-number")),
        .. RuntimeHangs.Where(hang => hang.Name is "go-reaps-what-waits-for-it" or "dotnet-waits-for-what-waits-for-it" or "node-waits-for-what-waits-for-it" or "python-lock-order-caught" or "python-lock-order-ignored").Select(Healthily),
        .. FiltersOfRuntimes.Select(Healthily),
        .. ((string[])["thread", "pool", "pool-that-keeps-it", "shell"]).Select(how => Healthily(InAThread(how))),
        .. SpeechlessRuntimes.Concat(RuntimesThatWaitForThemselves).Concat(AtFifos).Select(Healthily),
        Healthily(RuntimeHangs.Single(hang => hang.Name == "java-waits-for-a-filter")),
        FilterOf("go-reads-of-a-filter-listens", "go", [.. Go, "read"], Confidence.Likely) with { Expected = null, Environment = new Dictionary<string, string> { ["ZOO_FORM"] = "listens" } },
        .. RuntimeHangs.Where(hang => hang.Name is "node-leaves-output-unread" or "node-runs-its-client" or "python-leaks-its-filter-to-a-server" or "python-leaks-its-answer-to-a-server" or "python-leaks-its-filter-to-a-pool" or "python-leaks-its-filter-to-an-executor" or "python-waits-for-its-own-pool" or "xargs-of-two").Select(Healthily),
        .. LonePythons.Select(Healthily),
        .. ((string[])["handler", "listens"]).Select(how => Filter($"python-awaits-a-filter-{how}", "python3", "awaits_a_filter.py", how) with { Expected = null }),
        Filter("node-awaits-a-filter-listens", "node", "awaits_a_filter.js", "listens") with { Expected = null },
        .. ((string[])["pool", "executor", "queues"]).Select(how => new Specimen($"python-idle-processes-{how}", "python3", Script("idle_processes.py"), how) { Needs = "python3" }),
        .. ((string[])["handler", "sigwait", "pause", "timer"]).Select(how => new Specimen($"python-idle-workers-{how}", "python3", Script("idle_workers.py"), how) { Needs = "python3" }),
        Running("idle-dotnet", "dotnet", Dotnet, "idle"),
        new("dotnet-waits-for-sigterm", [.. Dotnet, "host"]) { Needs = "dotnet" },
        Running("dotnet-waits-for-a-worker", "dotnet", Dotnet, "wait", "sleep", "1000"),
        Running("dotnet-reads-of-a-worker", "dotnet", Dotnet, "read", "sleep", "1000"),
        Running("idle-java", "java", Java, "idle"),
        Running("java-stays-for-its-threads", "java", Java, "stay"),
        Running("java-waits-for-a-worker", "java", Java, "wait", "sleep", "1000"),
        Running("java-reads-of-a-worker", "java", Java, "read", "sleep", "1000"),
        Running("java-has-monitors-in-order", "java", Java, "monitors") with { TwinOf = "java-has-monitors-in-two-orders", Environment = Form("healthy") },
        Running("dotnet-has-monitors-in-order", "dotnet", Dotnet, "monitors") with { Environment = new Dictionary<string, string> { ["ZOO_FORM"] = "healthy" } },
        Running("idle-go", "go", Go, "idle"),
        Running("go-waits-for-a-worker", "go", Go, "wait", "sleep", "1000"),
        Running("go-reads-of-a-worker", "go", Go, "read", "sleep", "1000"),
    ];

    /// <summary>A filter (cat) is asked something, its input is kept open, and its answer is awaited: by the main thread, by an event loop, or by a thread for which the main one waits.</summary>
    private static Specimen[] FiltersOfRuntimes =>
    [
        FilterOf("dotnet-reads-of-a-filter", "dotnet", [.. Dotnet, "read"], Confidence.Likely),
        FilterOf("dotnet-is-told-of-a-filter", "dotnet", [.. Dotnet, "events"], Confidence.Suspected),
        FilterOf("java-reads-of-a-filter", "java", [.. Java, "read"], Confidence.Likely),
        // Which of its threads polls for the goroutines is chance: where it is not the leader, that one looks idle.
        FilterOf("go-reads-of-a-filter", "go", [.. Go, "read"], Confidence.Likely),
        Filter("python-awaits-a-filter", "python3", "awaits_a_filter.py", "hang"),
        Filter("node-awaits-a-filter", "node", "awaits_a_filter.js", "hang"),
    ];

    /// <summary>Each waits for the other's first word, or at both ends of a connection. No timer shows; whether a signal is waited for does in Go, if no C is in it, and not in Node.</summary>
    private static Specimen[] SpeechlessRuntimes =>
    [
        new("two-nodes-wait-for-a-first-message", "node", Script("first_message.js"))
        {
            Needs = "node",
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "socket-mutual-read") { Pids = ["parent", "child"], Culprit = new("parent", [.. Enumerable.Range(3, 90)]), Group = "speechless-node" },
        },
        Running("two-go-wait-for-a-first-word", "go", [.. Go, "talk"]) with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "socket-mutual-read") { AtLeast = Confidence.Suspected, Pids = ["runner"], Unannounced = 1, Group = "speechless-go" },
        },
        Running("go-waits-at-both-ends", "go", [.. Go, "talk-alone"]) with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "socket-mutual-read") { AtLeast = Confidence.Suspected, Pids = ["runner"], Culprit = new("runner", [.. Enumerable.Range(3, 90)]) },
        },
        new("python-is-server-and-client", "python3", Script("own_server.py"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "socket-mutual-read") { Pids = ["runner"], Culprit = new("runner", [.. Enumerable.Range(3, 90)]) },
        },
    ];

    /// <summary>Nobody in them waits for anything from outside, nor for any time.</summary>
    private static Specimen[] RuntimesThatWaitForThemselves =>
    [
        Running("java-has-monitors-in-two-orders", "java", Java, "monitors") with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "lock-order-cycle") { Pids = ["runner"], Culprit = new("runner") },
        },
        Running("java-has-locks-in-two-orders", "java", Java, "locks") with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "lock-order-cycle") { Pids = ["runner"], Culprit = new("runner") },
        },
        Running("java-waits-for-a-lock-of-one-that-ended", "java", Java, "abandoned") with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "lock-owner-gone") { Pids = ["runner"], Culprit = new("runner") },
        },
        Running("java-awaits-a-task-that-needs-its-lock", "java", Java, "task") with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "join-cycle") { Pids = ["runner"], Culprit = new("runner") },
        },
        Running("java-waits-for-its-own-pool", "java", Java, "futures") with { Expected = Lost(Confidence.Suspected, "runner") with { Group = "java-pool" } },
        // Another collector, with threads of its own that tick.
        Running("java-with-zgc-waits-for-its-own-pool", "java", ["java", "-XX:+UseZGC", "-Xmx64m", .. Java[1..]], "futures") with { Expected = Lost(Confidence.Suspected, "runner") with { Group = "java-pool" } },
        Running("dotnet-waits-at-two-queues", "dotnet", Dotnet, "queues") with { Expected = Lost(Confidence.Suspected, "runner") },
        Running("dotnet-reads-a-pipe-of-its-own", "dotnet", Dotnet, "own-pipe") with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "eof-held-by-self") { Pids = ["runner"], Culprit = new("runner", [.. Enumerable.Range(3, 90)]) },
        },
        // With V8's memory reducer the loop of the worker waits 8 s at a time for a collection, and a timeout of V8 is not to be told from one of the program.
        new("node-waits-for-an-idle-worker", "node", "--no-memory-reducer", Script("idle_worker.js")) { Needs = "node", Expected = Lost(Confidence.Suspected, "runner") },
        new("node-waits-for-a-worker-at-a-word", "node", "--no-memory-reducer", Script("worker_at_a_word.js")) { Needs = "node", Expected = Lost(Confidence.Suspected, "runner") },
        new("node-waits-at-a-word", "node", "--no-memory-reducer", Script("awaits_a_word.js")) { Needs = "node", Expected = Lost(Confidence.Proven, "runner") with { AtLeast = Confidence.Likely } },
    ];

    /// <summary>At whose other end nobody is, whatever signals their runtimes catch.</summary>
    private static Specimen[] AtFifos =>
    [
        Running("dash-reads-its-own-fifo", "dash", ["dash", Script("own_fifo.sh")]) with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "eof-held-by-self") { Pids = ["runner"], Culprit = new("runner", 0, 3) },
        },
        NodeAt("own", new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-self") { Pids = ["runner"], AtLeast = Confidence.Likely, Culprit = new("runner", [.. Enumerable.Range(3, 90)]) }),
        NodeAt("main", new(FindingClass.Stall, Confidence.Suspected, "fifo-no-peer") { Pids = ["runner"], Group = "node-at-a-fifo" }),
        NodeAt("pool", new(FindingClass.Stall, Confidence.Suspected, "fifo-no-peer") { Pids = ["runner"], Group = "node-at-a-fifo" }),
    ];

    private static Specimen NodeAt(string how, Expected expected) => new($"node-at-a-fifo-{how}", "node", Script("fifos.js"), how) { Needs = "node", Expected = expected };

    private static Expected Lost(Confidence confidence, string role) => new(FindingClass.Deadlock, confidence, "lost-wakeup") { Pids = [role], Culprit = new(role) };

    private static Specimen FilterOf(string name, string needs, string[] program, Confidence confidence) => Running(name, needs, [.. program, "cat"], []) with
    {
        Expected = new(FindingClass.Deadlock, confidence, "pipe-read-cycle")
        {
            AtLeast = needs == "go" ? Confidence.Suspected : confidence, Pids = ["runner"], Unannounced = 1, Culprit = new("runner", [.. Enumerable.Range(3, 90)]), Group = $"filter-of-{needs}",
        },
    };

    private static Specimen Filter(string name, string needs, string script, string how) =>
        new(name, needs, Script(script), Program("zoo-exec"), how)
        {
            Needs = needs,
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, needs == "node" ? "socket-mutual-read" : "pipe-read-cycle")
            {
                Pids = ["runner", "filter"], Culprit = new("runner", [.. Enumerable.Range(3, 90)]),
            },
        };

    private static string[] Dotnet => ["dotnet", Program("dotnet/specimen.dll")];

    private static string[] Java => ["java", "-cp", Path.GetDirectoryName(Program("x"))!, "Specimen"];

    private static string[] Go => [Program("go-specimen")];

    /// <summary>Its child writes more errors than the pipe takes, and it reads them when the child has ended.</summary>
    private static Specimen Unread => new(
        "dotnet-leaves-errors-unread", [.. Dotnet, "unread-errors", Program("zoo-exec"), "child", "bash", "-c", "exec head -c 300000 /dev/zero >&2"])
    {
        Needs = "dotnet",
        Expected = new(FindingClass.Deadlock, Confidence.Likely, "pipe-full-cycle") { Pids = ["runner", "child"], Culprit = new("runner", [.. Enumerable.Range(3, 90)]) },
    };

    /// <summary>Its child waits for the end of its input, which it has itself.</summary>
    private static Specimen NeverEnds(string name, string needs, string[] command) => new(name, command)
    {
        Needs = needs,
        // Without back end ebpf it is not known what the program has asked to be told of.
        Expected = new(FindingClass.Deadlock, Confidence.Likely, "child-never-exits")
        {
            AtLeast = needs == "go" ? Confidence.Likely : Confidence.Suspected, Pids = ["runner", "child"], Culprit = new("runner", [.. Enumerable.Range(3, 90)]),
        },
    };

    /// <summary>Its main thread could be idling until Ctrl-C comes.</summary>
    private static Specimen InAThread(string how) => new($"python-waits-for-a-filter-in-a-{how}", "python3", Script("waits_in_a_thread.py"), how, Program("zoo-exec"))
    {
        Needs = "python3",
        Expected = how switch
        {
            // The command of the shell says nothing of itself.
            "shell" => new(FindingClass.Deadlock, Confidence.Suspected, "pipe-read-cycle") { Pids = ["program", "shell"], Unannounced = 1, Culprit = new("program", [.. Enumerable.Range(3, 90)]) },
            "pool-that-keeps-it" => new(FindingClass.Deadlock, Confidence.Suspected, "child-never-exits") { Pids = ["program", "worker0", "worker1"], Unannounced = 2 },
            _ => new(FindingClass.Deadlock, Confidence.Suspected, "child-never-exits")
            {
                Pids = how == "pool" ? ["program", "worker", "filter"] : ["program", "filter"], Culprit = new("program", [.. Enumerable.Range(3, 90)]),
            },
        },
    };

    private static Specimen LeaksToAServer(string how, string rule) => new($"python-leaks-its-{how}-to-a-server", "python3", Script("leaks_to_a_server.py"), how, Program("zoo-exec"))
    {
        Needs = "python3",
        Expected = new(FindingClass.Deadlock, Confidence.Likely, rule) { Pids = ["runner", "filter"], Culprit = new("runner", [.. Enumerable.Range(3, 90)]) },
    };

    private static Specimen LeaksToAPool(string how) => new($"python-leaks-its-filter-to-{(how == "pool" ? "a" : "an")}-{how}", "python3", Script("leaks_to_a_pool.py"), how, Program("zoo-exec")) { Needs = "python3" };

    private static Specimen TickingBesideFilter => Ticking("filter") with
    {
        Expected = new(FindingClass.Deadlock, Confidence.Suspected, "child-never-exits") { Group = "python-ticks-beside-its-filter", Pids = ["program", "child"], Culprit = new("program", [.. Enumerable.Range(3, 90)]) },
    };

    private static Specimen Ticking(string how) => new($"python-ticks-beside-its-{how}", "python3", Script("ticking_parent.py"), how, Program("zoo-exec")) { Needs = "python3" };

    private static Specimen LockOrder(string how, Confidence confidence) => new($"python-lock-order-{how}", "python3", Script("lock_order.py"), how)
    {
        Needs = "python3",
        Expected = new(FindingClass.Deadlock, confidence, "lost-wakeup") { Pids = ["runner"], Culprit = new("runner"), Group = "python-lock-order" },
    };

    /// <summary>Each catches SIGINT alone, as its runtime does in every program.</summary>
    private static Specimen[] LonePythons =>
    [
        LonePython("pipe", Confidence.Likely, "eof-held-by-self", ["program"], new("program", 4)),
        LonePython("thread", Confidence.Suspected, "eof-held-by-self", ["program"], new("program", 4)),
        LonePython("pair", Confidence.Likely, "eof-held-by-self", ["program"], new("program", [.. Enumerable.Range(3, 90)])),
        LonePython("select", Confidence.Likely, "eof-held-by-self", ["program", "worker"], new("worker", [.. Enumerable.Range(3, 90)])),
        LonePython("epoll", Confidence.Likely, "eof-held-by-self", ["program", "worker"], new("worker", [.. Enumerable.Range(3, 90)])),
        LonePython("fifo", Confidence.Likely, "eof-held-by-self", ["program"], new("program", [.. Enumerable.Range(3, 90)])),
        LonePython("eventfd", Confidence.Likely, "eventfd-no-peer", ["program"], new("program", [.. Enumerable.Range(3, 90)])),
        LonePython("memory", Confidence.Suspected, "lost-wakeup", ["program"], new("program")),
        LonePython("pool", Confidence.Suspected, "lost-wakeup", ["program"], new("program"), unannounced: 2),
        LonePython("fork", Confidence.Likely, "lost-wakeup", ["program", "worker"], new("worker")),
        LonePython("loop", Confidence.Suspected, "lost-wakeup", ["program"], new("program")) with { Command = ["python3", Script("blocks_its_loop.py")] },
        LonePython("terminal", Confidence.Suspected, "ipc-cycle", ["program", "child"], new("program", [.. Enumerable.Range(3, 90)])),
    ];

    private static Specimen LonePython(string how, Confidence confidence, string rule, string[] roles, Letting culprit, int unannounced = 0) => new($"lone-python-{how}", "python3", Script("lone_python.py"), how, Program("zoo-exec"))
    {
        Needs = "python3",
        // In which of its threads it reads makes no other bug of it.
        Expected = new(FindingClass.Deadlock, confidence, rule) { Pids = [.. roles], Unannounced = unannounced, Culprit = culprit, Group = how is "pipe" or "thread" or "select" ? "lone-python-reads-its-own-pipe" : null },
    };

    private static Specimen Healthily(Specimen hang) =>
        hang with { Name = $"{hang.Name}-healthy", Expected = null, TwinOf = hang.Name, Environment = new Dictionary<string, string> { ["ZOO_FORM"] = "healthy" } };

    private static Expected HeldByOrphan => new(FindingClass.Stall, Confidence.Likely, "eof-held-by-orphan")
    {
        Pids = ["runner", "leftover"], Culprit = new("leftover", 1), Group = "output-of-python",
    };

    private static Specimen LeakedOutput(string how) => new($"output-of-python-{how}", "python3", Script("leaked_output.py"), how, Program("zoo-exec"))
    {
        Needs = "python3",
        Expected = HeldByOrphan with { Group = how switch { "one" or "killed" or "zombie" or "setsid" or "twice" => "output-of-python", "chatty" or "listening" => "output-of-python-in-python", "ticks" => "output-of-python-timed", _ => null } },
    };

    private static Specimen TerminalToItsEnd(string how) => new($"terminal-of-python-{how}", "python3", Script("terminal_to_its_end.py"), how, Program("zoo-exec"))
    {
        Needs = "python3",
        Expected = HeldByOrphan with { Culprit = new("leftover", 0), Group = null },
    };

    /// <summary>A program that cannot announce itself, started by one that can.</summary>
    private static Specimen Running(string name, string needs, string[] program, params string[] arguments) =>
        new(name, [Program("zoo-exec"), "runner", .. program, .. arguments]) { Needs = needs };

    private static Specimen Leaked(string name, string needs, string[] program, string how, string job, string? group = null) => Running(name, needs, program, how, "bash", "-c", job) with
    {
        Expected = HeldByOrphan with { Pids = ["runner"], Unannounced = 1, Culprit = null, Group = group },
    };

    /// <summary>Its child has the output twice and waits for its input, which is never closed.</summary>
    private static Specimen HeldTwice(string needs, string[] program) => Running($"{needs}-reads-what-is-held-twice", needs, program, "read", "bash", "-c", "exec cat 4>&1") with
    {
        Expected = new(FindingClass.Deadlock, Confidence.Likely, "eof-held-by-duplicate") { Pids = ["runner"], Unannounced = 1 },
    };
}
