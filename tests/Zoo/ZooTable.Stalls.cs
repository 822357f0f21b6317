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
        new("server-beside-has-a-readers-stdin", Program("beside"), "stdin")
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "eof-held-by-unrelated") { Pids = ["reader", "server"], Others = ["parent"], Culprit = new("server", 6) },
        },
        new("server-beside-has-a-childs-output", Program("beside"), "output")
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "eof-held-by-unrelated") { Pids = ["parent", "server"], Culprit = new("server", 6) },
        },
        new("sleeping-copy-has-the-trackers-pipe", "python3", Script("tracker.py"))
        {
            Needs = "python3",
            Environment = Form("asleep"),
            Expected = new(FindingClass.Stall, Confidence.Suspected, "eof-held-by-unrelated")
            {
                Pids = ["tracker", "forked"], Others = ["parent"], Culprit = new("forked") { Fds = [.. Enumerable.Range(3, 10)] },
            },
        },
    ];

    /// <summary>The same command lines, where who holds the pipe is at work.</summary>
    private static readonly Specimen[] HealthyStalls =
    [
        .. ((string[])["server-beside-has-a-readers-stdin", "server-beside-has-a-childs-output"]).Select(hang => Stalls.Single(specimen => specimen.Name == hang))
            .Select(hang => hang with { Name = $"{hang.Name}-busy", Expected = null, TwinOf = hang.Name, Environment = Form("busy") }),
    ];
}
