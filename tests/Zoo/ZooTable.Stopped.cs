using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>What is stopped, traced or frozen, and who waits for it.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] StoppedStalls =
    [
        StoppedChild("wait", "parent"),
        StoppedChild("wait", "parent") with
        {
            Name = "parent-and-stopped-child-that-it-may-be-told-to-continue",
            Environment = Told,
            Expected = new(FindingClass.Stall, Confidence.Likely, "waiting-for-stopped-child") { Pids = ["parent", "child"], Culprit = new("child") { Fds = [-1] }, Group = "parent-and-stopped-child-wait" },
        },
        StoppedChild("any", "parent"),
        StoppedChild("read", "parent"),
        StoppedChild("poll", "parent"),
        StoppedChild("pipeline", "parent", "filter"),
        StoppedChild("above", "above", "parent"),
        new("leader-waits-for-a-job-that-wants-the-terminal", Program("tty-job"), "waited")
        {
            Expected = new(FindingClass.Stall, Confidence.Proven, "waiting-for-stopped-child") { AtLeast = Confidence.Likely, Pids = ["leader", "job"], Culprit = new("job") { Fds = [-1] } },
        },
    ];

    private static readonly Specimen[] StoppedThings =
    [
        StoppedOnly("stopped-job", Program("stopped-child"), "job", "stopped-job", "child"),
        StoppedOnly("stopped-job-of-one-who-is-told", Program("stopped-child"), "informed", "stopped-job", "child"),
        StoppedOnly("background-job-reads-the-terminal", Program("tty-job"), "input", "stopped-by-tty", "job"),
        StoppedOnly("background-job-writes-to-the-terminal", Program("tty-job"), "output", "stopped-by-tty", "job"),
        new("held-by-its-tracer", Program("tracee"), "held")
        {
            Expected = new(FindingClass.Stopped, Confidence.Proven, "traced") { Pids = ["tracee"], Others = ["tracer"], Culprit = new("tracer") { Fds = [-1] } },
        },
        new("frozen-with-its-cgroup", Program("frozen-child"), WritableCgroup2 ?? "")
        {
            StandsAlone = true,
            Needs = WritableCgroup2 is null ? "a cgroup version 2 that may be written to" : null,
            Expected = new(FindingClass.Stopped, Confidence.Proven, "frozen") { Pids = ["child"] },
        },
    ];

    private static readonly Specimen[] HealthyStopped =
    [
        new("stopped-and-continued", Program("stopped-child"), "continued"),
        new("throttled-by-stops", Program("stopped-child"), "throttled"),
        new("job-suspended-at-its-shell", Program("tty-job"), "suspended"),
        new("terminal-server", Program("tty-job"), "server"),
        new("traced-at-work", Program("tracee"), "stepped"),
    ];

    private static Specimen StoppedChild(string mode, params string[] waiting) => new($"parent-and-stopped-child-{mode}", Program("stopped-child"), mode)
    {
        Expected = new(FindingClass.Stall, Confidence.Proven, "waiting-for-stopped-child")
        {
            AtLeast = Confidence.Likely,
            Pids = [.. waiting, "child"],
            Culprit = new("child") { Fds = mode is "read" or "poll" ? [3, 4] : [-1] },
            Group = $"parent-and-stopped-child-{(mode == "above" ? "wait" : mode == "poll" ? "read" : mode)}",
        },
    };

    private static Specimen StoppedOnly(string name, string program, string mode, string rule, string role) => new(name, program, mode)
    {
        Expected = new(FindingClass.Stopped, Confidence.Proven, rule) { Pids = [role], Culprit = new(role) { Fds = mode is "input" or "output" ? [0, 1] : [-1] } },
    };
}
