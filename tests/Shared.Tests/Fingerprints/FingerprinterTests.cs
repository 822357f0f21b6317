using System.Collections.Immutable;
using CsCheck;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Snapshots;
using static OrphanBoard.Shared.Tests.Fingerprints.FingerprintScenes;

namespace OrphanBoard.Shared.Tests.Fingerprints;

public sealed class FingerprinterTests
{
    [Fact]
    public void Of_FoundingHang_IsTheCanonicalTextOfItsCore()
    {
        FindingFingerprint fingerprint = Only(Scenes.Founding(eof: true)).Fingerprint;

        Assert.Equal(
            """
            v1 deadlock
            P0 contract-tests waits PipeRead {n}=aR {n}=bW
            P1 served-child waits PipeRead {0,n}=cR {1,n}=aW {2,n}=dW {n}=bR
            P0 -PipeRead a-> P1
            P1 -PipeRead b-> P0

            """,
            fingerprint.Text);
        Assert.All([fingerprint.Family, fingerprint.Shape, fingerprint.Exact, fingerprint.Culprit!], key => Assert.Matches("^v1-[a-z2-7]{26}$", key));
    }

    [Fact]
    public void Of_SameBugAgain_HasTheSameShapeWhateverItsNumbers() =>
        (from shift in Gen.Int[0, 20_000] from fd in Gen.Int[0, 200] from eof in Gen.Bool select (shift, fd, eof)).Sample(again =>
            Assert.Equal(
                Only(Scenes.Founding(again.eof)).Fingerprint.Shape,
                Only(Scenes.Founding(again.eof, again.shift, again.fd)).Fingerprint.Shape), iter: 300);

    [Fact]
    public void Of_OtherUpstreamWaiters_HasTheSameShapeAndAnotherExactKey()
    {
        Scene scene = Scenes.Founding(eof: true);
        FindingFingerprint before = Only(scene).Fingerprint;
        scene.Process(90, "make").WaitsFor(100);
        scene = WithParent(scene, child: 100, parent: 90);

        FindingFingerprint after = Only(scene).Fingerprint;

        Assert.Equal(before.Shape, after.Shape);
        Assert.NotEqual(before.Exact, after.Exact);
    }

    [Fact]
    public void Of_UnrelatedFilesThreadsAndLogs_HasTheSameShape()
    {
        Scene scene = Scenes.Founding(eof: true);
        string shape = Only(scene).Fingerprint.Shape;

        scene[120].WaitsOnFutex().Has(50, "/var/log/x", FdAccess.Write).WriteEnd(9000, 51);
        scene[110].WriteEnd(9000, 51).WriteEnd(9001, 1, 2);

        Assert.Equal(shape, Only(scene).Fingerprint.Shape);
    }

    public static TheoryData<string, string> LookAlikes => new()
    {
        { "eof", "seen" },
        { "eof", "stdin duplicated only" },
        { "eof", "stdout duplicated only" },
        { "stdin duplicated only", "stdout duplicated only" },
        { "eof", "nothing duplicated" },
        { "held by itself", "held by its parent" },
    };

    [Theory]
    [MemberData(nameof(LookAlikes))]
    public void Of_DifferentBugsThatLookAlike_HaveDifferentShapes(string a, string b) =>
        Assert.NotEqual(Only(Named(a)).Fingerprint.Shape, Only(Named(b)).Fingerprint.Shape);

    [Fact]
    public void Of_ParticipantsInAnyOrder_IsTheSame() =>
        Gen.Int.Sample(seed =>
        {
            Finding finding = Only(Scenes.Founding(eof: false));
            var random = new Random(seed);
            Finding shuffled = finding with
            {
                Participants = [.. finding.Participants.OrderBy(_ => random.Next())],
                Edges = [.. finding.Edges.OrderBy(_ => random.Next())],
            };
            Assert.Equal(finding.Fingerprint, Fingerprinter.Of(shuffled));
        }, iter: 200);

    [Fact]
    public void Of_RingOfAlikeProcesses_IsTheSameWhateverTheOrder() =>
        (from length in Gen.Int[2, 9] from seed in Gen.Int select (length, seed)).Sample(ring =>
            Assert.Equal(
                Only(Ring([.. Enumerable.Range(0, ring.length)])).Fingerprint.Text,
                Only(Ring(Shuffled(ring.length, ring.seed))).Fingerprint.Text), iter: 200);

    [Fact]
    public void Of_RingsOfDifferentLength_DifferInShape() =>
        Assert.NotEqual(Only(Ring([0, 1, 2])).Fingerprint.Shape, Only(Ring([0, 1, 2, 3])).Fingerprint.Shape);

    /// <summary>A parent waits for any of its workers, each of which waits for its word: whichever is swapped for another, nothing changes.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)] // each at a pipe of its own
    public void Of_WorkersThatWaitForTheOneWhoWaitsForThem_CollapseToMany(bool ownPipes)
    {
        string[] shapes = [.. ((int[])[2, 3, 8]).Select(count => Only(Star(count)).Fingerprint.Shape)];

        Assert.Single(shapes.Distinct());
        Assert.NotEqual(shapes[0], Only(Star(1)).Fingerprint.Shape);

        Scene Star(int count)
        {
            var scene = new Scene();
            Actor parent = scene.Process(10, "parent").WaitsFor(-1);
            for (int i = 1; i <= count; i++)
            {
                if (ownPipes || i == 1)
                    parent.WriteEnd(7000 + i, 20 + i);
                scene.Process(10 + i, "worker", parent: 10).ReadEnd(ownPipes ? 7000 + i : 7001, 0).Reads(0);
            }
            return scene;
        }
    }

    /// <summary>Each has the ends of what was made for those that were forked before it.</summary>
    [Fact]
    public void Of_WorkersThatHaveInheritedEachOthersPipes_AreAlikeHoweverManyThereAre()
    {
        Assert.Equal(Only(Pool(2)).Fingerprint.Text, Only(Pool(8)).Fingerprint.Text);

        static Scene Pool(int count)
        {
            var scene = new Scene();
            scene.Process(10, "parent").WaitsFor(-1);
            for (int i = 0; i < count; i++)
            {
                Actor worker = scene.Process(11 + i, "worker", parent: 10).WriteEnd(7000 + i, 3).WaitsOnFutex();
                for (int before = 0; before < i; before++)
                    worker.ReadEnd(7000 + before, 10 + before);
            }
            return scene;
        }
    }

    /// <summary>Jobs that want a second token, and workers at a queue that nobody closes: all have both ends of one pipe.</summary>
    [Fact]
    public void Of_ReadersOfOneByteThatHaveBothEnds_AreOtherReadersThanThoseOfMore()
    {
        Assert.NotEqual(Only(Sharers(1)).Fingerprint.Shape, Only(Sharers(4096)).Fingerprint.Shape);

        static Scene Sharers(ulong bytes)
        {
            var scene = new Scene();
            scene.Process(10, "parent").ReadEnd(7000, 3).WriteEnd(7000, 4).WaitsFor(-1);
            foreach (int pid in (int[])[11, 12])
                scene.Process(pid, "parent", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Thread(pid, 0, "anon_pipe_read", 3, 0x1000, bytes);
            return scene;
        }
    }

    /// <summary>No call of such a runtime shows that it waits for its child, which is what it hangs in.</summary>
    [Fact]
    public void Of_RuntimeThatIsToldOfItsChildrenByAHandler_HasTheChildInItsShape()
    {
        string[] shapes = [.. ((string[])["sort", "md5sum"]).Select(child => Only(Awaited(child)).Fingerprint.Shape)];

        Assert.Distinct(shapes);
        Assert.Equal(shapes[0], Only(Awaited("sort")).Fingerprint.Shape);

        static Scene Awaited(string child)
        {
            var scene = new Scene();
            Actor node = scene.Process(10, "node").WriteEnd(7000, 5).ReadEnd(7001, 6).WriteEnd(7001, 7).Polls(6);
            node.Caught = 1UL << 1 | 1UL << 14 | 1UL << 16;
            node.With = record => record with { Exe = "/usr/bin/node", SignalsCaughtAsChild = 1UL << 16 };
            scene.Process(11, child, parent: 10).ReadEnd(7000, 0).Reads(0);
            return scene;
        }
    }

    [Fact]
    public void Of_MoreZombiesOfTheSameKind_IsTheSameShape() =>
        Assert.Equal(Only(Zombies(10)).Fingerprint.Shape, Only(Zombies(25)).Fingerprint.Shape);

    [Fact]
    public void Of_SiblingsThatOnlyKinshipJoins_CollapseToMany()
    {
        string two = Only(Kin(2)).Fingerprint.Text;

        Assert.Equal(two, Only(Kin(5)).Fingerprint.Text);
        Assert.NotEqual(two, Only(Kin(1)).Fingerprint.Text);
        Assert.Contains("stuck-child waits Futex:wait many {0}=aR\n", two);
    }

    [Fact]
    public void Of_OrphansThatHoldThePipeAtDifferentFds_DoNotCollapse()
    {
        Scene same = HeldByOrphans(1, 1), different = HeldByOrphans(1, 2);

        Assert.Contains(" many ", Only(same).Fingerprint.Text);
        Assert.DoesNotContain(" many ", Only(different).Fingerprint.Text);
        Assert.Equal(Only(different).Fingerprint.Text, Only(HeldByOrphans(2, 1)).Fingerprint.Text);
    }

    [Fact]
    public void Of_PipeOfAJobServerInAllOfThem_HasTheSameShape()
    {
        Scene scene = Scenes.Founding(eof: true);
        string shape = Only(scene).Fingerprint.Shape;
        foreach (int pid in new[] { 100, 110, 120 })
            scene[pid].ReadEnd(9500, 60).WriteEnd(9500, 61);

        Assert.Equal(shape, Only(scene).Fingerprint.Shape);
    }

    [Fact]
    public void Of_AnotherRuleAndConfidence_IsTheSame()
    {
        Finding finding = Only(Scenes.Founding(eof: true));

        Assert.Equal(finding.Fingerprint, Fingerprinter.Of(finding with { Rule = "better-rule", Confidence = Confidence.Suspected, Summary = "?" }));
    }

    [Fact]
    public void Of_CulpritThatOthersAreWaitedForBy_BelongsToTheCore()
    {
        Finding finding = Founding();
        Culprit runner = new(100, null, "futex:0x7000", "?");

        string text = Fingerprinter.Of(finding with { Culprit = runner, Culprits = [runner] }).Text;

        Assert.Contains(" runner waits ChildWait:one\n", text);
        Assert.DoesNotContain("runner", finding.Fingerprint.Text);
    }

    [Fact]
    public void Of_UpstreamOfAStall_IsNoPartOfTheShape()
    {
        Finding finding = Only(Scenes.HeldByOrphan());
        Participant above = finding.Participants[0] with { Pid = 90, Comm = "make", Cmdline = ["make"], Fds = [] };
        WaitEdge wait = new(new EdgeEnd(90, 90), 0, "ChildWait", "child:any", [new EdgeTarget(finding.Participants[0].Pid, null, false)], EdgeBasis.Proven);

        FindingFingerprint below = Fingerprinter.Of(finding with { Participants = [above, .. finding.Participants], Edges = [wait, .. finding.Edges] });

        Assert.Equal(finding.Fingerprint.Shape, below.Shape);
        Assert.NotEqual(finding.Fingerprint.Exact, below.Exact);
    }

    [Theory]
    [InlineData("SocketRead", "socket:[{0}]")]
    [InlineData("EventFd", "eventfd:[{0}]")]
    [InlineData("FileLock", "/tmp/zoo-{0}/lock")]
    [InlineData("PipeRead", "pipe:[{0}]")]
    [InlineData("Tty", "/dev/pts/{0}")]
    public void Of_ObjectOfAnyKind_IsALetterAndNoNumber(string kind, string target)
    {
        FindingFingerprint one = Fingerprinter.Of(Mutual(kind, string.Format(target, 1001), string.Format(target, 1002))), other = Fingerprinter.Of(Mutual(kind, string.Format(target, 5007), string.Format(target, 4003)));

        Assert.Equal(one, other);
        Assert.Contains($"P0 -{kind} a-> P1", one.Text);
        Assert.DoesNotContain("100", one.Text);
    }

    [Fact]
    public void Of_SocketPair_ShowsBothEndsOfTheWait()
    {
        Finding finding = Mutual("SocketRead", "socket:[1001]", "socket:[1002]");
        finding = finding with
        {
            Participants =
            [
                finding.Participants[0] with { Fds = [new FdInfo(3, "socket:[1001]", "rw", null)] },
                finding.Participants[1] with { Fds = [new FdInfo(3, "socket:[1002]", "rw", null)] },
            ],
            Edges = [.. finding.Edges.Select(edge => edge with { To = [edge.To[0] with { Fd = 3 }] })],
        };

        Assert.Equal(
            """
            v1 deadlock
            P0 left waits SocketRead {n}=aRW
            P1 right waits SocketRead {n}=bRW
            P0 -SocketRead a/b-> P1
            P1 -SocketRead b/a-> P0

            """,
            Fingerprinter.Of(finding).Text);
    }

    [Fact]
    public void Of_FileLockWithoutItsWaitersFd_IsToldByTheHoldersFile()
    {
        Finding finding = Mutual("FileLock", "/tmp/zoo-1/lock", "/tmp/zoo-1/other");
        finding = finding with { Edges = [.. finding.Edges.Select(edge => edge with { Resource = "flock:fe:00:8711", To = [edge.To[0] with { Fd = 4 }] })] };

        string text = Fingerprinter.Of(finding).Text;

        Assert.Contains("-FileLock a-> ", text);
        Assert.DoesNotContain("8711", text);
    }

    [Theory]
    [InlineData(Bounded.No, "PipeRead ")]
    [InlineData(Bounded.Yes, "PipeRead:timed ")]
    [InlineData(Bounded.Unknown, "PipeRead:may-be-timed ")]
    public void Of_WaitThatATimeoutEnds_IsAnotherOne(Bounded bounded, string expected)
    {
        Finding finding = Mutual("PipeRead", "pipe:[1]", "pipe:[2]");
        finding = finding with { Participants = [.. finding.Participants.Select(participant => participant with { Threads = [.. participant.Threads.Select(thread => thread with { Bounded = bounded })] })] };

        Assert.Contains($"left waits {expected}", Fingerprinter.Of(finding).Text);
    }

    [Fact]
    public void Of_PollOfOnePipe_IsTheSameAsARead()
    {
        Finding finding = Mutual("PipeRead", "pipe:[1]", "pipe:[2]");

        Assert.Equal(Fingerprinter.Of(finding).Text, Fingerprinter.Of(Mutual("Poll", "pipe:[1]", "pipe:[2]", "PipeRead")).Text);
        Assert.NotEqual(Fingerprinter.Of(Mutual("SocketRead", "socket:[1]", "socket:[2]")).Text, Fingerprinter.Of(Mutual("Poll", "socket:[1]", "socket:[2]", "SocketRead")).Text);
    }

    [Fact]
    public void Of_OrphanThatWorksNowAndThen_HasTheSameShape()
    {
        Finding finding = Only(Scenes.HeldByOrphan()) with { Class = FindingClass.Orphan, Edges = [] };
        Finding waiting = finding with { Participants = [.. finding.Participants.Select(participant => participant with { Threads = [.. participant.Threads.Select(thread => thread with { Wait = "Futex", Detail = "wait" })] })] };

        Assert.Equal(Fingerprinter.Of(finding).Shape, Fingerprinter.Of(waiting).Shape);
    }

    /// <summary>A daemon that has used its pool once has idle workers ever after.</summary>
    [Fact]
    public void Of_OrphanThatHasWorkersMeanwhile_HoldsThePipeAsBefore()
    {
        Finding finding = Only(Scenes.HeldByOrphan());
        Finding pooled = finding with
        {
            Participants =
            [
                .. finding.Participants.Select(participant => participant.Role != ParticipantRole.OrphanHolder ? participant : participant with
                {
                    Threads = [.. participant.Threads, new ThreadInfo(121, "worker", "Futex", Bounded.No, "futex:0x7000", null, null, false, 1) { Detail = "semaphore" }],
                }),
            ],
        };

        Assert.Equal(Fingerprinter.Of(finding).Text, Fingerprinter.Of(pooled).Text);
    }

    /// <summary>The init of a container waits for whomever it is given, and for the runner.</summary>
    [Fact]
    public void Of_OrphanThatAnInitHasAdoptedThatWaits_HoldsThePipeAsElsewhere()
    {
        Scene adopted = Scenes.HeldByOrphan();
        adopted.Process(5, "init").WaitsFor(-1).NsPid = 1;
        foreach (int pid in new[] { 100, 120 })
            adopted[pid].With = record => record with { Ppid = 5 };

        Finding finding = Only(adopted);

        Assert.Contains(finding.Participants, participant => participant.Pid == 5);
        Assert.Equal(Only(Scenes.HeldByOrphan()).Fingerprint.Text, finding.Fingerprint.Text);
    }

    [Fact]
    public void Of_CommonCulprit_CarriesItsFdsAndItsLostParentInTheCulpritKey()
    {
        Finding finding = WithOrphan("sleep", new OrphanInfo(7, "daemon-a", 1, null, null));

        Assert.NotEqual(finding.Fingerprint.Culprit, WithOrphan("sleep", new OrphanInfo(8, "daemon-b", 1, null, null)).Fingerprint.Culprit);
        Assert.Equal(finding.Fingerprint.Culprit, WithOrphan("sleep", new OrphanInfo(9, "daemon-a", 1, null, null)).Fingerprint.Culprit);
        Assert.Equal(finding.Fingerprint.Shape, WithOrphan("sleep", new OrphanInfo(null, null, 1, null, null)).Fingerprint.Shape);
        Assert.Contains("sleep orphan-holder {1}=aW", finding.Fingerprint.Text);
    }

    [Fact]
    public void Of_CulpritWithANameOfItsOwn_IsTheSameWhoeverItsParentWas() =>
        Assert.Equal(
            WithOrphan("daemon", new OrphanInfo(7, "a", 1, null, null)).Fingerprint.Culprit,
            WithOrphan("daemon", new OrphanInfo(7, "b", 1, null, null)).Fingerprint.Culprit);

    [Fact]
    public void Of_HiddenFdTable_IsAnotherShapeAndComparedByWhatWasSeenOfBoth()
    {
        Finding seen = Founding();
        Finding hidden = Hiding(seen);

        Comparison comparison = FingerprintComparison.Compare(seen, hidden);

        Assert.NotEqual(seen.Fingerprint.Shape, hidden.Fingerprint.Shape);
        Assert.Contains(" fds ?", hidden.Fingerprint.Text);
        Assert.True(comparison.SameShape);
        Assert.Equal("names", comparison.By);
        Assert.DoesNotContain(comparison.Features, feature => feature.Feature.Contains(" end of ", StringComparison.Ordinal));
    }
}
