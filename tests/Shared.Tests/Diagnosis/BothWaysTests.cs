using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>What is waited on both ways, for data and for room: eventfds and message queues, in a call of their own and in sets.</summary>
public sealed class BothWaysTests
{
    private const uint In = 1, Out = 4;

    private static Actor Adds(Actor actor, int fd) => actor.Thread(actor.NextTid, 1, "do_wait_intr_irq", (ulong)fd, 0x1000, 8);

    private static Actor Polls(Actor actor, int fd, uint events) =>
        actor.Thread(actor.NextTid, 7, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [new PollMember(fd, events)] }, [0x3000, 1, ulong.MaxValue]);

    [Theory]
    [InlineData(false, false, 1)]
    [InlineData(true, false, 1)]
    [InlineData(false, true, 0)] // who is at work may read it
    [InlineData(true, true, 0)]
    public void Diagnose_AddsToAFullEventFd_WaitsForWhoCouldReadIt(bool polls, bool reader, int findings)
    {
        Scene scene = new();
        Actor writer = scene.Process(10, "writer").EventFd(77, 3);
        _ = polls ? Polls(writer, 3, Out) : Adds(writer, 3);
        if (reader)
            scene.Process(11, "reader", parent: 10).EventFd(77, 3).Sleeps();

        Finding[] told = [.. scene.Diagnose().Findings];

        Assert.Equal(Enumerable.Repeat(("eventfd-no-peer", Confidence.Proven), findings), told.Select(finding => (finding.Rule, finding.Confidence)));
        Assert.All(told, finding => Assert.Equal("writer (10) waits for room in eventfd 77, whose count is full and which nobody else has open, and none of its own threads will read it.", finding.Summary));
        Assert.All(told, finding => Assert.StartsWith("It ends when something reads eventfd 77 (fd 3) of writer (10)", finding.Culprit!.Remedy, StringComparison.Ordinal));
    }

    [Fact]
    public void Diagnose_FullAndEmptyEventFd_AreDifferentHangs()
    {
        Scene full = new(), polledFull = new(), empty = new(), polledEmpty = new();
        Adds(full.Process(10, "a").EventFd(77, 3), 3);
        Polls(polledFull.Process(10, "a").EventFd(77, 3), 3, Out);
        empty.Process(10, "a").EventFd(77, 3).ReadsEventFd(3);
        Polls(polledEmpty.Process(10, "a").EventFd(77, 3), 3, In);

        string[] shapes = [.. new[] { full, empty, polledEmpty }.Select(scene => Assert.Single(scene.Diagnose().Findings).Fingerprint.Shape)];

        Assert.Equal(3, shapes.Distinct().Count());
        Assert.Equal(shapes[0], Assert.Single(polledFull.Diagnose().Findings).Fingerprint.Shape);
    }

    [Fact]
    public void Diagnose_WriterOfAFullEventFdCatchesSignals_WaitsForNoneThere()
    {
        Scene scene = new();
        scene.Process(10, "parent").WaitsFor(11);
        Adds(scene.Process(11, "writer", parent: 10).EventFd(77, 3), 3).Caught = 1UL << 9; // SIGUSR1, of whose handler nothing speaks here

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Confidence == Confidence.Proven);
    }

    [Theory]
    [InlineData(In, " (deleted)", false, 1)]
    [InlineData(Out, " (deleted)", false, 1)]
    [InlineData(In, " (deleted)", true, 0)] // who is at work has it as well
    [InlineData(In, "", false, 0)] // anybody may open it
    public void Diagnose_PolledMessageQueue_WaitsForWhoHasIt(uint events, string suffix, bool other, int findings)
    {
        Scene scene = new();
        Queue(Polls(scene.Process(11, "child", parent: 10), 3, events), 3, $"/queue{suffix}");
        scene.Process(10, "parent").WaitsFor(11);
        if (other)
            Queue(scene.Process(12, "other", parent: 10), 5, $"/queue{suffix}").Sleeps();

        Assert.Equal(Enumerable.Repeat(("child-never-exits", Confidence.Proven), findings), scene.Diagnose().Findings.Select(finding => (finding.Rule, finding.Confidence)));
    }

    [Fact]
    public void Diagnose_PolledFileThatIsCalledLikeAQueue_IsNotKnown()
    {
        Scene scene = new();
        Polls(scene.Process(11, "child", parent: 10).Has(3, "/queue (deleted)", FdAccess.ReadWrite), 3, In);
        scene.Process(10, "parent").WaitsFor(11);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_TwoWhoPollEachOthersQueue_AreTold()
    {
        Scene scene = new();
        foreach (int pid in (int[])[10, 11])
            Queue(Queue(Polls(scene.Process(pid, "a"), pid - 7, In), 3, "/there (deleted)"), 4, "/back (deleted)");

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("ipc-cycle", finding.Rule);
        Assert.Contains("sends a message to queue /there (deleted)", finding.Culprit!.Remedy, StringComparison.Ordinal);
    }

    /// <summary>As fdinfo shows it to a suspect.</summary>
    private static Actor Queue(Actor actor, int fd, string path) =>
        actor.Has(fd, path, FdAccess.ReadWrite).Fd(fd, entry => entry with { Target = entry.Target with { Kind = FdKind.PosixQueue, Id = (ulong)path.Length } });
}
