using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Pipes, eventfds, vfork and children that wait for each other, each with the same program at work.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] PipeRingHangs =
    [
        new("ring-of-three-readers", Program("pipe-ring"), "3", "read")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["parent", "member-0", "member-1", "member-2"] },
        },
        new("ring-of-two-pollers-of-several-pipes", Program("pipe-ring"), "2", "poll")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["parent", "member-0", "member-1"] },
        },
        new("ring-of-three-who-watch-their-readers", Program("pipe-ring"), "3", "watch")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["parent", "member-0", "member-1", "member-2"] },
        },
        new("fifos-that-all-have-open-for-both", Script("fifo-talk.sh"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "ipc-cycle") { Pids = ["shell", "one", "other"] },
        },
        new("ring-of-three-full-pipes", Program("pipe-ring"), "3", "full")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-full-cycle") { Pids = ["parent", "member-0", "member-1", "member-2"] },
        },
        RingBy("preadv2", "pipe-read-cycle"),
        RingBy("splice", "pipe-read-cycle"),
        RingBy("tee", "pipe-full-cycle"),
        RingBy("vmsplice", "pipe-full-cycle"),
        RingBy("sendfile", "pipe-full-cycle"),
        new("pipeline-whose-word-goes-back", Script("word-goes-back.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["shell", "first", "second", "back"] },
        },
        new("ring-over-a-named-fifo", Script("fifo-ring.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "pipe-read-cycle") { Pids = ["shell", "tee", "cat"] },
        },
        new("tokens-of-a-named-fifo-are-gone", Program("fifo-tokens"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "jobserver-starved") { Pids = ["server", "job-0", "job-1", "job-2"] },
        },
        new("later-child-has-the-pipe", Program("later-child"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling") { Pids = ["parent", "filter", "later"], Culprit = new("later", 4) },
        },
        new("later-child-has-the-socket", Program("later-child"), "sockets")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling") { Pids = ["parent", "filter", "later"], Culprit = new("later", 4) },
        },
        new("later-childs-child-has-the-pipe", Program("later-child"))
        {
            Environment = Form("nested"),
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling") { Pids = ["parent", "filter", "later", "below"], Culprit = new("later", 4) },
        },
        .. ((string[])["suspend", "wait", "fd", "epoll"]).Select(ToldBySignal),
        new("shell-waits-for-a-signal", Script("waits-for-all.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "child-never-exits") { Pids = ["shell", "filter"], Culprit = new("shell", 4) },
        },
        new("captures-more-than-a-pipe-holds", "python3", Script("own_capture.py"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-full-cycle") { Pids = ["program"], Culprit = new("program", 3) },
        },
        LaterChildInPython("inherit"),
        LaterChildInPython("pass-fds"),
        new("filter-has-the-end-of-anothers-output", "python3", Script("later_child.py"), "output", Program("zoo-exec"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling") { Pids = ["parent", "later"], Culprit = new("later") { Fds = [.. Enumerable.Range(3, 10)] } },
        },
        new("later-substitution-has-the-pipe", Script("later-substitution.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling") { Pids = ["shell", "filter", "later"], Culprit = new("later", 5) },
        },
        new("forked-child-has-the-trackers-pipe", "python3", Script("tracker.py"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling") { Pids = ["parent", "tracker", "forked"], Culprit = new("forked") { Fds = [.. Enumerable.Range(3, 10)] } },
        },
        new("all-input-before-any-output-python", "python3", Script("all_input_first.py"), Program("zoo-exec"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-full-cycle") { Pids = ["parent", "filter"], Culprit = new("parent") { Fds = [.. Enumerable.Range(3, 10)] } },
        },
        new("all-input-before-any-output-bash", Script("all-input-first.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-full-cycle") { Pids = ["shell", "filter"], Culprit = new("shell", 63) },
        },
        UnreadOutput("wait"),
        UnreadOutput("threads"),
        UnreadOutput("wait") with
        {
            Name = "unread-output-of-one-that-may-be-told",
            Environment = Told,
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "pipe-full-cycle") { Pids = ["parent", "child"], Culprit = new("parent", 3), Group = "unread-output" },
        },
        new("vfork-child-waits-for-its-parents-lock", Program("vfork-child"), "lock")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "vfork-stuck") { Pids = ["parent", "child"], Culprit = new("child", -1) },
        },
        new("vfork-child-waits-for-its-parent", Program("vfork-child"), "pipe")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "vfork-stuck") { Pids = ["parent", "child"], Culprit = new("child", -1) },
        },
        new("set-of-which-nothing-is-armed", Program("oneshot"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "stuck-set") { Pids = ["parent", "child"], Culprit = new("parent", [.. Enumerable.Range(3, 90)]) },
        },
        EventFds("pair", "first", "second"),
        EventFds("poll", "first", "second"),
        EventFds("alone", "first"),
        EventFds("full", "first", "second"),
        Pending("pipe", "child-never-exits", ["parent", "child"], new("parent", 4)),
        Pending("eventfd", "eventfd-no-peer", ["parent", "child"], new("child", 3)),
        Pending("own", "eventfd-no-peer", ["parent"], new("parent", 3)),
        new("cache-needs-a-token-of-its-clients", Program("shared-jobserver"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "jobserver-starved") { Pids = ["build", "cache", "client-0", "client-1", "client-2"], Culprit = new("cache", 3) },
        },
        new("jobs-of-make-want-another-token", Script("takes-token.sh"), Program("zoo-exec"), Program("take-tokens"))
        {
            Needs = "make",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "jobserver-starved") { Pids = ["shell", "make", "job-a", "job-b"] },
        },
        new("coprocess-is-waited-for-before-its-input-ends", Script("coprocess.sh"), Program("zoo-exec"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "child-never-exits") { Pids = ["shell", "filter"], Culprit = new("shell", 60), Group = "coprocess" },
        },
        new("coprocess-of-a-shell-with-a-trap", Script("coprocess.sh"), Program("zoo-exec"))
        {
            Environment = new Dictionary<string, string> { ["ZOO_TRAP"] = "1" },
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "child-never-exits") { Pids = ["shell", "filter"], Culprit = new("shell", 60), Group = "coprocess" },
        },
        Foreground("sh"),
        Foreground("bash"),
        new("recipes-read-what-make-has-open", Script("recipes.sh"), Program("zoo-exec"))
        {
            Needs = "make",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "ipc-cycle") { AtLeast = Confidence.Likely, Pids = ["shell", "make", "job-a", "job-b"] },
        },
        new("recipe-reads-a-fifo-of-its-own", Script("recipe-at-a-fifo.sh"), Program("zoo-exec"))
        {
            Needs = "make",
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "ipc-cycle") { Pids = ["shell", "make"], Unannounced = 2 },
        },
        .. ((string[])["pause", "suspend", "wait", "fd"]).Select(MissedSigchld),
        new("sort-whose-input-is-not-over", "python3", Script("sorted_before_end.py"), Program("zoo-exec"))
        {
            Needs = "python3",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { AtLeast = Confidence.Likely, Pids = ["parent", "sort"], Culprit = new("parent", [.. Enumerable.Range(3, 30)]) },
        },
        new("perl-closes-a-copied-handle", "perl", Script("wait-before-close.pl"), Program("zoo-exec"))
        {
            Needs = "perl",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "child-never-exits") { Pids = ["parent", "child"], Culprit = new("parent") { Fds = [.. Enumerable.Range(3, 10)] } },
        },
        new("perl-closes-a-copied-handle-of-a-shell", "perl", Script("wait-before-close.pl"), Program("zoo-exec"), "shell")
        {
            Needs = "perl",
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "child-never-exits") { Pids = ["parent", "shell", "child"], Culprit = new("parent") { Fds = [.. Enumerable.Range(3, 10)] } },
        },
    ];

    private static readonly Specimen[] HealthyPipeRings =
    [
        Twin("ring-of-three-readers", "fed"),
        Twin("ring-of-two-pollers-of-several-pipes", "fed"),
        Twin("ring-of-three-full-pipes", "fed"),
        .. ((string[])["preadv2", "splice", "tee", "vmsplice", "sendfile"]).Select(call => Twin($"ring-by-{call}", "fed")),
        Twin("ring-of-three-who-watch-their-readers", "fed"),
        Twin("fifos-that-all-have-open-for-both", "busy"),
        Twin("pipeline-whose-word-goes-back", "busy"),
        Twin("ring-over-a-named-fifo", "fed"),
        Twin("ring-over-a-named-fifo", "kept"),
        Twin("tokens-of-a-named-fifo-are-gone", "busy"),
        Twin("tokens-of-a-named-fifo-are-gone", "queue"),
        Twin("later-child-has-the-pipe", "busy"),
        Twin("later-child-has-the-socket", "busy"),
        .. ((string[])["suspend", "wait", "fd", "epoll"]).Select(how => Twin($"told-by-signal-{how}", "busy")),
        .. ((string[])["suspend", "wait", "fd", "epoll"]).Select(how => Twin($"told-by-signal-{how}", "told")),
        Twin("shell-waits-for-a-signal", "busy"),
        Twin("captures-more-than-a-pipe-holds", "fits"),
        Twin("later-child-in-python-inherit", "busy"),
        Twin("filter-has-the-end-of-anothers-output", "busy"),
        Twin("later-substitution-has-the-pipe", "busy"),
        Twin("forked-child-has-the-trackers-pipe", "busy"),
        // Whoever sleeps beside a reader, and was forked like that, may be about to write.
        Twin("forked-child-has-the-trackers-pipe", "asleep"),
        Twin("all-input-before-any-output-python", "busy"),
        Twin("unread-output-wait", "quiet"),
        Twin("unread-output-threads", "quiet"),
        Twin("vfork-child-waits-for-its-parent", "slow"),
        Twin("vfork-child-waits-for-its-parents-lock", "slow"),
        Twin("set-of-which-nothing-is-armed", "busy"),
        Twin("eventfds-pair", "fed"),
        Twin("eventfds-pair", "carried"),
        Twin("eventfds-poll", "fed"),
        Twin("eventfds-alone", "fed"),
        Twin("eventfds-full", "fed"),
        Twin("nothing-pending-pipe", "ring"),
        Twin("nothing-pending-pipe", "mapped"),
        .. ((string[])["nothing-pending-eventfd", "nothing-pending-own"]).SelectMany(hang => ((string[])["ring", "mapped", "aio"]).Select(form => Twin(hang, form))),
        Twin("cache-needs-a-token-of-its-clients", "busy"),
        Twin("jobs-of-make-want-another-token", "busy"),
        Twin("coprocess-is-waited-for-before-its-input-ends", "busy"),
        Twin("coprocess-is-waited-for-before-its-input-ends", "beside") with { Name = "coprocess-stands-by-a-job" },
        Twin("coprocess-of-a-shell-with-a-trap", "busy") with { Environment = new Dictionary<string, string> { ["ZOO_FORM"] = "busy", ["ZOO_TRAP"] = "1" } },
        .. ((string[])["sh", "bash"]).Select(shell => Twin($"command-in-the-foreground-of-{shell}", "busy")),
        Twin("command-in-the-foreground-of-sh", "wait"),
        Twin("recipes-read-what-make-has-open", "busy"),
        Twin("recipe-reads-a-fifo-of-its-own", "busy"),
        Twin("recipe-reads-a-fifo-of-its-own", "beside"),
        .. ((string[])["pause", "suspend", "wait", "fd"]).Select(how => Twin($"missed-sigchld-{how}", "more")),
        Twin("sort-whose-input-is-not-over", "alarm"),
        Twin("perl-closes-a-copied-handle", "busy"),
        Twin("perl-closes-a-copied-handle-of-a-shell", "busy"),
        new("pool-whose-supervisor-waits-for-children", Program("pool"), "wait"),
        new("pool-whose-supervisor-pauses", Program("pool"), "pause"),
        new("executor-of-an-idle-service", "python3", Script("idle_executor.py")) { Needs = "python3" },
        new("pool-of-threads-that-ignores-interrupts", "python3", Script("idle_pool.py")) { Needs = "python3" },
        new("pipeline-whose-shell-has-gone", Script("left-pipeline.sh"), Program("zoo-exec")),
        new("app-behind-a-pipe-that-stays-open", Script("app-behind-a-pipe.sh"), Program("zoo-exec")),
        new("pager-that-pauses", Script("slow-pager.sh"), Program("zoo-exec")),
    ];

    private static Specimen RingBy(string call, string rule) => new($"ring-by-{call}", Program("pipe-ring"), "2", call)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, rule) { Pids = ["parent", "member-0", "member-1"], Group = $"two-in-a-ring-{rule}" },
    };

    /// <summary>Its trap would run when the command has ended.</summary>
    private static Specimen Foreground(string shell) => new($"command-in-the-foreground-of-{shell}", Script("foreground.sh"), shell, Program("zoo-exec"))
    {
        Expected = new(FindingClass.Deadlock, shell == "bash" ? Confidence.Suspected : Confidence.Proven, "child-never-exits") { AtLeast = shell == "bash" ? Confidence.Suspected : Confidence.Likely, Pids = ["shell", "command"], Culprit = new("shell", 3) },
    };

    private static Specimen MissedSigchld(string how) => new($"missed-sigchld-{how}", Program("missed-sigchld"), how)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "lost-wakeup") { Pids = ["parent"], Culprit = new("parent"), Group = "missed-sigchld" },
    };

    private static Specimen ToldBySignal(string how) => new($"told-by-signal-{how}", Program("waits-for-sigchld"), how)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "child-never-exits") { Pids = ["parent", "child"], Culprit = new("parent", 4), Group = how == "epoll" ? null : "told-by-signal" },
    };

    private static Specimen LaterChildInPython(string how) => new($"later-child-in-python-{how}", "python3", Script("later_child.py"), how, Program("zoo-exec"))
    {
        Needs = "python3",
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-sibling")
        {
            Pids = ["parent", "filter", "later"],
            Culprit = new("later") { Fds = [.. Enumerable.Range(3, 10)] },
            Group = "later-child-in-python",
        },
    };

    private static Specimen UnreadOutput(string how) => new($"unread-output-{how}", Program("unread-output"), how)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-full-cycle") { Pids = ["parent", "child"], Culprit = new("parent", 3), Group = "unread-output" },
    };

    /// <summary>What the kernel does for a process: nothing, for what it had of the kind is over.</summary>
    private static Specimen Pending(string what, string rule, string[] roles, Letting? culprit) => new($"nothing-pending-{what}", Program("pending"), what)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, rule) { Pids = roles, Culprit = culprit, Group = what == "pipe" ? null : "nothing-pending-eventfd" },
    };

    private static Specimen EventFds(string how, params string[] roles) => new($"eventfds-{how}", Program("eventfds"), how)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "eventfd-no-peer") { Pids = roles, Culprit = new(roles[^1], 3, 4) },
    };

    /// <summary>The same command line, with something else in its environment.</summary>
    private static Specimen Twin(string of, string form)
    {
        Specimen hang = PipeRingHangs.Single(specimen => specimen.Name == of);
        return new Specimen($"{of}-{form}", hang.Command) { Needs = hang.Needs, Environment = Form(form), TwinOf = of };
    }

    private static Dictionary<string, string> Form(string form) => new() { ["ZOO_FORM"] = form };
}
