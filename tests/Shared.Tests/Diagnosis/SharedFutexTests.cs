using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using static OrphanBoard.Shared.Tests.Diagnosis.FutexScenes;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Futexes in memory that processes share: who has it, and who may.</summary>
public sealed class SharedFutexTests
{
    [Fact]
    public void Diagnose_ProcessesCrosswiseInAnonymousMemory_IsALockOrderCycle()
    {
        Finding finding = Assert.Single(Diagnose(AcrossProcesses(), Anonymous(10, 11)).Findings);

        Assert.Equal(("lock-order-cycle", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Equal([10, 11], finding.Pids);
    }

    [Fact]
    public void Diagnose_AThirdOneHasTheMemory_IsNoDeadlock()
    {
        Scene scene = AcrossProcesses();
        scene.Process(12, "third").Sleeps();

        Assert.Empty(Diagnose(scene, Anonymous(10, 11, 12)).Findings);
    }

    [Fact]
    public void Diagnose_WhetherAThirdOneHasTheMemoryIsNotKnown_IsLikelyAtMost() =>
        Assert.Equal(Confidence.Likely, Assert.Single(Diagnose(AcrossProcesses(), Anonymous(10, 11) with { Unknown = [12] }).Findings).Confidence);

    [Fact]
    public void Diagnose_WhetherInitHasTheMemoryIsNotKnown_IsAssumedUnlessAnOwnerIsItsChild()
    {
        Scene scene = AcrossProcesses();
        SharedObject unknown = Anonymous(10, 11) with { Unknown = [1] };
        Assert.Equal(Confidence.Likely, Assert.Single(Diagnose(scene, unknown).Findings).Confidence);

        scene.Process(5, "shell").Sleeps();
        foreach (int pid in new[] { 10, 11 })
            scene[pid].With = record => record with { Ppid = 5 };

        Finding finding = Assert.Single(Diagnose(scene, unknown).Findings);
        Assert.Equal(Confidence.Proven, finding.Confidence);
        Assert.Contains(Assumption.InitSharesNoMemory, finding.Assumptions);
    }

    /// <summary>The init of a container is the parent of what runs in it, and may be asked for its mappings, where that of the host may not.</summary>
    [Theory]
    [InlineData(1, Confidence.Proven)]
    [InlineData(5, Confidence.Likely)]
    public void Diagnose_ChildrenOfTheInitOfAContainer_AreThoseOfTheInitThatIsNotKnownAlone(int unknown, Confidence told)
    {
        Scene scene = AcrossProcesses();
        foreach (int init in new[] { 1, 5 })
        {
            scene.Process(init, "init").Sleeps();
            scene[init].With = record => record with { NsPid = 1 };
        }
        foreach (int pid in new[] { 10, 11 })
            scene[pid].With = record => record with { Ppid = 5 };

        Finding finding = Assert.Single(Diagnose(scene, Anonymous(10, 11) with { Unknown = [unknown] }).Findings);

        Assert.Equal(told, finding.Confidence);
    }

    /// <summary>Whose, back end ebpf does not see.</summary>
    [Theory]
    [InlineData("/memfd:x (deleted)", true, Confidence.Likely)]
    [InlineData("/memfd:x (deleted)", false, Confidence.Proven)]
    [InlineData("/memfd:x (deleted)", null, Confidence.Proven)]
    [InlineData(SharedObject.Anonymous, true, Confidence.Proven)]
    public void Diagnose_DescriptorsOnTheirWay_MayBeOfAFileInMemory(string name, bool? sent, Confidence told)
    {
        Scene scene = AcrossProcesses();
        foreach (int pid in new[] { 10, 11 })
            scene[pid].With = record => record with { HasDescriptorsInFlight = sent };

        Finding finding = Assert.Single(Diagnose(scene, new SharedObject(1, 4711, name, Linked: false, [10, 11], [])).Findings);

        Assert.Equal(("lock-order-cycle", told), (finding.Rule, finding.Confidence));
    }

    /// <summary>A file in memory, and a descriptor that nobody has received: of that file, for all that is known.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData(7, true)] // nobody who has anything to do with them
    [InlineData(10, false)]
    public void Diagnose_DescriptorOnItsWay_MayBeOfTheMemory(int? carrier, bool told)
    {
        Scene scene = AcrossProcesses();
        scene.Process(12, "receiver", parent: carrier ?? 7).Socket(3, 9000).Sleeps();
        scene[12].With = record => record with { Session = 12 };
        if (carrier is not null)
            scene[12].Fd(3, fd => fd with { DescriptorsInFlight = 1 });

        ImmutableArray<Finding> findings = Diagnose(scene, new SharedObject(1, 4711, "/memfd:x (deleted)", Linked: false, [10, 11], [])).Findings;

        Assert.Equal(told ? [("lock-order-cycle", Confidence.Proven)] : [], findings.Select(finding => (finding.Rule, finding.Confidence)));
    }

    [Theory]
    [InlineData("/dev/shm/sem.mp-k3x9", 11, "10 11", Confidence.Likely)]
    [InlineData("/dev/shm/sem.jobs", 11, "10 11", Confidence.Suspected)] // a client may open it, and post
    [InlineData("/dev/shm/sem.x7Yz1p (deleted)", 11, "10 11", Confidence.Suspected)] // its present name was not seen
    [InlineData("/tmp/table", 11, "10 11", Confidence.Suspected)]
    [InlineData("/dev/shm/sem.mp-k3x9", 11, "10 11 12", null)] // one who can run
    [InlineData("/dev/shm/sem.mp-k3x9", 11, "", null)] // a service alone: it was not asked who has it
    [InlineData("/dev/shm/sem.mp-k3x9", -1, "10 11", null)] // whoever keeps services waits for any of them
    public void Diagnose_ChildThatIsJoinedWaitsInNamedMemoryOfTheFamily_IsALostWakeup(string name, int awaited, string mappers, Confidence? confidence)
    {
        Scene scene = new();
        scene.Process(10, "parent").WaitsFor(awaited);
        scene.Process(11, "child", parent: 10).Thread(11, 202, "futex_do_wait", new CallMemory { FutexMapping = Mapping }, [A, 0x109, 0]);
        scene.Process(12, "other", parent: 10).Sleeps();
        SharedObject named = Anonymous([.. mappers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]) with { Name = name, Linked = true };

        Finding? finding = Diagnose(scene, named).Findings.SingleOrDefault();

        Assert.Equal(confidence, finding?.Confidence);
        if (finding is not null)
            Assert.Contains($"anybody may map {named.Words}", finding.NotProvenBecause);
    }

    [Theory]
    [InlineData(4711UL, false)] // it could map it
    [InlineData(null, false)] // for all that is known it could
    [InlineData(4712UL, true)] // another one of that name, as programs have many
    public void Diagnose_LocksInAMemoryFile_AreACycleUnlessSomebodyElseHasTheFileOpen(ulong? inode, bool told)
    {
        Scene scene = AcrossProcesses();
        scene.Process(12, "other").Opens(3, "/memfd:m (deleted)", 1, 12).Fd(3, fd => fd with { Inode = inode, Device = null }).Sleeps();

        Finding? finding = Diagnose(scene, Anonymous(10, 11) with { Name = "/memfd:m (deleted)" }).Findings.SingleOrDefault(finding => finding.Confidence == Confidence.Proven);

        Assert.Equal(told ? "lock-order-cycle" : null, finding?.Rule);
    }

    [Theory]
    [InlineData("10 11", 10, "lock-order-cycle")]
    [InlineData("10 11 12", 10, null)] // one more has it, who can run
    [InlineData("10 11", 12, null)] // its owner does something else
    [InlineData("10 11", 13, "lock-owner-gone")]
    public void Diagnose_SharedMemoryWithAName_IsLikelyWhereTheWordsNameAFault(string mappers, int owner, string? rule)
    {
        Scene scene = new();
        Locks(scene.Process(10, "first"), 10, A, 11, shared: true);
        Locks(scene.Process(11, "second"), 11, B, owner, shared: true);
        scene.Process(12, "third").Sleeps();

        Finding? finding = Diagnose(scene, Anonymous([.. mappers.Split(' ').Select(int.Parse)]) with { Name = "/tmp/table", Linked = true }).Findings.SingleOrDefault();

        Assert.Equal(rule, finding?.Rule);
        if (finding is not null)
            Assert.Equal(Confidence.Likely, finding.Confidence);
    }

    [Theory]
    [InlineData(13, "lock-owner-gone")]
    [InlineData(12, null)] // it lives, and may map the file again
    [InlineData(0, null)] // no word says who has it: whoever serves others waits alone
    public void Diagnose_OneAloneAtALockInMemoryWithAName_IsLikelyWhereItsOwnerIsGone(int owner, string? rule)
    {
        Scene scene = new();
        Locks(scene.Process(10, "first"), 10, A, owner, shared: true);
        scene.Process(12, "other").Sleeps();

        Finding? finding = Diagnose(scene, Anonymous(10) with { Name = "/tmp/table", Linked = true }).Findings.SingleOrDefault();

        Assert.Equal((rule, rule is null ? null : Confidence.Likely), (finding?.Rule, finding?.Confidence));
    }

    [Fact]
    public void Diagnose_SharedMemoryThatNobodyAskedFor_IsNoDeadlock() => Assert.Empty(Diagnose(AcrossProcesses()).Findings);

    [Fact]
    public void Diagnose_AFreeOneHasAnFdOfTheUnlinkedFile_IsNoDeadlock()
    {
        Scene scene = AcrossProcesses();
        scene.Process(12, "third").Has(3, "/dev/shm/sem.x (deleted)", FdAccess.ReadWrite).Sleeps();

        Assert.Empty(Diagnose(scene, Anonymous(10, 11) with { Name = "/dev/shm/sem.x (deleted)" }).Findings);
    }

    [Theory]
    [InlineData("first", true, null)]
    [InlineData("another", true, Confidence.Proven)]
    [InlineData("another", false, Confidence.Likely)]
    [InlineData("another", null, Confidence.Likely)] // it was not seen
    public void Diagnose_SystemVMemoryWithoutAKey_IsKnownToItsProgramAloneOnceItIsToGo(string third, bool? removed, Confidence? confidence)
    {
        var scene = new Scene();
        Locks(scene.Process(10, "first"), 10, A, 11, shared: true);
        Locks(scene.Process(11, "first"), 11, B, 10, shared: true);
        scene.Process(12, third).Sleeps();
        foreach (int pid in (int[])[10, 11, 12])
            scene[pid].With = record => record with { Exe = $"/usr/bin/{record.Comm}", Namespaces = new NamespaceSet(Ipc: 9) };
        SharedObject segment = Anonymous(10, 11) with { Name = "/SYSV00000000 (deleted)" };
        SysvObject[] listed = removed is { } gone ? [new SysvObject(SysvKind.SharedMemory, (int)segment.Inode, 0) { Count = 2, Removed = gone }] : [];

        Finding? finding = Diagnose(scene, look => look with { SharedObjects = [segment], SysvObjects = [.. listed], IpcNamespace = 9 }).Findings.SingleOrDefault();

        Assert.Equal(confidence, finding?.Confidence);
        if (confidence == Confidence.Proven)
            Assert.Contains(Assumption.PrivateIpcInFamily, finding!.Assumptions);
    }

    /// <summary>One reads what another is to write, which was forked later and wants the mutex that the first one has, and the parent waits for both.</summary>
    [Fact]
    public void Diagnose_ReaderHasTheLockThatItsWriterWants_IsToldByTheLockAndNotByTheEnd()
    {
        var scene = new Scene();
        scene.Process(10, "parent").WaitsFor(-1);
        scene.Process(11, "reader", parent: 10).ReadEnd(7000, 3).ReadsAByte(3);
        Locks(scene.Process(12, "writer", parent: 10).WriteEnd(7000, 4), 12, A, 11, shared: true);

        Finding finding = Assert.Single(Diagnose(scene, Anonymous(10, 11, 12)).Findings);

        Assert.Equal(("lock-held-by-stuck", Confidence.Proven, 11), (finding.Rule, finding.Confidence, finding.Culprit!.Pid));
    }
}
