using System.Collections.Immutable;
using CsCheck;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>What <c>proven</c> promises, held against a model that knows nothing of graphs: it lets everybody who can move do all that they could.</summary>
public sealed class ProofTests
{
    private const int FirstPid = 10;

    [Fact]
    public void Diagnose_RandomHosts_ProvesExactlyThoseWhomNoSequenceOfMovesFrees() =>
        Gen.Int.Sample(seed =>
        {
            var host = new ModelHost(new Random(seed));

            Assert.Equal(host.NeverFreed(), Proven(host.Scene.Diagnose()));
        }, iter: 10_000);

    /// <summary>Else the property above would say nothing.</summary>
    [Fact]
    public void NeverFreed_RandomHosts_AreOfEverySize() =>
        Assert.Equal([.. Enumerable.Range(0, 7)], Enumerable.Range(0, 3000).Select(seed => new ModelHost(new Random(seed)).NeverFreed().Count).Distinct().Where(size => size < 7).Order());

    [Fact]
    public void Diagnose_HostOfWhichLessIsSeen_ProvesNoMore() =>
        Gen.Int.Sample(seed =>
        {
            var host = new RandomHost(seed);
            Snapshot[] looks = [.. Enumerable.Range(0, 12).Select(_ => host.Look())];
            for (int last = 1; last < looks.Length; last++)
            {
                var random = new Random(seed + last);
                Func<ProcessRecord, ProcessRecord> hide = Hiding(looks[last], random);
                Snapshot first = looks[last - 1], hiddenFirst = Hide(first, hide), hiddenLast = Hide(looks[last], hide);

                Assert.Subset(EvidenceOf(first, looks[last]).Proven.ToHashSet(), EvidenceOf(hiddenFirst, hiddenLast).Proven.ToHashSet());
            }
        }, iter: 1_000);

    [Theory]
    [InlineData(1u, 1u, true, "all are accounted for")]
    [InlineData(2u, 1u, false, "a descriptor is in flight")]
    [InlineData(1u, 2u, false, "somebody else opened its other end")]
    public void Diagnose_CrossReadersWithCountsOfTheKernel_AreStuckIfTheCountsAreAccountedFor(uint references, uint writers, bool stuck, string why)
    {
        Scene scene = Scenes.CrossReaders();
        foreach (int pid in (int[])[10, 11])
        {
            scene[pid].With = record => record with
            {
                SharesFilesWith = [],
                Fds = [.. record.Fds.Select((fd, place) => fd with { Description = (ulong)(10 * pid + place), References = references, Pipe = new PipeState(0, 0, 16, 1, writers) })],
            };
        }

        ImmutableArray<Finding> findings = scene.Diagnose().Findings;

        Assert.True(stuck == (findings.Length == 1), why);
        Assert.DoesNotContain("no-fd-in-flight", findings.SelectMany(finding => finding.Assumptions));
    }

    /// <summary>Whoever has the epoll could put another member in, and who that is the kernel's count of it says.</summary>
    [Theory]
    [InlineData(1u, Confidence.Proven)]
    [InlineData(2u, Confidence.Likely)]
    [InlineData(null, Confidence.Likely)]
    public void Diagnose_EpollsBesideHiddenTables_AreProvenIfTheirCountsAreAccountedFor(uint? ofEpoll, Confidence confidence)
    {
        Scene scene = new();
        scene.Process(5, "hidden").Sleeps().Hidden();
        scene.Process(10, "left").ReadEnd(71, 3).WriteEnd(72, 4).WaitsInEpoll(8, new EpollMember(3, 1, 71, 12));
        scene.Process(11, "right").ReadEnd(72, 3).WriteEnd(71, 4).WaitsInEpoll(8, new EpollMember(3, 1, 72, 12));
        foreach (int pid in (int[])[10, 11])
        {
            scene[pid].With = record => record with
            {
                SharesFilesWith = [],
                Fds = [.. record.Fds.Select(fd => fd with
                {
                    Description = (ulong)(10 * pid + fd.Number),
                    References = fd.Number == 8 ? ofEpoll : 1,
                    Pipe = fd.Number == 8 ? null : new PipeState(0, 0, 16, 1, 1),
                })],
            };
        }

        Assert.Equal(confidence, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    /// <summary>A thread reads pipe 71, and another one puts pipe 72 there with dup2(2), whose only writer is the process itself: the sleeper writes to 71 some day.</summary>
    [Theory]
    [InlineData(1u, null)]
    [InlineData(2u, Confidence.Proven)]
    [InlineData(null, Confidence.Likely)]
    public void Diagnose_FdThatMayHaveBeenReplacedUnderACall_IsProvenIfTheCallHoldsIt(uint? references, Confidence? confidence)
    {
        Scene scene = new();
        scene.Process(10, "reader").ReadEnd(72, 3).WriteEnd(72, 4).Reads(3).WaitsOnFutex().With = record => record with
        {
            SharesFilesWith = [],
            Fds = [.. record.Fds.Select(fd => fd with { Description = (ulong)fd.Number, References = fd.Number == 3 ? references : references is null ? null : 1 })],
        };
        scene.Process(11, "sleeper").WriteEnd(71, 5).Sleeps();

        Assert.Equal(confidence, scene.Diagnose().Findings.SingleOrDefault()?.Confidence);
    }

    /// <summary>A thread with an fd table of its own (unshare(2), CLONE_FILES) has the end that is waited for, and reads at a number that the table of its process does not have.</summary>
    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 0)]
    public void Diagnose_EndInTheTableOfAThread_IsHeldByItsProcess(bool sleeps, int findings)
    {
        Scene scene = new();
        Actor child = scene.Process(11, "child", parent: 10).WaitsOnFutex();
        _ = sleeps ? child.Sleeps() : child.Reads(5);
        var own = new Actor(11, "child", 10).ReadEnd(71, 5).WriteEnd(72, 6);
        child.With = record => record with { Threads = [record.Threads[0], record.Threads[1] with { Fds = own.Record().Fds }] };
        scene.Process(10, "parent").ReadEnd(72, 3).WriteEnd(71, 4).Reads(3);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    /// <summary>What is in the table of a single thread is read of suspects alone: without it nobody is seen to have the write end.</summary>
    [Theory]
    [InlineData(false, false, "eof-held-by-self")]
    [InlineData(true, false, null)]
    [InlineData(false, true, null)] // its handler may be what the thread waits for
    public void Advance_WriteEndInTheTableOfAThreadBeside_IsAskedForAndTold(bool sleeps, bool catches, string? rule)
    {
        Scene scene = new();
        Actor reader = scene.Process(10, "reader").ReadEnd(71, 3).Reads(3);
        _ = sleeps ? reader.Sleeps() : reader.WaitsOnFutex();
        reader.Caught = catches ? 1UL << 14 : 0;
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        diagnosis.Advance(scene.Look(1000));
        bool asked = diagnosis.Suspects.Contains(10);
        var own = new Actor(10, "reader", 1).ReadEnd(71, 3).WriteEnd(71, 4);
        reader.With = record => record with { Threads = [record.Threads[0], record.Threads[1] with { Fds = own.Record().Fds }] };

        DiagnosisResult told = Scene.Checked(diagnosis.Advance(scene.Look(1001)));

        Assert.Equal(!sleeps, asked);
        Assert.Equal(rule, told.Findings.SingleOrDefault()?.Rule);
        Assert.All(told.Findings, finding => Assert.Equal((10, 4), (Assert.Single(finding.Culprits).Pid, finding.Culprits[0].Fd)));
    }

    [Fact]
    public void Diagnose_FdOfSeveralThreadsAndNoOtherPipeInSight_IsProvenUnderAnAssumption()
    {
        Scene scene = new();
        scene.Process(10, "reader").ReadEnd(72, 3).WriteEnd(72, 4).Reads(3).WaitsOnFutex();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(Confidence.Proven, finding.Confidence);
        Assert.Contains("fd-not-reused", finding.Assumptions);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Diagnose_ThreadsThatWaitOnNoFd_AssumeNothingOfFds(bool initIsHidden)
    {
        Scene scene = new();
        scene.Process(5, "shell").Sleeps();
        scene.Process(10, "pool", parent: 5).WaitsOnFutex().WaitsOnFutex();
        if (initIsHidden)
            scene[1].Hidden();

        Assert.Equal(["no-itimer", "no-unseen-io-uring", "no-unseen-signal"], Assert.Single(scene.Diagnose().Findings).Assumptions);
    }

    [Fact]
    public void Diagnose_CrossReadersWithoutCounts_AssumeThatNoneIsInFlight() =>
        Assert.Contains("no-fd-in-flight", Assert.Single(Scenes.CrossReaders().Diagnose().Findings).Assumptions);

    [Theory]
    [InlineData(1UL << 14, 0UL, false)]
    [InlineData(1UL << 14, 1UL << 14, true)]
    [InlineData(0UL, 0UL, true)]
    public void Diagnose_MemberWithAPendingSignal_IsStuckIfItBlocksIt(ulong pending, ulong blocked, bool stuck)
    {
        Scene scene = Scenes.CrossReaders();
        scene[10].With = record => record with { SignalsPending = pending, Threads = [.. record.Threads.Select(thread => thread with { SignalsBlocked = blocked })] };

        Assert.Equal(stuck, scene.Diagnose().Findings.Length == 1);
    }

    [Fact]
    public void Diagnose_MemberThatHoldsALease_MayBeSentASignal()
    {
        Scene scene = Scenes.CrossReaders();
        scene[10].With = record => record with
        {
            Fds = [.. record.Fds, new FileDescriptor(9, FdAccess.Read, FdTarget.Parse("/srv/file")) { CloseOnExec = false, Locks = [new FileLock(1, false, LockKind.Lease, LockAccess.Read, 10, 1, 2, 0, long.MaxValue)] }],
        };

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Diagnose_MemberWhoseMemoryOrTableARunningProcessShares_CanBeWoken(bool memory)
    {
        Scene scene = Scenes.CrossReaders();
        scene.Process(30, "sharer").Runs();
        scene[10].With = record => memory ? record with { SharesMemoryWith = [30] } : record with { SharesFilesWith = [30] };

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ChildThatIsToldOfItsParentsDeath_IsWokenByARunningParent()
    {
        Scene scene = new();
        scene.Process(10, "parent").Runs();
        scene.Process(11, "child", parent: 10).WaitsOnFutex().With = record => record with { HasParentDeathSignal = true };

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Theory]
    [InlineData(12, 0UL, 0)]
    [InlineData(12, 1UL << 11, 1)] // ignored
    [InlineData(null, 0UL, 1)] // SIGCHLD, which nobody catches
    public void Diagnose_MemberWithAChildAtWork_MayBeEndedByTheSignalOfItsEnd(int? signal, ulong ignored, int findings)
    {
        Scene scene = Scenes.CrossReaders();
        scene[10].Ignored = ignored;
        scene.Process(30, "child", parent: 10).Runs().With = record => record with { ExitSignal = signal };

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(50, 20, Confidence.Likely)] // of the same session
    [InlineData(60, 9, Confidence.Likely)] // of the same parent
    [InlineData(60, 1, Confidence.Proven)] // adopted by init, as members are: a daemon
    [InlineData(60, 20, Confidence.Proven)]
    public void Diagnose_OtherFileThatSendsSignals_IsADoubtWhereTheyAreOfOneKinAndElseAnAssumption(int session, int parent, Confidence confidence)
    {
        Scene scene = Scenes.CrossReaders(parent: parent == 9 ? 9 : 1);
        scene.Process(9, "parent-of-all").Sleeps();
        foreach (int member in new[] { 10, 11 })
            scene[member].Alarm = false;
        Actor other = scene.Process(30, "other", parent: parent).Has(3, "pipe:[9]", FdAccess.Read).Fd(3, fd => fd with { Async = true }).Sleeps();
        other.Session = session;
        scene.Process(20, "its-parent").Sleeps().Session = session;

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal(confidence, finding.Confidence);
        Assert.Contains("no-unseen-signal", finding.Assumptions);
        Assert.Equal(confidence == Confidence.Likely, finding.NotProvenBecause.Any(why => why.Contains("other (30)", StringComparison.Ordinal)));
    }

    [Fact]
    public void Diagnose_NoFileThatSendsSignalsWhereAllAreSeen_IsNoAssumption()
    {
        Scene scene = Scenes.CrossReaders();
        foreach (int member in new[] { 10, 11 })
            scene[member].Alarm = false;

        Assert.DoesNotContain("no-unseen-signal", Assert.Single(scene.Diagnose().Findings).Assumptions);
    }

    [Theory]
    [InlineData(true, 0, false)]
    [InlineData(false, 1, false)]
    [InlineData(null, 1, true)]
    public void Diagnose_WaiterForAnyChildThatMayBeASubreaper_IsWokenByItsGrandchildren(bool? subreaper, int findings, bool assumed)
    {
        Scene scene = new();
        scene.Process(10, "supervisor").WaitsFor(-1).With = record => record with { IsSubreaper = subreaper };
        scene.Process(11, "child", parent: 10).WaitsOnFutex();
        scene.Process(12, "grandchild", parent: 11).Sleeps();

        Finding[] deadlocks = [.. scene.Diagnose().Findings.Where(finding => finding.Pids.Contains(10))];

        Assert.Equal(findings, deadlocks.Length);
        Assert.Equal(assumed, deadlocks.SelectMany(finding => finding.Assumptions).Contains("no-subreaper"));
    }

    private static Evidence EvidenceOf(Snapshot first, Snapshot last) =>
        new(Diagnoser.Between(first, last), new LookMemory().Advance(first).Advance(last), new DiagnosisOptions());

    private static SortedSet<int> Proven(DiagnosisResult result) =>
        [.. result.Findings.Where(finding => finding is { Class: FindingClass.Deadlock, Confidence: Confidence.Proven }).SelectMany(finding => finding.Pids)];

    private static Snapshot Hide(Snapshot look, Func<ProcessRecord, ProcessRecord> hide)
    {
        ImmutableArray<ProcessRecord> processes = [.. look.Processes.Select(hide)];
        return look with { Processes = processes, Reads = look.Reads with { FdTablesDenied = processes.Count(process => process.FdSight == Sight.Denied) } };
    }

    /// <summary>The same of the same processes in both looks. What a hidden init may hold is an assumption, and told as one.</summary>
    private static Func<ProcessRecord, ProcessRecord> Hiding(Snapshot look, Random random)
    {
        var hidden = look.Processes.Where(process => process is { IsZombie: false, Pid: not 1 } && random.Next(3) == 0).ToDictionary(process => process.Pid, _ => random.Next(4));
        return process => !hidden.TryGetValue(process.Pid, out int what) || process.IsZombie ? process : what switch
        {
            0 => process with { Fds = [], FdSight = Sight.Denied },
            1 => process with { Threads = [.. process.Threads.Select(thread => thread with { Call = BlockedCall.Denied, Memory = null, Wchan = null })] },
            2 => process with { HasPosixTimers = null },
            _ => process with { ThreadsComplete = false },
        };
    }

    /// <summary>Processes with pipes between them, each thread in some wait.</summary>
    private sealed class ModelHost
    {
        private readonly List<Member> _members = [];

        public ModelHost(Random random)
        {
            int count = random.Next(1, 9), pipes = random.Next(1, 5);
            for (int place = 0; place < count; place++)
            {
                int parent = place == 0 || random.Next(3) == 0 ? -1 : random.Next(place);
                var member = new Member(place, parent, Scene.Process(FirstPid + place, $"p{place}", parent < 0 ? 1 : FirstPid + parent));
                _members.Add(member);
                for (int fd = 0; fd < random.Next(5); fd++)
                {
                    var end = new End(fd, 7000 + random.Next(pipes), random.Next(2) == 0);
                    member.Ends.Add(end);
                    member.Actor.Has(fd, $"pipe:[{end.Pipe}]", end.Writes ? FdAccess.Write : FdAccess.Read);
                }
            }
            foreach (Member member in _members)
            {
                for (int threads = random.Next(4) == 0 ? 2 : 1; threads > 0; threads--)
                    Wait(member, random);
                member.Actor.With = record => CountReferences(member, record);
            }
        }

        public Scene Scene { get; } = new();

        /// <summary>Who can move does everything it could: it writes to, reads from and closes all that it has open, wakes its own threads, exits. Until nobody else moves.</summary>
        public SortedSet<int> NeverFreed()
        {
            var freed = new HashSet<Member>();
            for (bool moved = true; moved;)
            {
                moved = false;
                foreach (Member member in _members.Where(member => !freed.Contains(member) && member.Threads.Any(ends => ends(freed))).ToList())
                    moved |= freed.Add(member);
            }
            return [.. _members.Where(member => !freed.Contains(member)).Select(member => FirstPid + member.Place)];
        }

        private void Wait(Member member, Random random)
        {
            Actor actor = member.Actor;
            End? end = member.Ends.Count == 0 ? null : member.Ends[random.Next(member.Ends.Count)];
            Member[] children = [.. _members.Where(other => other.Parent == member.Place)];
            switch (random.Next(10))
            {
                case < 5 when end is not null:
                    _ = end.Writes ? actor.Writes(end.Fd) : actor.Reads(end.Fd);
                    member.Named.Add(end.Fd);
                    member.Threads.Add(freed => IsTouched(end, freed));
                    break;
                case 5 or 6 when children.Length > 0:
                    actor.WaitsFor(-1);
                    member.Threads.Add(freed => children.Any(freed.Contains));
                    break;
                case 7 when children.Length > 0:
                    Member child = children[random.Next(children.Length)];
                    actor.WaitsFor(FirstPid + child.Place);
                    member.Threads.Add(freed => freed.Contains(child));
                    break;
                case 8 when end is not null:
                    End[] set = [.. member.Ends.Where(_ => random.Next(2) == 0).Append(end).DistinctBy(other => other.Fd)];
                    actor.Polls([.. set.Select(other => other.Fd)]);
                    member.Named.AddRange(set.Select(other => other.Fd));
                    member.Threads.Add(freed => set.Any(other => IsTouched(other, freed)));
                    break;
                case 9 when random.Next(3) == 0:
                    actor.Sleeps();
                    member.Threads.Add(_ => true);
                    break;
                default:
                    actor.WaitsOnFutex();
                    member.Threads.Add(freed => freed.Contains(member));
                    break;
            }
        }

        /// <summary>Of who has several threads, so that none of its fds may have been replaced under a call.</summary>
        private static ProcessRecord CountReferences(Member member, ProcessRecord record) => record.Threads.Length == 1 ? record : record with
        {
            SharesFilesWith = [],
            Fds = [.. record.Fds.Select(fd => fd with { Description = (ulong)(100 * record.Pid + fd.Number), References = 1 + (uint)member.Named.Count(named => named == fd.Number) })],
        };

        /// <summary>Where nobody has the other end the call would have returned: somebody has it who is not seen.</summary>
        private bool IsTouched(End end, HashSet<Member> freed) =>
            !_members.Any(other => other.Ends.Any(held => held.Pipe == end.Pipe && held.Writes != end.Writes))
            || freed.Any(other => other.Ends.Any(held => held.Pipe == end.Pipe));

        private sealed record End(int Fd, int Pipe, bool Writes);

        private sealed record Member(int Place, int Parent, Actor Actor)
        {
            public List<End> Ends { get; } = [];

            /// <summary>Fds that its blocked calls name, each as often as one does.</summary>
            public List<int> Named { get; } = [];

            /// <summary>For each thread, whether those who can move can end its wait.</summary>
            public List<Func<HashSet<Member>, bool>> Threads { get; } = [];
        }
    }

    [Theory]
    [InlineData(AllThatEnd, null, Confidence.Likely)]
    [InlineData(AllThatEnd, false, Confidence.Proven)]
    [InlineData(0UL, null, Confidence.Proven)]
    public void Diagnose_HandlerOfASignalThatTheEndOfItsParentMaySend_IsNoProofWhereThatIsNotKnown(ulong caught, bool? parentDeathSignal, Confidence confidence)
    {
        var scene = new Scene();
        scene.Process(10, "left").WriteEnd(7000, 3).ReadEnd(7001, 4).Writes(3);
        scene.Process(11, "right").WriteEnd(7001, 3).ReadEnd(7000, 4).Writes(3);
        scene[10].Caught = caught;
        scene[10].With = record => record with { HasParentDeathSignal = parentDeathSignal, HasAlarm = false };

        Assert.Equal(confidence, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    /// <summary>SIGUSR1 among the signals of all interval timers: caught to clean up.</summary>
    private const ulong AllThatEnd = 1UL << 9 | 1UL << 13 | 1UL << 25 | 1UL << 26;

    /// <summary>In its handler it may do what the others wait for. Two that read from each other may idle so; two that write have a fault.</summary>
    [Theory]
    [InlineData("left", 1UL << 14, true, Confidence.Suspected)]
    [InlineData("left", 1UL << 14, false, Confidence.Likely)]
    [InlineData("left", 1UL << 33, false, Confidence.Likely)] // SIGRTMIN
    [InlineData("left", 1UL << 1, true, Confidence.Likely)]
    [InlineData("python3", 1UL << 1, true, Confidence.Proven)] // in every program
    [InlineData("python3", 1UL << 14, true, Confidence.Suspected)]
    [InlineData("left", 1UL << 27, true, Confidence.Likely)] // SIGWINCH
    [InlineData("left", 1UL << 16 | 1UL << 10 | 1UL << 12, true, Confidence.Proven)] // SIGCHLD, SIGSEGV, SIGPIPE
    [InlineData("left", AllThatEnd, true, Confidence.Proven)]
    public void Diagnose_HandlerOfOneOfThem_IsADoubtWhereItWasChosen(string program, ulong caught, bool reads, Confidence confidence)
    {
        var scene = new Scene();
        Actor left = scene.Process(10, program).WriteEnd(7000, 3).ReadEnd(7001, 4), right = scene.Process(11, "right").WriteEnd(7001, 3).ReadEnd(7000, 4);
        (_, _) = reads ? (left.Reads(4), right.Reads(4)) : (left.Writes(3), right.Writes(3));
        left.Caught = caught;
        left.With = record => record with { Exe = $"/usr/bin/{program}", HasParentDeathSignal = false, HasAlarm = false };

        Assert.Equal(confidence, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    [Theory]
    [InlineData(1, 10, true)] // an orphan, say
    [InlineData(1, 0, true)] // whose it is was not read
    [InlineData(1, 40, false)] // of somebody else
    [InlineData(0, 10, false)] // who started it is told of its end by it
    public void Diagnose_PidFdOfAMember_IsAnAssumptionUnlessItIsOfOneAbove(int parent, int of, bool assumed)
    {
        Scene scene = Scenes.CrossReaders();
        scene.Process(40, "other").Sleeps();
        scene.Process(30, "holder", parent).Has(5, "anon_inode:[pidfd]", FdAccess.ReadWrite).Fd(5, fd => fd with { Target = fd.Target with { Id = (ulong)of } }).Sleeps();
        if (parent == 0)
            scene[10].With = record => record with { Ppid = 30 };

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((Confidence.Proven, assumed), (finding.Confidence, finding.Assumptions.Contains(Assumption.NoPidFdGetFd)));
    }
}
