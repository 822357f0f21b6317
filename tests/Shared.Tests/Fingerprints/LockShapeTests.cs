using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;

namespace OrphanBoard.Shared.Tests.Fingerprints;

/// <summary>What of locks makes another bug: how many are in a ring, who has what is waited for. Who else waits behind them does not.</summary>
public sealed class LockShapeTests
{
    [Theory]
    [InlineData(2, "Futex:lock-ring-2")]
    [InlineData(3, "Futex:lock-ring-3")]
    public void Of_ThreadsInARing_CountsThem(int size, string waits) => Assert.Equal($"P0 server waits {waits}", Process(Ring(size)));

    [Fact]
    public void Of_MoreThreadsBehindARing_IsTheSame() =>
        Assert.Equal(Process(Ring(2)), Process([.. Ring(2), Thread(20, "lock-held", 10), Thread(21, "lock-held", 20)]));

    [Theory]
    [InlineData("lock-own", 10, "lock-own")]
    [InlineData("lock-elsewhere", null, "lock-elsewhere")]
    [InlineData("semaphore", null, "semaphore")]
    public void Of_IdleThreadBesideIt_IsTheSame(string detail, int? awaits, string waits) =>
        Assert.Equal($"P0 server waits Futex:{waits}", Process([Thread(10, detail, awaits), Thread(20, "wait", null)]));

    [Fact]
    public void Of_LocksWithoutOwners_CountsThem() =>
        Assert.Equal("P0 server waits Futex:locks-2", Process([Thread(10, "lock", null), Thread(11, "lock", null) with { Resource = "futex:0x8000" }, Thread(12, "lock", null)]));

    [Fact]
    public void Of_MoreThreadsBehindOneThatWaitsForItself_IsTheSame() =>
        Assert.Equal(Process([Thread(10, "lock-own", 10)]), Process([Thread(10, "lock-own", 10), Thread(20, "lock-held", 10)]));

    [Fact]
    public void Of_LockOfOneThatWaitsForSomethingElse_IsNoRing() =>
        Assert.Equal("P0 server waits Futex:lock-held,Futex:wait", Process([Thread(10, "lock-held", 11), Thread(11, "wait", null)]));

    [Fact]
    public void Of_JoinOfOneThatWaitsForOnesLock_IsARingOfBoth() =>
        Assert.Equal("P0 server waits Futex:join-ring-2,Futex:lock-ring-2", Process([Thread(10, "join", 11), Thread(11, "lock-held", 10)]));

    [Fact]
    public void Of_ThreadsThatTheFindingIsNotAbout_AreNoPartOfIt()
    {
        Finding finding = Of([.. Ring(2), Thread(20, "wait", null)]);
        finding = finding with { Edges = [.. finding.Edges.Where(edge => edge.From.Tid < 20)] };

        Assert.Contains("P0 server waits Futex:lock-ring-2\n", Fingerprinter.Of(finding).Text);
    }

    [Fact]
    public void Of_RingOverSharedMemoryAndOwnerThatIsGone_AreDifferent()
    {
        string ring = Fingerprinter.Of(Shared(11, 10)).Text, gone = Fingerprinter.Of(Shared(0, 0)).Text, unknown = Fingerprinter.Of(Shared(null, null)).Text;

        Assert.Contains("waits Futex:lock-ring-2\n", ring);
        Assert.Contains("waits Futex:lock-gone\n", gone);
        Assert.Contains("waits Futex:lock-shared\n", unknown);
    }

    [Fact]
    public void Of_OtherTids_IsTheSame()
    {
        Finding finding = Of(Ring(3));
        Participant other = finding.Participants[0] with
        {
            Threads = [.. finding.Participants[0].Threads.Select(thread => thread with { Tid = thread.Tid + 700, Awaits = thread.Awaits + 700 }).Reverse()],
        };

        Assert.Equal(
            Fingerprinter.Of(finding).Text,
            Fingerprinter.Of(finding with { Participants = [other], Edges = [.. finding.Edges.Select(edge => edge with { From = edge.From with { Tid = edge.From.Tid + 700 } })] }).Text);
    }

    private static ImmutableArray<ThreadInfo> Ring(int size) => [.. Enumerable.Range(0, size).Select(place => Thread(10 + place, "lock-held", 10 + (place + 1) % size))];

    private static ThreadInfo Thread(int tid, string detail, int? awaits) => new(tid, "server", "Futex", Bounded.No, "futex:0x7000", null, null, false, 1, detail) { Awaits = awaits };

    private static string Process(ImmutableArray<ThreadInfo> threads) => Fingerprinter.Of(Of(threads)).Text.Split('\n')[1];

    private static Finding Of(ImmutableArray<ThreadInfo> threads) => FingerprintScenes.Only(Scenes.CrossReaders()) with
    {
        Participants = [FingerprintScenes.One(10, "server", "futex:0x7000", "futex:0x7000", "Futex") with { Threads = threads, Fds = [] }],
        Edges = [.. threads.Select(thread => new WaitEdge(new EdgeEnd(10, thread.Tid), 0, "Futex", "futex:0x7000", [new EdgeTarget(10, null, false)], EdgeBasis.Proven))],
        Pids = [10],
        Culprit = null,
        Culprits = [],
    };

    private static Finding Shared(int? first, int? second)
    {
        Finding finding = FingerprintScenes.Mutual("Futex", "futex:0x7000", "futex:0x8000");
        int?[] awaited = [first, second];
        return finding with
        {
            Participants = [.. finding.Participants.Zip(awaited, (participant, awaits) => participant with { Fds = [], Threads = [Thread(participant.Pid, "lock-shared", awaits)] })],
        };
    }
}
