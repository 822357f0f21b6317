using OrphanBoard.Board.Tests.Examples;
using OrphanBoard.Server.Board.Drawing;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Board.Tests.Drawing;

public sealed class StoryTests
{
    private static readonly Story Founding = Pictures.StoryOf(FoundingHang.Finding);

    [Fact]
    public void Of_FoundingHang_PutsWaitersBeforeThoseTheyWaitFor() =>
        Assert.Equal([FoundingHang.Runner, FoundingHang.Test, FoundingHang.Child], Founding.Processes.Select(p => p.Pid));

    [Fact]
    public void Of_DuplicatedFds_ShareOnePort()
    {
        string[] labels = [.. Founding.Ports.Where(p => Founding.Processes[p.Process].Pid == FoundingHang.Child).Select(p => p.Label).Order()];
        Assert.Equal(["fd 0, 3 READ", "fd 1, 4 WRITE", "fd 2, 5 WRITE", "fd 29 READ"], labels);
    }

    [Fact]
    public void Of_CulpritFd_MarksItsPortAndProcess()
    {
        Assert.Equal("fd 1, 4 WRITE", Founding.Ports.Single(p => p.Culprit).Label);
        Assert.Equal(FoundingHang.Child, Founding.Processes.Single(p => p.Culprit).Pid);
    }

    [Theory]
    [InlineData(FoundingHang.Stdin, "no writer seen", true)]
    [InlineData(FoundingHang.Stderr, "no reader seen", true)]
    [InlineData(FoundingHang.Stdout, "stdout", false)]
    [InlineData("pipe:[2637227]", "self-pipe", false)]
    public void Of_Pipe_SaysWhatWasSeenOfIt(string pipe, string note, bool missing)
    {
        StoryResource resource = Founding.Resources.Single(r => r.Shared.Target == pipe);
        Assert.Equal((note, missing), (resource.Note, resource.EndMissing));
    }

    [Fact]
    public void Of_Waits_AreNamedByWhatIsWaitedFor() =>
        Assert.Equal(["waits for exit", "reads A until EOF", "reads B"], Founding.Waits.Select(w => w.Label));

    [Fact]
    public void Of_FilesThatNobodyShares_AreNotDrawn() =>
        Assert.DoesNotContain(Founding.Resources, r => r.Shared.Target.StartsWith('/'));

    [Fact]
    public void Of_ProcessThatNeitherWaitsNorShares_IsFolded()
    {
        var bystander = new Participant { Pid = 9, StartTimeTicks = 1, Ppid = 1, Comm = "cron", Role = ParticipantRole.Holder, State = "S" };
        Story story = Pictures.StoryOf(FoundingHang.Finding with { Participants = [.. FoundingHang.Finding.Participants, bystander] });
        Assert.Equal(9, Assert.Single(story.Folded).Pid);
    }

    [Fact]
    public void Of_EdgeToOutsideOrUncollected_HasACardOfItsOwn()
    {
        var edge = new WaitEdge(new(FoundingHang.Test, FoundingHang.Test), 0, "Poll", "poll", [new(0, null, true), new(77, null, false)], EdgeBasis.Assumed);
        Story story = Pictures.StoryOf(FoundingHang.Finding with { Edges = [edge] });
        Assert.Contains(story.Processes, p => p is { Presence: Presence.Outside, Name: "outside" });
        Assert.Contains(story.Processes, p => p is { Presence: Presence.Named, Name: "pid 77" });
        Assert.All(story.Waits, w => Assert.Equal("polls?", w.Label));
    }

    [Fact]
    public void Of_TooManyProcesses_KeepsTheMostAndFoldsTheRest()
    {
        Story story = Pictures.StoryOf(RandomFinding.Of(200, 1));
        Assert.Equal(Story.MaxProcesses, story.Processes.Length);
        Assert.InRange(story.Waits.Length, 0, Story.MaxWaits);
        Assert.NotEmpty(story.Folded);
    }

    [Fact]
    public void Of_ParticipantTwice_IsDrawnOnce()
    {
        Story story = Pictures.StoryOf(FoundingHang.Finding with { Participants = [.. FoundingHang.Finding.Participants, FoundingHang.Finding.Participants[0]] });
        Assert.Equal(3, story.Processes.Length);
    }

    [Fact]
    public void Of_WaitsOfThreadsForTheirOwnProcess_AreToldOnlyWhereThereIsNoOther()
    {
        WaitEdge Own(int pid) => new(new(pid, pid), 0, "Futex", "futex:0x1", [new(pid, null, false)], EdgeBasis.Proven);
        Story both = Pictures.StoryOf(FoundingHang.Finding with { Edges = [Own(FoundingHang.Test), .. FoundingHang.Finding.Edges] });
        Assert.DoesNotContain(both.Waits, w => w.From == w.To);
        Assert.Equal("pipe_read", both.Processes.Single(p => p.Pid == FoundingHang.Test).Chip);

        Story alone = Pictures.StoryOf(FoundingHang.Finding with { Edges = [Own(FoundingHang.Test)] });
        Assert.Single(alone.Waits, w => w.From == w.To);
    }

    [Fact]
    public void Of_WhatTheCulpritHolds_IsLetterA() =>
        Assert.Equal("A", Founding.Resources.Single(r => r.Shared.Target == FoundingHang.Stdout).Shared.Letter);
}
