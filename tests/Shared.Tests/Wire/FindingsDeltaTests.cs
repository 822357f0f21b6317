using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Shared.Tests.Wire;

public class FindingsDeltaTests
{
    private static readonly DateTimeOffset Start = new(2026, 5, 18, 9, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Between_SameFindingThatWaitedOn_IsNoChange()
    {
        Finding before = Finding("a", 7);
        Finding now = before with { WaitedSeconds = 99, Summary = "for 99 s", Explanation = ["7 has waited for 99 s"] };

        Assert.Null(Between(State([7], before), State([7], now)));
    }

    [Fact]
    public void Between_NewFinding_OpensIt()
    {
        Finding a = Finding("a", 7), b = Finding("b", 8);

        FindingChanges changes = Between(State([7, 8], a), State([7, 8], a, b))!;

        Assert.Equal([b], changes.Opened);
        Assert.Empty(changes.Ended);
    }

    [Fact]
    public void Between_FindingThatIsNowProven_SendsItAgain()
    {
        Finding before = Finding("a", 7) with { Confidence = Confidence.Likely };
        Finding now = before with { Confidence = Confidence.Proven };

        FindingChanges changes = Between(State([7], before), State([7], now))!;

        Assert.Equal([now], changes.Opened);
        Assert.Empty(changes.Ended);
        Assert.Equal([now], LiveStateDelta.Apply(State([7], before), changes).Findings);
    }

    [Fact]
    public void Between_ProcessesHaveExited_SaysSo() => Assert.Equal("exited", EndOf(State([8], Finding("b", 8))));

    [Fact]
    public void Between_OneOfTwoHasEnded_SaysTheyExited()
    {
        Finding one = Finding("a", 7);
        Finding both = one with { Pids = [7, 8], Participants = [one.Participants[0], one.Participants[0] with { Pid = 8 }] };

        Assert.Equal("exited", Assert.Single(Between(State([7, 8], both), State([7]))!.Ended).Reason);
    }

    [Fact]
    public void Between_ProcessesGoOn_SaysTheyMoved() => Assert.Equal("moved", EndOf(State([7, 8])));

    [Fact]
    public void Between_ProcessIsToldOfInAnotherFinding_SaysItChanged() => Assert.Equal("changed", EndOf(State([7], Finding("b", 7))));

    [Fact]
    public void Between_ProcessIsAZombieNow_SaysItExited()
    {
        Keyframe now = State([7]);

        Assert.Equal("exited", EndOf(now with { Processes = [now.Processes[0] with { Facts = now.Processes[0].Facts with { State = 'Z' } }] }));
    }

    [Fact]
    public void Between_PidBelongsToAnotherProcessNow_SaysItExited()
    {
        Keyframe now = State([7]);
        ProcessState reused = now.Processes[0] with { Key = new ProcessKey(7, 2) };

        Assert.Equal("exited", EndOf(now with { Processes = [reused] }));
    }

    [Fact]
    public void Between_NothingThenAndNow_IsNoChange() => Assert.Null(Between(State([7]), State([7])));

    private static FindingChanges? Between(Keyframe known, Keyframe now) => FindingsDelta.Between(
        known.Findings, now.TakenAt, now.Findings, key => now.Processes.Any(p => p.Key == key && p.Facts.State != 'Z'));

    private static string EndOf(Keyframe now)
    {
        EndedFinding end = Assert.Single(Between(State([7], Finding("a", 7)), now)!.Ended);
        Assert.Equal("a", end.Id);
        return end.Reason;
    }

    private static Keyframe State(int[] pids, params Finding[] findings) => new(
        Start,
        new Visibility(1, 1, 1, 0, 0, true),
        [.. pids.Select(pid => new ProcessState(new ProcessKey(pid, 1), new ProcessFacts(1, pid, pid, "p", [], 'S', 0, true, null), [], []))],
        [.. findings]);

    private static Finding Finding(string id, int pid) => new()
    {
        Id = id,
        Class = FindingClass.Deadlock,
        Confidence = Confidence.Proven,
        Rule = "stuck-set",
        Fingerprint = new FindingFingerprint("v1-f", "v1-s", "v1-e", null, "text", 1, "all"),
        Summary = "for 1 s",
        Explanation = ["7 waits"],
        WaitedSeconds = 1,
        Participants =
        [
            new Participant
            {
                Pid = pid,
                StartTimeTicks = 1,
                Ppid = 1,
                Comm = "p",
                Role = ParticipantRole.Waiter,
                State = "S",
                Threads = [new ThreadInfo(pid, "p", "PipeRead", Bounded.No, "pipe:[1]", "pipe_read", "read", false, 1)],
            },
        ],
        Pids = [pid],
        Assumptions = [],
        Edges = [],
    };
}
