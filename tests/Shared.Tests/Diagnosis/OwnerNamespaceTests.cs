using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using static OrphanBoard.Shared.Tests.Diagnosis.FutexScenes;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Owner words of locks name threads by their numbers in the pid namespace of whoever locked them.</summary>
public sealed class OwnerNamespaceTests
{
    [Fact]
    public void Diagnose_OwnerWhoseNumberIsOfAnotherPidNamespace_IsNotGone()
    {
        Scene scene = new();
        Locks(scene.Process(10, "first"), 10, A, 7, shared: true);
        scene.Process(20, "elsewhere").WaitsFor(10).NsPid = 7;
        scene[10].With = record => record with { Ppid = 20, Namespaces = new NamespaceSet(Pid: 1) };
        scene[20].With = record => record with { Namespaces = new NamespaceSet(Pid: 2) };

        Assert.DoesNotContain(Diagnose(scene, Anonymous(10, 20)).Findings, finding => finding.Rule == "lock-owner-gone");
    }

    /// <summary>20, of the outer pid namespace, waits for its child 30, and that for its own child 10: both of an inner one, where 10 has the given number, and waits for a lock that names 20.</summary>
    private static Scene AcrossPidNamespaces(int number)
    {
        Scene scene = new();
        scene.Process(20, "outer").WaitsFor(-1);
        scene.Process(30, "init", parent: 20).WaitsFor(-1).NsPid = 1;
        Locks(scene.Process(10, "inner", parent: 30), 10, A, 20, shared: true).NsPid = number;
        foreach ((int pid, ulong inNamespace) in ((int, ulong)[])[(10, 2), (20, 1), (30, 2)])
            scene[pid].With = record => record with { Namespaces = new NamespaceSet(Pid: inNamespace) };
        return scene;
    }

    [Fact]
    public void Diagnose_OwnerInAnotherPidNamespace_IsToldByItsNumberThere()
    {
        Finding finding = Assert.Single(Diagnose(AcrossPidNamespaces(5), Anonymous(10, 20, 30)).Findings);

        Assert.Equal(("child-never-exits", Confidence.Proven, 20), (finding.Rule, finding.Confidence, finding.Culprit!.Pid));
        Assert.Contains("which outer (20) has", finding.Summary, StringComparison.Ordinal);
        Assert.Equal(20, finding.Participants.Single(participant => participant.Pid == 10).Threads[0].Awaits);
    }

    /// <summary>The waiter has the number of the owner, in a pid namespace of its own.</summary>
    [Fact]
    public void Diagnose_OwnerWordThatNamesThreadsOfTwoPidNamespaces_IsNotToldAsASelfDeadlock()
    {
        Finding finding = Assert.Single(Diagnose(AcrossPidNamespaces(20), Anonymous(10, 20, 30)).Findings);

        Assert.Equal(("child-never-exits", Confidence.Proven), (finding.Rule, finding.Confidence));
        Assert.Contains("which only outer (20), or inner (10) itself, can have", finding.Summary, StringComparison.Ordinal);
        Assert.Null(finding.Participants.Single(participant => participant.Pid == 10).Threads[0].Awaits);
    }

    [Fact]
    public void Diagnose_OwnerWordOfTheWaiterWhereNobodyElseHasThatNumber_IsASelfDeadlock()
    {
        Scene scene = AcrossPidNamespaces(20);
        scene[20].NsPid = 19;

        Assert.Equal("self-deadlock", Assert.Single(Diagnose(scene, Anonymous(10, 20, 30)).Findings).Rule);
    }

    /// <summary>The numbers of threads in an inner namespace are read of suspects alone: one that is not known may be that of the owner.</summary>
    [Fact]
    public void Diagnose_ThreadOfAnotherPidNamespaceWhoseNumberIsNotKnown_MayBeTheOwner()
    {
        Scene scene = AcrossPidNamespaces(20);
        scene[20].NsPid = 19;
        scene[20].WaitsOnFutex();

        Assert.DoesNotContain(Diagnose(scene, Anonymous(10, 20, 30)).Findings, finding => finding.Rule == "self-deadlock");
    }

    [Theory]
    [InlineData(20, null)]
    [InlineData(19, "self-deadlock")]
    public void Diagnose_LockOfItsOwnByTheWordInAProcessThatLivesOn_IsNotToldWhereAnotherPidNamespaceHasThatNumber(int outer, string? rule)
    {
        Scene scene = AcrossPidNamespaces(20);
        scene[20].NsPid = outer;
        scene[10].Sleeps();

        Finding? finding = Diagnose(scene, Anonymous(10, 20, 30)).Findings.SingleOrDefault();

        Assert.Equal((rule, rule is null ? null : Confidence.Likely), (finding?.Rule, finding?.Confidence));
    }

    [Theory]
    [InlineData(21, 1, true)]
    [InlineData(20, 1, false)] // somebody has that number where one of those counts who have the memory
    [InlineData(20, 3, true)] // nobody who has it counts there
    public void Diagnose_OwnerOfNoPidNamespaceOfThoseWhoHaveTheMemory_IsGone(int other, ulong inNamespace, bool gone)
    {
        Scene scene = AcrossPidNamespaces(5);
        scene[20].NsPid = 19;
        scene.Process(40, "other").Sleeps().NsPid = other;
        scene[40].With = record => record with { Namespaces = new NamespaceSet(Pid: inNamespace) };

        Assert.Equal(gone, Assert.Single(Diagnose(scene, Anonymous(10, 20, 30)).Findings).Rule == "lock-owner-gone");
    }

    /// <summary>The inner one has the mutex and reads what the outer one, which wants it, was to write. The init of the host, whose number is the same, may not be asked.</summary>
    [Fact]
    public void Diagnose_OwnerInAnInnerPidNamespaceThatWaitsForTheWaiter_HasTheLock()
    {
        Scene scene = new();
        Locks(scene.Process(20, "outer"), 20, A, 1, shared: true).WriteEnd(7, 4);
        scene.Process(30, "inner", parent: 20).ReadEnd(7, 0).Reads(0).NsPid = 1;
        foreach ((int pid, ulong inNamespace) in ((int, ulong)[])[(20, 1), (30, 2)])
            scene[pid].With = record => record with { Namespaces = new NamespaceSet(Pid: inNamespace) };

        scene.Process(1, "init").Sleeps();

        Finding finding = Assert.Single(Diagnose(scene, Anonymous(20, 30) with { Unknown = [1] }).Findings);

        Assert.Equal(("lock-held-by-stuck", 30), (finding.Rule, finding.Culprit!.Pid));
    }
}
