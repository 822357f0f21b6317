using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Tests;

internal static class Sample
{
    internal static Finding Finding(string id, int pid, string comm = "reader") => new()
    {
        Id = id,
        Class = FindingClass.Deadlock,
        Confidence = Confidence.Proven,
        Rule = "eof-held-by-duplicate",
        Fingerprint = new FindingFingerprint("v1-f", "v1-abcdefghijklmnop", "v1-e", null, "text", 1, "all"),
        Summary = $"{comm} waits for ever.",
        Explanation = [$"{comm} ({pid}) reads pipe 1 to its end."],
        WaitedSeconds = 4000,
        Participants = [new Participant { Pid = pid, StartTimeTicks = 1, Ppid = 1, Comm = comm, Role = ParticipantRole.Waiter, State = "S" }],
        Pids = [pid],
        Culprit = new Culprit(pid, 4, "pipe:[1]", "Close fd 4."),
        Culprits = [new Culprit(pid, 4, "pipe:[1]", "Close fd 4.")],
        Assumptions = ["no-itimer"],
        NotProvenBecause = [],
        Edges = [],
    };
}
