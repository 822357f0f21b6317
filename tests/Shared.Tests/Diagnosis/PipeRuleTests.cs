using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Hangs over pipes, eventfds, vfork and children, by name.</summary>
public sealed class PipeRuleTests
{
    /// <summary>A shell that waits for its child, which waits for the writer: that the shell reads frees a thread of the writer, and the writer itself where it has no other.</summary>
    [Theory]
    [InlineData(true, "child-never-exits", 10, 4)]
    [InlineData(false, "pipe-full-cycle", 11, 10)]
    public void Diagnose_RemedyThatFreesOneThreadAlone_ComesAfterTheOneThatFreesAll(bool readsBeside, string rule, int culprit, int fd)
    {
        var scene = new Scene();
        Actor program = scene.Process(10, "program").WriteEnd(71, 4).WriteEnd(73, 6).ReadEnd(72, 7);
        _ = readsBeside ? program.Reads(7).Writes(6) : program.Writes(6);
        scene.Process(11, "sh", parent: 10).WriteEnd(72, 1).ReadEnd(73, 10).WaitsFor(-1);
        scene.Process(12, "cat", parent: 11).ReadEnd(71, 0).WriteEnd(72, 1).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((rule, Confidence.Proven, culprit, fd), (finding.Rule, finding.Confidence, finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    /// <summary>Bits in SigCgt and SigIgn.</summary>
    private const ulong Interrupt = 1UL << 1, Quit = 1UL << 2, BrokenPipe = 1UL << 12, Termination = 1UL << 14, SigChild = 1UL << 16, SegmentationFault = 1UL << 10, User1 = 1UL << 9;

    private static (string, Confidence) Named(Scene scene)
    {
        Finding finding = Assert.Single(scene.Diagnose().Findings);
        return (finding.Rule, finding.Confidence);
    }

    /// <summary>One polls for no event, and so for POLLHUP alone.</summary>
    [Fact]
    public void Diagnose_RingInWhichOnePollsForTheEnd_AsksForThatAndForNoWord()
    {
        var scene = new Scene();
        scene.Process(10, "left").ReadEnd(7000, 3).WriteEnd(7001, 6).Thread(10, 7, "poll_schedule_timeout.constprop.0", new CallMemory { PollSet = [new PollMember(3, 0)] }, [0x3000, 1, ulong.MaxValue]);
        scene.Process(11, "right").WriteEnd(7000, 4).ReadEnd(7001, 5).ReadsAByte(5);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("left (10) waits for the end of what right (11) has open, right (11) reads what left (10) should write: none of them writes first, or lets go.", finding.Summary);
        Assert.Contains("It ends when right (11) closes fd 4, for the end of which left (10) waits.", finding.Explanation);
        Assert.Contains(finding.Explanation, sentence => sentence.StartsWith("left (10) polls for the end of pipe 7000 (fd 3).", StringComparison.Ordinal));
    }

    /// <summary>A parent waits for a filter; a later child has the filter's pipe as well and reads another one of the parent's.</summary>
    private static Scene LaterChild(int fd = 5)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7001, 6).WaitsFor(11);
        scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene.Process(12, "later", parent: 10).WriteEnd(7000, fd).ReadEnd(7001, 0).Reads(0);
        return scene;
    }

    [Fact]
    public void Self_WorkerIdlesAtItsQueueBesideAParentThatHangs_IsNotToBlame()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 3).ReadEnd(7001, 6).WriteEnd(7001, 7).WaitsFor(11);
        scene.Process(11, "cat", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene.Process(12, "parent", parent: 10).ReadEnd(7001, 6).WriteEnd(7001, 7).Reads(6);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("child-never-exits", 10, 3), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd!.Value));
    }

    [Fact]
    public void Sibling_LaterChildInheritedTheWriteEnd_IsNamed()
    {
        Finding finding = Assert.Single(LaterChild().Diagnose().Findings);

        Assert.Equal(("eof-held-by-sibling", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal((12, 5, "pipe:[7000]"), (finding.Culprit!.Pid, finding.Culprit.Fd, finding.Culprit.Resource));
        Assert.Equal([10, 11, 12], finding.Pids);
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("eventfd")]
    [InlineData("set")]
    public void Sibling_ThreadOfTheParentIdlesAtSomethingOfItsOwn_ChangesNeitherRuleNorShape(string at)
    {
        Scene scene = LaterChild();
        _ = at switch
        {
            "pipe" => scene[10].ReadEnd(7005, 13).WriteEnd(7005, 14).Reads(13),
            "eventfd" => scene[10].EventFd(1, 13).ReadsEventFd(13),
            _ => scene[10].ReadEnd(7005, 13).WriteEnd(7005, 14).Polls(13),
        };

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("eof-held-by-sibling", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal(Assert.Single(LaterChild().Diagnose().Findings).Fingerprint.Shape, finding.Fingerprint.Shape);
    }

    [Fact]
    public void Sibling_HasThePipeAsItsStdout_IsAWriterByDesign() => Assert.Equal(("child-never-exits", Confidence.Proven), Named(LaterChild(fd: 1)));

    [Fact]
    public void Sibling_ParentHasTheWriteEndToo_TheParentIsToBlame()
    {
        Scene scene = LaterChild();
        scene[10].WriteEnd(7000, 9);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("child-never-exits", 10), (finding.Rule, finding.Culprit!.Pid));
    }

    /// <summary>A parent reads what a child wrote that has exited; another program that it started has the write end as well and reads what the parent is to write.</summary>
    private static Scene LeakedToAnotherChild(string command = "read line", int fd = 4, string program = "/bin/sh", int reads = 0)
    {
        var scene = new Scene();
        Is("/usr/bin/python3", scene.Process(10, "parent").ReadEnd(7000, 3).WriteEnd(7001, 6).Reads(3));
        Is(program, scene.Process(11, "sh", parent: 10).WriteEnd(7000, fd).ReadEnd(7001, reads).Reads(reads)).Cmdline = ["sh", "-c", command];
        return scene;
    }

    private static Actor Is(string program, Actor actor)
    {
        actor.With = record => record with { Exe = program };
        return actor;
    }

    [Fact]
    public void Sibling_ParentReadsWhatAChildWroteThatIsGone_WhoInheritedTheEndIsNamed()
    {
        Finding finding = Assert.Single(LeakedToAnotherChild().Diagnose().Findings);

        Assert.Equal(("eof-held-by-sibling", Confidence.Proven, 11, 4), (finding.Rule, finding.Confidence, finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Equal("parent (10) waits for the end of pipe 7000, or for more in it, but nobody has its write end except sh (11), which inherited it and waits for parent (10).", finding.Summary);
        Assert.Contains("It ends when sh (11) closes fd 4, which it inherited from parent (10) and has no use for.", finding.Explanation);
    }

    [Theory]
    [InlineData("read line <&4", 4, "/bin/sh", 0)] // it was told of that fd
    [InlineData("read line", 1, "/bin/sh", 0)] // its stdout
    [InlineData("read line", 4, "/usr/bin/python3", 0)] // a worker that was forked has its fds on purpose
    [InlineData("read line", 4, "/bin/sh", 5)] // it speaks by fds above its stdio
    public void Sibling_ParentReadsWhatThatChildMayBeToWrite_IsARing(string command, int fd, string program, int reads) =>
        Assert.Equal(("pipe-read-cycle", Confidence.Proven), Named(LeakedToAnotherChild(command, fd, program, reads)));

    [Fact]
    public void Sibling_BetweenFilterAndParentStandsAShell_LaterChildIsNamed()
    {
        Scene scene = new();
        scene.Process(10, "parent").WriteEnd(7001, 6).WaitsFor(11);
        scene.Process(11, "sh", parent: 10).WaitsFor(13);
        scene.Process(12, "later", parent: 10).WriteEnd(7000, 5).ReadEnd(7001, 0).Reads(0);
        scene.Process(13, "filter", parent: 11).ReadEnd(7000, 0).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("eof-held-by-sibling", Confidence.Proven, 12, 5), (finding.Rule, finding.Confidence, finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Contains("which parent (10) has closed, but later (12), started later, inherited", finding.Summary, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/usr/bin/cat", "eof-held-by-sibling")]
    [InlineData("/usr/bin/python3", "child-never-exits")]
    public void Sibling_WasStartedBeforeTheFilter_IsNoWriterOnlyAsAnotherProgram(string program, string rule)
    {
        Scene scene = new();
        Is("/usr/bin/python3", scene.Process(10, "parent").WriteEnd(7001, 6).WaitsFor(12));
        Is(program, scene.Process(11, "first", parent: 10).WriteEnd(7000, 5).ReadEnd(7001, 0).Reads(0));
        Is("/usr/bin/sort", scene.Process(12, "filter", parent: 10).ReadEnd(7000, 0).Reads(0));

        Assert.Equal((rule, Confidence.Proven), Named(scene));
    }

    /// <summary>As a capture may say that was made while pids were reused, or by hand.</summary>
    [Fact]
    public void Sibling_ParentsInACircle_IsDiagnosedAllTheSame()
    {
        Scene scene = new();
        scene.Process(10, "one", parent: 11).WaitsFor(11);
        scene.Process(11, "other", parent: 10).WaitsFor(10).ReadEnd(7000, 0).Reads(0);
        scene.Process(12, "stray", parent: 11).WriteEnd(7000, 5).Reads(0);
        scene[12].ReadEnd(7001, 0);
        scene[10].WriteEnd(7001, 6);

        Assert.NotEmpty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Sibling_LaterChildCanRun_IsNoDeadlock()
    {
        Scene scene = LaterChild();
        scene[12].Sleeps();

        Assert.DoesNotContain(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);
    }

    [Fact]
    public void Full_EachWritesToAFullPipe_NamesWhoIsToReadIt()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 4).ReadEnd(7001, 5).Writes(4);
        scene.Process(11, "filter", parent: 10).ReadEnd(7000, 0).WriteEnd(7001, 1).Writes(1);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("pipe-full-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal((10, 5), (finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Full_ParentWaitsAndNeverReads_IsNamed(bool inWait)
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "parent").ReadEnd(7001, 5);
        _ = inWait ? parent.WaitsFor(11) : parent.WaitsOnFutex();
        scene.Process(11, "child", parent: 10).WriteEnd(7001, 2).Writes(2);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("pipe-full-cycle", 10, 5), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Equal([10, 11], finding.Pids);
    }

    [Fact]
    public void ReadCycle_ThreeInARing_NamesAllWhoShouldWrite()
    {
        var scene = new Scene();
        for (int i = 0; i < 3; i++)
            scene.Process(10 + i, $"member{i}").ReadEnd(7000 + i, 3).WriteEnd(7000 + (i + 1) % 3, 4).Reads(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("pipe-read-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal([10, 11, 12], finding.Culprits.Select(culprit => culprit.Pid).Order());
    }

    [Theory]
    [InlineData(10, 0, 10)] // a filter: who started it has its input open
    [InlineData(10, 3, 11)] // they speak with each other, in the order of the story
    [InlineData(1, 0, 11)] // nobody of them started the other
    public void ReadCycle_WithAFilter_NamesWhoKeepsItsInputOpenFirst(int parent, int fd, int culprit)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).ReadEnd(7001, 6).Reads(6);
        scene.Process(11, "sort", parent).ReadEnd(7000, fd).WriteEnd(7001, 1).Reads(fd);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("pipe-read-cycle", culprit), (finding.Rule, finding.Culprit!.Pid));
        Assert.Equal([10, 11], finding.Culprits.Select(one => one.Pid).Order());
    }

    private static string[] Remedies(Scene scene) => [.. Assert.Single(scene.Diagnose().Findings).Culprits.Select(culprit => culprit.Remedy).Distinct()];

    [Fact]
    public void ReadCycle_WriterHasTheEndTwice_ClosesBoth()
    {
        Scene scene = Scenes.CrossReaders();
        scene[11].WriteEnd(7000, 6);

        Assert.Equal(
        [
            "It ends when right (11) writes to pipe:[7000] (fd 4 and fd 6), which left (10) reads, or closes fd 4 and fd 6.",
            "It ends when left (10) writes to pipe:[7001] (fd 4), which right (11) reads, or closes it.",
        ], Remedies(scene));
    }

    [Fact]
    public void ReadCycle_OverPipesAlone_IsNamedOnce() => Assert.Empty(Assert.Single(Scenes.CrossReaders().Diagnose().Findings).Notes);

    [Fact]
    public void ReadCycle_ReaderHasTheEndItself_ToCloseItEndsNothing()
    {
        Scene scene = Scenes.CrossReaders();
        scene[10].WriteEnd(7000, 6);

        Assert.Contains("It ends when right (11) writes to pipe:[7000] (fd 4), which left (10) reads.", Remedies(scene));
    }

    [Fact]
    public void ReadCycle_OverASocketAndAPipe_IsNamedWithBothRemedies()
    {
        Scene scene = new Scene().Pair(500, 501);
        scene.Process(10, "server").Socket(3, 500).WriteEnd(7000, 4).Receives(3);
        scene.Process(11, "helper").Socket(5, 501).ReadEnd(7000, 6).Reads(6);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("pipe-read-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal(
        [
            "It ends when helper (11) sends server (10) what that waits for, or closes fd 5.",
            "It ends when server (10) writes to pipe:[7000] (fd 4), which helper (11) reads, or closes it.",
        ], finding.Culprits.Select(culprit => culprit.Remedy));
    }

    [Theory]
    [InlineData(1u, "right (11) writes to")]
    [InlineData(0u, "right (11) writes to")]
    [InlineData(1u, "left (10) reads what lies in", 1u << 31)]
    public void ReadCycle_SomethingLiesUnreadOfWhichItWasToldOnce_TheReaderIsToBlame(uint buffers, string remedy, uint manner = 0)
    {
        var scene = new Scene();
        scene.Process(10, "left").ReadEnd(7000, 3).WriteEnd(7001, 4).WaitsInEpoll(8, new EpollMember(3, 1 | manner, 7000, 12))
            .Sees(3, Empty with { Bytes = 1000 * buffers, Buffers = buffers }, 1);
        scene.Process(11, "right").ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);

        Finding? finding = scene.Diagnose().Findings.SingleOrDefault();

        // What is not told once only is read now.
        Assert.Equal(buffers == 0 || manner != 0, finding is not null);
        Assert.StartsWith($"It ends when {remedy}", finding?.Culprit!.Remedy ?? $"It ends when {remedy}", StringComparison.Ordinal);
        Assert.Equal(manner != 0, finding?.Explanation[0].EndsWith("What lies there it was told of once (EPOLLET), and has not read.", StringComparison.Ordinal) ?? false);
    }

    [Theory]
    [InlineData(12, "cat (12)")]
    [InlineData(99, "sh (11)")] // its child has something else to do
    public void Full_ShellThatWaitsForWhoHasTheSameEnd_LeavesItToThat(int child, string reader)
    {
        var scene = new Scene();
        scene.Process(10, "writer").WriteEnd(7000, 4).ReadEnd(7001, 5).Writes(4);
        scene.Process(11, "sh", parent: 10).ReadEnd(7000, 0).WriteEnd(7001, 1).WaitsFor(-1);
        scene.Process(12, "cat", parent: 11).WriteEnd(7001, 1).Writes(1);
        if (child == 12)
            scene[12].ReadEnd(7000, 0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("pipe-full-cycle", finding.Rule);
        Assert.Equal(
            [$"It ends when writer (10) reads what is in pipe:[7001] (fd 5), or closes it.", $"It ends when {reader} reads what is in pipe:[7000] (fd 0){(child == 12 ? "" : ", or closes it")}."],
            finding.Culprits.Select(culprit => culprit.Remedy).Order(StringComparer.Ordinal).Reverse());
    }

    private static readonly PipeState Empty = new(0, 0, 16, 1, 1);

    private static Scene CrossReaders(PipeState left)
    {
        Scene scene = Scenes.CrossReaders();
        scene[10].Sees(3, left, 1).Sees(4, Empty, 2);
        scene[11].Sees(3, Empty, 3).Sees(4, left, 4);
        return scene;
    }

    [Fact]
    public void Pipe_SeenToBeEmpty_IsAProof() => Assert.Equal(("pipe-read-cycle", Confidence.Proven), Named(CrossReaders(Empty)));

    [Fact]
    public void Pipe_SomethingIsInIt_ReaderIsAboutToWake() => Assert.Empty(CrossReaders(Empty with { Bytes = 1, Buffers = 1 }).Diagnose().Findings);

    [Theory]
    [InlineData(16, false, "writes to")]
    [InlineData(15, false, null)]
    [InlineData(16, true, "polls for room in")]
    public void Pipe_OnlyAFullOneHoldsItsWriter(uint buffers, bool polls, string? does)
    {
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7001, 5).WaitsFor(11);
        Actor child = scene.Process(11, "child", parent: 10).WriteEnd(7001, 1).Sees(1, new PipeState(4096 * buffers, buffers, 16, 1, 1), 2);
        _ = polls ? child.Thread(11, 7, "poll_schedule_timeout", new CallMemory { PollSet = [new PollMember(1, 4)] }, [0x3000, 1, ulong.MaxValue]) : child.Writes(1);

        Assert.Equal(
            does is null ? [] : [("pipe-full-cycle", $"child (11) {does} pipe 7001, which is full, and parent (10), who is to read it at fd 5, waits for child (11).")],
            scene.Diagnose().Findings.Select(finding => (finding.Rule, finding.Summary)));
    }

    private static Scene EventFdPair(ulong third = 0)
    {
        var scene = new Scene();
        scene.Process(10, "left").EventFd(77, 3).EventFd(78, 4).ReadsEventFd(3);
        scene.Process(11, "right", parent: 10).EventFd(77, 3).EventFd(78, 4).ReadsEventFd(4);
        if (third != 0)
            scene.Process(12, "third").EventFd(third, 9).Sleeps();
        return scene;
    }

    [Fact]
    public void EventFd_OnlyTheStuckHaveIt_IsNamed()
    {
        Finding finding = Assert.Single(EventFdPair().Diagnose().Findings);

        Assert.Equal(("eventfd-no-peer", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal((11, 3), (finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Contains(Assumption.NoAio, finding.Assumptions);
    }

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void EventFd_ThatIsFull_WaitsForItsReaders(bool third, int findings)
    {
        var scene = new Scene();
        scene.Process(10, "left").EventFd(77, 3).EventFd(78, 4).AddsToEventFd(3);
        scene.Process(11, "right", parent: 10).EventFd(77, 3).EventFd(78, 4).AddsToEventFd(4);
        if (third)
            scene.Process(12, "third").EventFd(77, 9).Sleeps();

        DiagnosisResult result = scene.Diagnose();

        Assert.Equal(findings, result.Findings.Length);
        Assert.All(result.Findings, finding => Assert.Equal("eventfd-no-peer", finding.Rule));
        Assert.All(result.Findings, finding => Assert.Contains("reads eventfd 77", finding.Culprit!.Remedy, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(77UL, 0)]
    [InlineData(79UL, 1)]
    public void EventFd_ThatAThirdHasWhoCanRun_IsFree(ulong id, int findings) => Assert.Equal(findings, EventFdPair(id).Diagnose().Findings.Length);

    [Fact]
    public void EventFd_ThatSomebodyHasOneNobodyKnows_IsFreeAndAsked()
    {
        Scene scene = EventFdPair();
        scene.Process(12, "third").EventFd(0, 9).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
        Assert.Contains(12, Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }

    [Theory]
    [InlineData(false, false, Confidence.Proven)]
    [InlineData(true, false, null)]
    [InlineData(false, true, null)]
    [InlineData(null, false, Confidence.Likely)]
    public void EventFd_OfWhoseHoldersFamilySomebodyHasAnAioContextOrARing_TheKernelMayAdd(bool? aio, bool ring, Confidence? confidence)
    {
        Scene scene = EventFdPair();
        // It has the eventfd no more, and gave it to the kernel while it had it.
        scene.Process(12, "former").Sleeps().With = record => record with { HasAio = aio, HasIoUring = ring };

        Assert.Equal(confidence, scene.Diagnose().Findings.SingleOrDefault()?.Confidence);
        // Asked once: what it has, only it changes.
        Assert.Equal(aio is null, Diagnoser.Suspects(scene.Look(), new LookMemory()).Contains(12));
    }

    [Theory]
    [InlineData(false, Confidence.Proven)]
    [InlineData(true, null)]
    public void EventFd_OfWhichTheKernelTellsWhoHasIt_NeedsNoAssumption(bool given, Confidence? confidence)
    {
        Scene scene = EventFdPair();
        foreach (int pid in (int[])[10, 11])
            scene[pid].Fd(3, fd => fd with { GivenToKernel = given }).Fd(4, fd => fd with { GivenToKernel = given });
        // Whatever it has: this eventfd it did not give away.
        scene.Process(12, "other").Sleeps().With = record => record with { HasAio = true };

        Finding? finding = scene.Diagnose().Findings.SingleOrDefault();

        Assert.Equal(confidence, finding?.Confidence);
        if (finding is not null)
            Assert.DoesNotContain(Assumption.NoAio, finding.Assumptions);
        scene[12].With = record => record;
        Assert.DoesNotContain(12, Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }

    [Fact]
    public void EventFd_OfAHolderWithAVirtualMachine_TheKernelMayAdd()
    {
        Scene scene = EventFdPair();
        scene[11].Has(9, "anon_inode:kvm-vm", FdAccess.ReadWrite);

        Assert.Empty(scene.Diagnose().Findings);
    }

    private static Scene Vfork()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsForVfork();
        scene.Process(11, "parent", parent: 10).ReadEnd(7000, 4).Reads(4);
        scene[10].SharesMemoryWith = [11];
        scene[11].SharesMemoryWith = [10];
        return scene;
    }

    [Fact]
    public void Vfork_ChildReadsFromItsParent_IsNamed()
    {
        Finding finding = Assert.Single(Vfork().Diagnose().Findings);

        Assert.Equal(("vfork-stuck", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal((11, null), (finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Fact]
    public void Vfork_ChildCanRun_IsNoDeadlock()
    {
        Scene scene = Vfork();
        scene[11].Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Vfork_OtherUninterruptibleSleep_ProvesNothing()
    {
        Scene scene = Vfork();
        scene[10].Thread(15, 0, "folio_wait_bit", null, [5], 'D');

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Tokens_OneReaderForWhomOthersWait_IsTheCulprit()
    {
        var scene = new Scene();
        scene.Process(10, "build").ReadEnd(7000, 3).WriteEnd(7000, 4).WaitsFor(-1);
        scene.Process(11, "cache", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).WriteEnd(7001, 5).WriteEnd(7002, 6).ReadsAByte(3);
        scene.Process(12, "client", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).ReadEnd(7001, 5).Reads(5);
        scene.Process(13, "client", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).ReadEnd(7002, 5).Reads(5);
        scene[10].Caught = Termination;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("jobserver-starved", 11, 3), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Tokens_ReadersRunTheirParentsProgram_MayBeIdleWorkersOfASupervisor(bool supervisor, int findings)
    {
        var scene = new Scene();
        scene.Process(10, "pool").ReadEnd(7000, 3).WriteEnd(7000, 4).WaitsFor(-1);
        foreach (int pid in new[] { 11, 12 })
            scene.Process(pid, "pool", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3);
        scene[10].Caught = supervisor ? Termination : 0;

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void Child_ReadsWhatItsParentHasTwice_NamesTheParentOnceWithBothFds()
    {
        var scene = new Scene();
        scene.Process(10, "bash").WriteEnd(7000, 1).WriteEnd(7000, 2).WaitsFor(11);
        scene.Process(11, "tee", parent: 10).ReadEnd(7000, 0).Reads(0);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("bash (10) waits for its child tee (11) to exit, and tee (11) waits for bash (10) (fd 1 and 2) to let go of pipe:[7000].", finding.Summary);
        Assert.Equal("It ends when bash (10) closes fd 1 and 2 before it waits for tee (11).", finding.Culprit!.Remedy);
    }

    [Theory]
    [InlineData(Termination, false)]
    [InlineData(Interrupt, false)]
    [InlineData(0UL, true)]
    public void Child_OfAParentThatIsToldToEndBySignals_IsNoProof(ulong caught, bool proven)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WaitsFor(-1);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene[10].Caught = caught;

        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal(("child-never-exits", proven), (finding.Rule, finding.Confidence == Confidence.Proven));
        Assert.Equal(proven, finding.NotProvenBecause.IsEmpty);
    }

    [Theory]
    [InlineData(Termination, 0)]
    [InlineData(Interrupt, 1)]
    public void Children_OfAParentThatIsToldToEndBySignals_MayBeIdleWorkers(ulong caught, int findings)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).WriteEnd(7001, 6).WaitsFor(-1);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene.Process(12, "child", parent: 10).ReadEnd(7001, 0).Reads(0);
        scene[10].Caught = caught;

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(Interrupt, 0)]
    [InlineData(Interrupt | Quit | BrokenPipe, 0)]
    [InlineData(Interrupt | Quit, 1)]
    [InlineData(0UL, 1)]
    public void Pool_ThatIgnoresInterrupts_MayIdleByDesign(ulong ignored, int findings)
    {
        var scene = new Scene();
        scene.Process(10, "pool").WaitsOnFutex().WaitsOnFutex();
        scene[10].Ignored = ignored;

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData("pool", BrokenPipe, 1)]
    [InlineData("pool", Interrupt | Quit, 0)]
    [InlineData("python3", BrokenPipe, 0)] // whose runtime would have caught SIGINT
    public void Pool_OfTheBackgroundThatIgnoresBrokenPipesAsItsParentDoes_HasThatFromIt(string program, ulong ofParent, int findings)
    {
        var scene = new Scene();
        scene.Process(9, "parent").Sleeps();
        scene[9].Ignored = ofParent;
        scene.Process(10, program, parent: 9).WaitsOnFutex().WaitsOnFutex().With = record => record with { Exe = $"/usr/bin/{program}" };
        scene[10].Ignored = Interrupt | Quit | BrokenPipe;

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(SigChild, 0UL, 1)]
    [InlineData(SigChild | SegmentationFault, 0UL, 1)]
    [InlineData(SigChild | Interrupt, 0UL, 1)]
    [InlineData(SigChild | User1, 0UL, 0)]
    [InlineData(Interrupt, 0UL, 0)]
    [InlineData(0UL, 0UL, 0)]
    [InlineData(SigChild, SigChild, 0)] // it is pending: about to be taken
    public void Suspended_UntilSigchld_WaitsForItsChildren(ulong caught, ulong pending, int findings)
    {
        var scene = new Scene();
        scene.Process(10, "shell").WriteEnd(7000, 5).Thread(10, 130, "do_syscall_64", 0x1000, 8);
        scene[10].Caught = caught;
        scene[10].With = record => record with { SignalsPending = pending };
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Fact]
    public void PidFd_InASet_WaitsForThatProcessWhoseeverChildItIs()
    {
        var scene = new Scene();
        Actor watcher = scene.Process(10, "watcher").WriteEnd(7000, 5).Polls(3);
        watcher.With = record => record with { Fds = record.Fds.Insert(0, new FileDescriptor(3, FdAccess.ReadWrite, new FdTarget(FdKind.PidFd, 11, "anon_inode:[pidfd]")) { CloseOnExec = true }) };
        scene.Process(11, "watched").ReadEnd(7000, 0).Reads(0);
        Finding finding = Assert.Single(scene.Diagnose().Findings);
        Assert.Equal([10, 11], finding.Pids);
        Assert.StartsWith("watcher (10) waits for watched (11) to exit, and", finding.Summary, StringComparison.Ordinal);

        scene[11].Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(false, ", and parent (10) (fd 4) lets go of it as well")]
    public void EofHeldBySelf_OneFdTableOfTwo_OneCloseIsEnough(bool one, string others)
    {
        var scene = new Scene();
        scene.Process(10, "parent").ReadEnd(7000, 3).WriteEnd(7000, 4).WaitsFor(11).With = record => one ? record with { SharesFilesWith = [11] } : record;
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3).With = record => one ? record with { SharesFilesWith = [10] } : record;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal($"It ends when child (11) closes fd 4, its own write end of the pipe that it reads{others}.", finding.Culprit!.Remedy);
        Assert.Equal(one, finding.Explanation.Any(line => line.Contains("at fd 4 of parent (10), whose fd table is its own as well", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(1, "stuck-set", "one (10) waits for two (11) to exit and two (11) waits for one (10) to exit: none of them exits first.")]
    [InlineData(10, "child-never-exits", "one (10) waits for its child two (11) to exit, and two (11) waits for one (10) to exit.")]
    [InlineData(0, null, null)]
    public void PidFds_OfTwoWhoWaitForEachOthersExit_NamesBothAndNoChildThatIsNone(int parent, string? rule, string? summary)
    {
        var scene = new Scene();
        Watches(scene.Process(10, "one"), 11);
        Actor two = scene.Process(11, "two", parent: Math.Max(parent, 1));
        if (parent == 0)
            two.Sleeps();
        else
            Watches(two, 10);

        Finding? finding = scene.Diagnose().Findings.SingleOrDefault();

        Assert.Equal((rule, summary), (finding?.Rule, finding?.Summary));
        Assert.Equal(rule is null ? [] : ["It ends when one (10) exits.", "It ends when two (11) exits."], finding?.Culprits.Select(culprit => culprit.Remedy) ?? []);

        static void Watches(Actor watcher, ulong pid) => watcher.Polls(3).With = record => record with
        {
            Fds = record.Fds.Insert(0, new FileDescriptor(3, FdAccess.ReadWrite, new FdTarget(FdKind.PidFd, pid, "anon_inode:[pidfd]")) { CloseOnExec = true }),
        };
    }

    [Fact]
    public void Wait_ForAChildToStop_IsForASignal()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).Thread(10, 247, "do_wait", 0, 0, 0x1000, 2);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(0UL, 2)]
    [InlineData(0x20000000UL, 0)]
    public void Wait_SigchldIgnoredAndFlagsLeaveOutChildren_AnyOfThemWillDo(ulong options, int stuck)
    {
        var scene = new Scene();
        scene.Process(10, "parent").WriteEnd(7000, 5).Thread(10, 61, "do_wait", ulong.MaxValue, 0, options);
        scene[10].Ignored = 1UL << 16;
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 0).Reads(0);
        scene.Process(12, "worker", parent: 10).Sleeps();

        Assert.Equal(stuck, scene.Diagnose().Findings.Sum(finding => finding.Pids.Length));
    }
}
