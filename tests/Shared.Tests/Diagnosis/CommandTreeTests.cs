using System.Collections.Immutable;
using CsCheck;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>What guard may prove though it cannot read the processes of other users: they hold nothing that was made below it, unless it was passed on.</summary>
public sealed class CommandTreeTests
{
    private const int Looker = 50;

    [Fact]
    public void Diagnose_HiddenProcessOutsideTheTree_LeavesTheProofUnderAnAssumption()
    {
        Finding finding = Told(Guarded());

        Assert.Equal(Confidence.Proven, finding.Confidence);
        Assert.Contains(Assumption.NotPassedOn, finding.Assumptions);
        Assert.Empty(finding.NotProvenBecause);
    }

    [Fact]
    public void Diagnose_LookerThatRunsNoCommand_ProvesNothingBesideAHiddenProcess() => Assert.Equal(Confidence.Likely, Told(Guarded(), look => look).Confidence);

    [Fact]
    public void Diagnose_NobodyHidden_NeedsNoSuchAssumption()
    {
        Scene scene = Guarded();
        scene.Process(20, "service").Sleeps();

        Assert.DoesNotContain(Assumption.NotPassedOn, Told(scene).Assumptions);
    }

    [Fact]
    public void Diagnose_PipeThatTheCommandWasGiven_MayBeHeldByAnybody()
    {
        Finding finding = Told(Guarded(), look => look with { GivenToCommand = [Given("pipe:[7001]")] });

        Assert.Equal(Confidence.Likely, finding.Confidence);
    }

    [Fact]
    public void Diagnose_OtherPipesThatTheCommandWasGiven_DoNotMatter() =>
        Assert.Equal(Confidence.Proven, Told(Guarded(), look => look with { GivenToCommand = [Given("pipe:[6000]"), Given("/dev/null"), Given("anon_inode:[eventfd]")] }).Confidence);

    [Theory]
    [InlineData(60, "a child of the command")]
    [InlineData(Looker, "one that guard has adopted")]
    [InlineData(4711, "one whose parent was not seen")]
    [InlineData(90, "one whose parent is younger: the pid was given out again")]
    public void Diagnose_HiddenProcessThatMayBeOfTheTree_IsLikely(int parent, string who)
    {
        Scene scene = Guarded();
        scene.Process(70, "sudo", parent).Hidden().Sleeps();
        scene.Process(90, "somebody").Sleeps();

        Finding finding = Told(scene);

        Assert.True(finding.Confidence == Confidence.Likely, who);
        Assert.Contains(finding.NotProvenBecause, why => why.Contains("sudo (70)", StringComparison.Ordinal));
    }

    [Fact]
    public void Diagnose_HiddenProcessThatIsOlderThanTheLooker_ComesFromSomewhereElse()
    {
        Scene scene = Guarded();
        scene.Process(70, "service", parent: 4711).Hidden().Sleeps().StartTimeTicks = 7;

        Assert.Equal(Confidence.Proven, Told(scene).Confidence);
    }

    [Theory]
    [InlineData(1000u, Confidence.Likely)]
    [InlineData(0u, Confidence.Proven)]
    public void Diagnose_HiddenProcessInAnotherPidNamespace_MayBeAnOrphanOfTheTreeIfItsInitIsTheUsersOwn(uint uid, Confidence confidence)
    {
        Scene scene = Guarded();
        Actor init = scene.Process(80, "init-of-it").Sleeps();
        init.NsPid = 1;
        init.With = record => record with { Uid = uid };
        scene.Process(81, "worker", parent: 80).Hidden().Sleeps();

        Assert.Equal(confidence, Told(scene).Confidence);
    }

    [Fact]
    public void Diagnose_HolderOutsideTheTree_ShowsThatItWasPassedOn()
    {
        Scene scene = Guarded();
        scene.Process(40, "friend").WriteEnd(7000, 3).ReadEnd(7002, 4).Reads(4);
        scene[61].WriteEnd(7002, 9);

        Assert.Equal(Confidence.Likely, Told(scene).Confidence);
    }

    [Theory]
    [InlineData(9001UL, true, Confidence.Likely, "connected to somebody hidden")]
    [InlineData(9001UL, false, Confidence.Proven, "connected to a member")]
    [InlineData(0UL, true, Confidence.Proven, "its other end is closed")]
    public void Diagnose_UnixSocketOfAMember_OpensTheTreeIfItLeadsToSomebodyHidden(ulong peer, bool hidden, Confidence confidence, string why)
    {
        Scene scene = Guarded();
        scene.Sockets = [Scene.Connected(9000, peer), Scene.Connected(9001, 9000)];
        scene[60].Socket(8, 9000);
        if (!hidden)
            scene[61].Socket(8, 9001);

        Assert.True(confidence == Told(scene).Confidence, why);
    }

    [Fact]
    public void Diagnose_DescriptorsInFlightToAMember_OpenTheTree()
    {
        Scene scene = Guarded().Pair(9000, 9001);
        scene[60].Socket(8, 9000).Fd(8, fd => fd with { DescriptorsInFlight = 1 });
        scene[61].Socket(8, 9001);

        Assert.Equal(Confidence.Likely, Told(scene).Confidence);
    }

    [Theory]
    [InlineData(SocketType.Datagram, SocketState.Closed, Confidence.Likely)]
    [InlineData(SocketType.Stream, SocketState.Closed, Confidence.Proven)]
    [InlineData(SocketType.Stream, SocketState.Listening, Confidence.Proven)]
    public void Diagnose_UnixSocketWithoutAPeer_OpensTheTreeIfItCanSendToAName(SocketType type, SocketState state, Confidence confidence)
    {
        Scene scene = Guarded();
        scene.Sockets = [Scene.Connected(9000, null) with { Type = type, State = state }];
        scene[60].Socket(8, 9000);

        Assert.Equal(confidence, Told(scene).Confidence);
    }

    [Theory]
    [InlineData(false, Confidence.Proven)]
    [InlineData(true, Confidence.Likely)]
    public void Diagnose_SocketPairOfTheTree_IsProvenUnlessAnEndWasGiven(bool given, Confidence confidence)
    {
        Scene scene = new Scene().Pair(9000, 9001);
        scene.Process(Looker, "orphan-agent").Runs();
        scene.Process(60, "left", Looker).Socket(3, 9000).Receives(3);
        scene.Process(61, "right", parent: 60).Socket(3, 9001).Receives(3);
        scene.Process(20, "service").Hidden().Sleeps();

        Assert.Equal(confidence, Told(scene, look => look with { GivenToCommand = given ? [Given("socket:[9001]")] : [] }).Confidence);
    }

    [Theory]
    [InlineData(null, Confidence.Proven)]
    [InlineData(5UL, Confidence.Proven)]
    [InlineData(4UL, Confidence.Likely)]
    [InlineData(0UL, Confidence.Likely)]
    public void Diagnose_EventFdOfTheTree_IsProvenUnlessItMayBeOneThatWasGiven(ulong? given, Confidence confidence)
    {
        Scene scene = new();
        scene.Process(Looker, "orphan-agent").Runs();
        scene.Process(60, "left", Looker).EventFd(4, 3).ReadsEventFd(3);
        scene.Process(61, "right", parent: 60).EventFd(4, 3).ReadsEventFd(3);
        scene.Process(20, "service").Hidden().Sleeps();
        ImmutableArray<FileDescriptor> all = given is { } id ? [new FileDescriptor(9, FdAccess.None, new FdTarget(FdKind.EventFd, id, "anon_inode:[eventfd]"))] : [];

        Assert.Equal(confidence, Told(scene, look => look with { GivenToCommand = all }).Confidence);
    }

    [Fact]
    public void Diagnose_ProcessesOfOtherUsersNotListed_ProvesNothing()
    {
        Scene scene = Scenes.CrossReaders();

        Finding finding = Told(scene, look => look with { OthersUnlisted = true });

        Assert.Equal(Confidence.Likely, finding.Confidence);
        Assert.Contains("processes of other users are not listed", finding.NotProvenBecause);
    }

    [Fact]
    public void Diagnose_LookerInAnotherPidNamespace_ProvesOnlyWhatACommandOfItsOwnMade()
    {
        Finding seen = Told(Guarded(), look => look with { OutsideUnlisted = true }), guarded = Told(Guarded(), look => look with { OutsideUnlisted = true, GivenToCommand = [] });

        Assert.Equal(Confidence.Likely, seen.Confidence);
        Assert.Contains("processes outside this pid namespace are not listed", seen.NotProvenBecause);
        Assert.Equal(Confidence.Proven, guarded.Confidence);
        Assert.Contains(Assumption.NotPassedOn, guarded.Assumptions);
    }

    /// <summary>
    /// The model makes pipes and hands them down by fork alone, as is assumed. Then whoever's fd tables are hidden, inside or outside, no more is proven than where all are seen.
    /// </summary>
    [Fact]
    public void Diagnose_TablesHiddenWhereDescriptorsComeByForkAlone_ProvesNoMore() =>
        Gen.Int.Sample(seed =>
        {
            var random = new Random(seed);
            (Scene scene, ImmutableArray<FileDescriptor> given, int[] pids) = Family(random);
            Func<Snapshot, Snapshot> guarded = look => look with { ObserverPid = Looker, GivenToCommand = given };
            SortedSet<int> seen = Proven(Diagnose(scene, guarded));
            foreach (int pid in pids.Where(_ => random.Next(4) == 0))
                scene[pid].Hidden();

            Assert.Subset(seen, Proven(Diagnose(scene, guarded)));
        }, iter: 5_000);

    /// <summary>Else the property above would say nothing.</summary>
    [Fact]
    public void Diagnose_TablesHiddenWhereDescriptorsComeByForkAlone_ProvesSomethingAllTheSame()
    {
        int proven = 0;
        for (int seed = 0; seed < 300; seed++)
        {
            (Scene scene, ImmutableArray<FileDescriptor> given, int[] pids) = Family(new Random(seed));
            scene.Process(20, "service").Hidden().Sleeps();
            proven += Proven(Diagnose(scene, look => look with { ObserverPid = Looker, GivenToCommand = given })).Overlaps(pids) ? 1 : 0;
        }

        Assert.True(proven > 5, $"{proven} of 300");
    }

    /// <summary>Pids in the order of their births: some come of the looker, some of a shell beside it. Each makes pipes, forks, and lets go of some ends.</summary>
    private static (Scene Scene, ImmutableArray<FileDescriptor> Given, int[] Pids) Family(Random random)
    {
        var scene = new Scene();
        var ends = new Dictionary<int, List<(int Pipe, bool Writes)>> { [40] = [] };
        scene.Process(40, "shell");
        int next = 7000;
        Make(40);
        scene.Process(Looker, "orphan-agent", parent: 40).Runs();
        ends[Looker] = [.. ends[40].Where(_ => random.Next(2) == 0)];
        ImmutableArray<FileDescriptor> given = [.. ends[Looker].Select(end => Given($"pipe:[{end.Pipe}]"))];
        for (int pid = 60; pid < 60 + random.Next(2, 7); pid++)
        {
            int parent = ends.Keys.ElementAt(random.Next(ends.Count));
            scene.Process(pid, $"p{pid}", parent);
            if (random.Next(2) == 0)
                Make(parent);
            ends[pid] = [.. ends[parent].Where(_ => random.Next(5) > 0)];
            if (parent != Looker)
                ends[parent].RemoveAll(_ => random.Next(3) == 0);
        }
        // As guard does once the command runs.
        ends[Looker].Clear();
        foreach ((int pid, List<(int Pipe, bool Writes)> held) in ends.Where(pair => pair.Key != Looker))
        {
            int fd = 3;
            foreach ((int pipe, bool writes) in held)
                scene[pid].Has(fd++, $"pipe:[{pipe}]", writes ? FdAccess.Write : FdAccess.Read);
            int place = held.Count == 0 || random.Next(4) == 0 ? -1 : random.Next(held.Count);
            _ = place < 0 ? scene[pid].Sleeps() : held[place].Writes ? scene[pid].Writes(3 + place) : scene[pid].Reads(3 + place);
        }
        return (scene, given, [.. ends.Keys.Where(pid => pid != Looker)]);

        void Make(int pid)
        {
            if (pid == Looker)
                return;
            ends[pid].AddRange([(next, false), (next, true)]);
            next++;
        }
    }

    /// <summary>Two of the command's tree that read from each other, below a looker, and a process of somebody else that nothing is known of.</summary>
    private static Scene Guarded()
    {
        var scene = new Scene();
        scene.Process(Looker, "orphan-agent").Runs();
        scene.Process(60, "left", Looker).ReadEnd(7000, 3).WriteEnd(7001, 4).Reads(3);
        scene.Process(61, "right", parent: 60).ReadEnd(7001, 3).WriteEnd(7000, 4).Reads(3);
        scene.Process(20, "service").Hidden().Sleeps();
        return scene;
    }

    private static FileDescriptor Given(string link) => new(0, FdAccess.None, FdTarget.Parse(link));

    private static Finding Told(Scene scene, Func<Snapshot, Snapshot>? with = null) =>
        Assert.Single(Diagnose(scene, with ?? (look => look with { GivenToCommand = [] })).Findings, finding => finding.Class == FindingClass.Deadlock);

    private static DiagnosisResult Diagnose(Scene scene, Func<Snapshot, Snapshot> with)
    {
        Snapshot first = with(scene.Look(1000) with { ObserverPid = Looker }), last = with(scene.Look(1001) with { ObserverPid = Looker });
        return Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions());
    }

    private static SortedSet<int> Proven(DiagnosisResult result) =>
        [.. result.Findings.Where(finding => finding is { Class: FindingClass.Deadlock, Confidence: Confidence.Proven }).SelectMany(finding => finding.Pids)];
}
