using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class FileLockTests
{
    [Fact]
    public void Diagnose_TwoWithEachOthersLock_IsACircleOfLocks()
    {
        Finding finding = Assert.Single(Circle().Diagnose().Findings);

        Assert.Equal((FindingClass.Deadlock, Confidence.Proven, "file-lock-cycle"), (finding.Class, finding.Confidence, finding.Rule));
        Assert.Equal([10, 20], finding.Pids);
        Assert.Equal([(20, 4, "flock:fe:00:2"), (10, 3, "flock:fe:00:1")], finding.Culprits.Select(culprit => (culprit.Pid, culprit.Fd!.Value, culprit.Resource)));
        Assert.Equal("a (10) waits for an exclusive lock on /two (fd 4). The lock in its way is held by b (20) (fd 4).", finding.Explanation[0]);
    }

    [Fact]
    public void Diagnose_HolderThatKnowsTheFileByAnotherName_IsToldByItsOwn()
    {
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/mnt/one", 1, 11).WaitsForLock(3);
        scene.Process(20, "b").Opens(4, "/one", 1, 21, Flock(1, 20)).WaitsFor(10);
        scene[10].With = record => record with { Ppid = 20 };

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Contains(finding.Explanation, sentence => sentence == "a (10) waits for an exclusive lock on /mnt/one (fd 3). The lock in its way is held by b (20) (fd 4, /one there).");
        Assert.Equal("It ends when b (20) lets go of its lock on /one: unlocks it, or closes fd 4.", finding.Culprit!.Remedy);
    }

    [Fact]
    public void Diagnose_LivingProcessWithADuplicateOfTheLockedFile_IsHealthy()
    {
        Scene scene = Circle();
        scene.Process(30, "c").Has(9, "/two", FdAccess.ReadWrite).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_SeveralThatWantOneLockThatTwoOthersHave_AreBehindThemAndInNoCircle()
    {
        // A script has locked the file, xargs has inherited it, and each of what that runs side by side asks for it.
        Scene scene = new();
        FileLock held = Flock(1, 10);
        scene.Process(10, "script").Opens(9, "/one", 1, 11, held).WaitsFor(-1);
        scene.Process(11, "xargs", parent: 10).Opens(9, "/one", 1, 11, held).WaitsFor(-1);
        foreach (int pid in (int[])[12, 13, 14])
            scene.Process(pid, "flock", parent: 11).Opens(3, "/one", 1, (ulong)pid).WaitsForLock(3);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("file-lock-held-by-stuck", finding.Rule);
        Assert.Equal([10, 11], finding.Culprits.Select(culprit => culprit.Pid).Distinct().Order());
    }

    /// <summary>make(1) under flock(1), two of whose recipes ask for the lock once more.</summary>
    [Fact]
    public void Diagnose_TwoWhoHaveInheritedTheLockedFileAskForItAgain_AreBehindWhoLockedIt()
    {
        Scene scene = new();
        FileLock held = Flock(1, 10);
        scene.Process(10, "flock").Opens(3, "/one", 1, 11, held).WaitsFor(11);
        scene.Process(11, "make", parent: 10).Opens(3, "/one", 1, 11, held).WaitsFor(-1);
        foreach (int pid in (int[])[12, 13])
            scene.Process(pid, "flock", parent: 11).Opens(3, "/one", 1, 11, held).Opens(4, "/one", 1, (ulong)pid).WaitsForLock(4);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("file-lock-held-by-stuck", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.StartsWith("flock (12) and flock (13) wait for a lock on /one that flock (10) holds", finding.Summary, StringComparison.Ordinal);
    }

    /// <summary>What flock(1) runs under its lock is a pipeline, whose reader asks for the same lock before it reads.</summary>
    [Fact]
    public void Diagnose_PipelineUnderALockThatItsReaderWants_IsToldByTheRemedyThatFreesAll()
    {
        Scene scene = new();
        FileLock held = Flock(1, 10);
        scene.Process(10, "flock").Opens(3, "/one", 1, 11, held).WaitsFor(11);
        scene.Process(11, "bash", parent: 10).Opens(3, "/one", 1, 11, held).WaitsFor(-1);
        scene.Process(12, "head", parent: 11).Opens(3, "/one", 1, 11, held).WriteEnd(7000, 1).Writes(1);
        scene.Process(13, "sh", parent: 11).Opens(3, "/one", 1, 11, held).ReadEnd(7000, 0).WaitsFor(14);
        scene.Process(14, "flock", parent: 13).Opens(3, "/one", 1, 11, held).ReadEnd(7000, 0).Opens(4, "/one", 1, 12).WaitsForLock(4);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("file-lock-held-by-stuck", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.StartsWith("It ends when one of them unlocks the lock on /one", finding.Culprit!.Remedy, StringComparison.Ordinal);
        Assert.Contains(finding.Notes, note => note.StartsWith("pipe-full-cycle fits as well", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)] // who stands by for the lock gets it when the holder is told to give it up
    public void Diagnose_HolderThatCatchesSignals_MeansToLetGoUnlessItAwaitsWhoWants(bool reads, int findings)
    {
        Scene scene = new();
        Actor holder = scene.Process(10, "outer").Opens(3, "/one", 1, 11, Flock(1, 10)).WaitsOnFutex();
        holder.Caught = 1UL << 9; // SIGUSR1
        Actor wants = scene.Process(20, "inner", parent: 10).Opens(3, "/one", 1, 21).WaitsForLock(3);
        if (reads)
        {
            holder.ReadEnd(7000, 5).Reads(5);
            wants.WriteEnd(7000, 1);
        }

        Assert.Equal(Enumerable.Repeat(("file-lock-held-by-stuck", Confidence.Likely), findings), scene.Diagnose().Findings.Select(finding => (finding.Rule, finding.Confidence)));
    }

    [Fact]
    public void Diagnose_HolderThatSleeps_IsHealthy()
    {
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/one", 1, 11).WaitsForLock(3);
        scene.Process(20, "b").Opens(3, "/one", 1, 21, Flock(1, 20)).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_OneOfTwoSharedLocksHeldByALivingProcess_IsStuckBehindTheOther()
    {
        // All conflicting locks have to be let go: that one of them will be does not help.
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/one", 1, 11).WaitsForLock(3).WriteEnd(7000, 5);
        scene.Process(20, "b").Opens(3, "/one", 1, 21, Shared(1, 20)).ReadEnd(7000, 5).Reads(5);
        scene.Process(30, "c").Opens(3, "/one", 1, 31, Shared(1, 30)).Sleeps();

        Assert.Equal("file-lock-held-by-stuck", Assert.Single(scene.Diagnose().Findings).Rule);
    }

    [Fact]
    public void Diagnose_LockWhoseTakerIsGone_IsHeldByWhoHasTheOpenFile()
    {
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/one", 1, 11).WaitsForLock(3).WriteEnd(7000, 5);
        scene.Process(20, "b").Opens(3, "/one", 1, 21, Flock(1, 19)).ReadEnd(7000, 5).Reads(5);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((Confidence.Proven, "file-lock-held-by-stuck"), (finding.Confidence, finding.Rule));
        Assert.Equal((20, 3), (finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Fact]
    public void Diagnose_LockHeldThroughAnotherOpenOfTheSameProcess_IsStuckByItself()
    {
        Scene scene = new();
        Actor actor = scene.Process(10, "a").Opens(3, "/one", 1, 11, Flock(1, 10)).Opens(4, "/one", 1, 12).WaitsForLock(4);
        // As Python does: that signals are caught does not make it a design.
        actor.Caught = 1UL << 1 | 1UL << 14;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(("file-lock-cycle", 10, 3), (finding.Rule, finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Fact]
    public void Diagnose_OwnLockOfTheSameOpenFile_IsNotInItsWay()
    {
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/one", 1, 11, Shared(1, 10)).WaitsForLock(3);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_LockOfTheOtherKind_IsNotInItsWay()
    {
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/one", 1, 11, Flock(1, 10)).Opens(4, "/two", 2, 12).WaitsForLock(4);
        scene.Process(20, "b").Opens(3, "/one", 1, 21).Opens(4, "/two", 2, 22, Flock(2, 20) with { Kind = LockKind.Posix }).WaitsForLock(3);

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_DescriptionThatIsNotKnown_IsHealthy()
    {
        Scene scene = Circle();
        scene[20].With = record => record with { Fds = [.. record.Fds.Select(fd => fd with { Description = null })] };

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_LockOfAnOpenFileThatTwoHave_IsGoneWhenOneUnlocksItOrBothHaveClosedIt()
    {
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/one", 1, 11).WaitsForLock(3).WriteEnd(7000, 5);
        scene.Process(20, "b").Opens(3, "/one", 1, 21, Flock(1, 20)).ReadEnd(7000, 5).Reads(5);
        scene.Process(30, "c", parent: 20).Opens(3, "/one", 1, 21, Flock(1, 20)).ReadEnd(7000, 5).Reads(5);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal([20, 30], finding.Culprits.Select(culprit => culprit.Pid));
        Assert.All(finding.Culprits, culprit => Assert.Equal(
            "It ends when one of them unlocks the lock on /one, or all of them have closed it: fd 3 of b (20) and fd 3 of c (30) are the same open file.", culprit.Remedy));
    }

    [Fact]
    public void Diagnose_HolderStuckForAReasonOfItsOwn_NamesThatReason()
    {
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/one", 1, 11).WaitsForLock(3);
        scene.Process(20, "b").Opens(3, "/one", 1, 21, Flock(1, 20)).WaitsOnFutex();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal("file-lock-held-by-stuck", finding.Rule);
        Assert.Contains("it waits on a futex", finding.Summary);
    }

    [Theory]
    [InlineData(100, true)]
    [InlineData(0, false)] // beside the lock that is held
    public void Diagnose_RangeFromTheFilesPosition_IsTheOneThatTheTableShows(long start, bool stuck)
    {
        FileLock held = Flock(1, 20) with { Kind = LockKind.Posix, Start = 100, End = 199 };
        Scene scene = new() { Locks = [held, held with { Waits = true, Pid = 10, Start = start, End = start + 9 }] };
        scene.Process(10, "a").Opens(3, "/one", 1, 11).WriteEnd(7000, 5).Thread(10, 72, "fcntl_setlk", new CallMemory { LockRange = new LockRange(1, 1, 0, 10) }, [3, 7, 0x1000]);
        scene.Process(20, "b").Opens(3, "/one", 1, 21, held).ReadEnd(7000, 5).Reads(5);

        Assert.Equal(stuck ? ["file-lock-held-by-stuck"] : [], scene.Diagnose().Findings.Select(finding => finding.Rule));
    }

    [Theory]
    [InlineData("/usr/bin/sleep", true, 9, true)]
    [InlineData("/usr/bin/sleep", false, 9, false)] // in the foreground: the shell waits for it
    [InlineData("/usr/bin/bash", true, 9, false)] // the shell's own program knows of the lock
    [InlineData("/usr/bin/sleep", true, 11, false)] // it has taken the lock itself
    public void Diagnose_LockThatABackgroundJobHasInherited_IsLikelyNotLetGoOfByIt(string program, bool background, int taker, bool told)
    {
        FileLock held = Flock(1, taker);
        Scene scene = new();
        Actor shell = scene.Process(10, "bash").Opens(9, "/one", 1, 11, held).WaitsFor(-1);
        (shell.Caught, shell.Ignored) = (1UL << 16, 1UL << 2); // SIGCHLD; SIGQUIT, as bash does
        shell.With = record => record with { Exe = "/usr/bin/bash" };
        Actor heir = scene.Process(11, "sleep", parent: 10).Opens(9, "/one", 1, 11, held).Sleeps();
        heir.Ignored = background ? 6UL : 0;
        heir.With = record => record with { Exe = program };
        scene.Process(12, "bash", parent: 10).Opens(9, "/one", 1, 11, held).Opens(8, "/one", 1, 12).WaitsFor(-1).With = record => record with { Exe = "/usr/bin/bash" };
        scene.Process(13, "flock", parent: 12).Opens(9, "/one", 1, 11, held).Opens(8, "/one", 1, 12).WaitsForLock(8).With = record => record with { Exe = "/usr/bin/flock" };

        DiagnosisResult result = scene.Diagnose();

        Assert.Equal(told ? [("file-lock-held-by-stuck", Confidence.Likely)] : [], result.Findings.Select(finding => (finding.Rule, finding.Confidence)));
        if (told)
        {
            Assert.Equal([10, 12, 13], result.Findings[0].Pids);
            Assert.Equal(
                [
                    "sleep (11), which bash (10) runs in the background, may be the child that it waits for",
                    "sleep (11) has inherited the open file of the lock on /one (fd 9), and could unlock it: as long as it has that open, nobody lets go of the lock by closing it",
                ],
                result.Findings[0].NotProvenBecause);
        }
    }

    private static Scene Circle()
    {
        Scene scene = new();
        scene.Process(10, "a").Opens(3, "/one", 1, 11, Flock(1, 10)).Opens(4, "/two", 2, 12).WaitsForLock(4);
        scene.Process(20, "b").Opens(3, "/one", 1, 21).Opens(4, "/two", 2, 22, Flock(2, 20)).WaitsForLock(3);
        return scene;
    }

    private static FileLock Flock(ulong inode, int taker) => new(1, false, LockKind.Flock, LockAccess.Write, taker, 0xfe00000, inode, 0, long.MaxValue);

    private static FileLock Shared(ulong inode, int taker) => Flock(inode, taker) with { Access = LockAccess.Read };
}
