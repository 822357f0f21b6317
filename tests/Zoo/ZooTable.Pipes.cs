using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Pipes that nobody fills, empties or closes.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] PipeHangs =
    [
        new("cat-holds-its-own-stdin", Program("own-stdin"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-self") { Pids = ["own-stdin", "cat"], Culprit = new("cat", 4) },
        },
        // Who waits for any of its children, of which one works, has no part in it.
        WorksOn("front"),
        WorksOn("next"),
        // Where the kernel's counts are not seen, a pipe of the suite's own, one of whose ends is hidden, may be what was there before.
        new("fd-that-was-used-before", Program("reused-fd"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-self") { AtLeast = Confidence.Likely, Pids = ["reused-fd"], Culprit = new("reused-fd", 33) },
        },
        new("parent-waits-before-it-closes", Program("wait-before-close"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "child-never-exits") { Pids = ["wait-before-close", "cat"], Culprit = new("wait-before-close", 4) },
        },
        CrossReaders("read"),
        CrossReaders("poll"),
        CrossReaders("select"),
        CrossReaders("epoll"),
        CrossReaders("nested"),
        new("end-in-a-table-of-a-thread", Program("own-table"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["parent", "child"] },
        },
        new("end-in-a-table-of-a-thread-beside", Program("table-beside"))
        {
            // Where the kernel's counts are not seen, or who has an end of a pipe is hidden, it is less.
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-self") { AtLeast = Confidence.Likely, Pids = ["reader"], Culprit = new("reader", [.. Enumerable.Range(3, 90)]) },
        },
        new("reads-a-timer-beside-its-filter", Program("timer-beside"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Suspected, "child-never-exits") { Pids = ["program", "child"], Culprit = new("program", [.. Enumerable.Range(3, 90)]) },
        },
        new("both-pipes-full", Program("full-pipes"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-full-cycle") { Pids = ["full-pipes", "filter"], Culprit = new("full-pipes", 5) },
        },
        new("all-tokens-are-gone", Program("token-pipe"))
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "jobserver-starved") { Pids = ["server", "job-0", "job-1", "job-2", "job-3"] },
        },
    ];

    private static Specimen WorksOn(string form) => new($"helper-of-a-shell-that-works-on-{form}", Script("works-on.sh"), Program("zoo-exec"))
    {
        Needs = "perl",
        Environment = Form(form),
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-self") { Pids = ["helper"], Culprit = new("helper", 4), Group = "helper-of-a-shell-that-works-on" },
    };

    private static Specimen CrossReaders(string call) => new($"cross-readers-{call}", Program("cross-readers"), call)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["first", "second"], Group = "cross-readers" },
    };
}
