using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>What a runtime says of its own threads, as a finding.</summary>
public sealed class ToldByRuntimeTests
{
    [Theory]
    [InlineData("lock-order-cycle", RuntimeWaitKind.Monitor, RuntimeWaitKind.Monitor)]
    [InlineData("lock-order-cycle", RuntimeWaitKind.Monitor, RuntimeWaitKind.Lock)]
    [InlineData("lock-order-cycle", null, null)]
    [InlineData("join-cycle", RuntimeWaitKind.Lock, RuntimeWaitKind.Task)]
    [InlineData("join-cycle", RuntimeWaitKind.ThreadEnd, RuntimeWaitKind.Monitor)]
    [InlineData("lock-owner-gone", RuntimeWaitKind.LockOfEnded, RuntimeWaitKind.LockOfEnded)]
    public void OfRuntime_ThreadsThatWait_AreLikelyByTheRuleOfTheirKinds(string rule, RuntimeWaitKind? one, RuntimeWaitKind? two)
    {
        Finding finding = Tell(one, two);

        Assert.Equal((rule, Confidence.Likely), (finding.Rule, finding.Confidence));
        Assert.Equal(["one said", "two said"], finding.Explanation.Where(sentence => sentence.EndsWith("said", StringComparison.Ordinal)));
        Assert.NotEmpty(finding.NotProvenBecause);
        Assert.Equal(10, finding.Culprit!.Pid);
    }

    [Fact]
    public void OfRuntime_OtherKindsOfWait_AreOtherShapes()
    {
        (RuntimeWaitKind? One, RuntimeWaitKind? Two)[] kinds =
        [
            (null, null), (RuntimeWaitKind.Monitor, RuntimeWaitKind.Monitor), (RuntimeWaitKind.Lock, RuntimeWaitKind.Lock), (RuntimeWaitKind.Monitor, RuntimeWaitKind.Lock),
            (RuntimeWaitKind.LockOfEnded, RuntimeWaitKind.LockOfEnded), (RuntimeWaitKind.Task, RuntimeWaitKind.Lock), (RuntimeWaitKind.ThreadEnd, RuntimeWaitKind.Lock),
        ];

        string[] shapes = [.. kinds.Select(pair => Tell(pair.One, pair.Two).Fingerprint.Shape)];

        Assert.Distinct(shapes);
    }

    /// <summary>Asked or read, with a limit of time of the runtime's own or without, and whatever other threads do at the moment.</summary>
    [Fact]
    public void OfRuntime_SameKindsOfWait_AreOneShape()
    {
        string[] shapes =
        [
            Tell(RuntimeWaitKind.Monitor, RuntimeWaitKind.Monitor).Fingerprint.Shape,
            Tell(RuntimeWaitKind.Monitor, RuntimeWaitKind.Monitor, asked: true, tids: [0, 0]).Fingerprint.Shape,
            Tell(RuntimeWaitKind.Monitor, RuntimeWaitKind.Monitor, limit: 0x6000).Fingerprint.Shape,
            Tell(RuntimeWaitKind.Monitor, RuntimeWaitKind.Monitor, more: actor => actor.Thread(14, 202, "futex_do_wait", 0x7f0000009000, 0x189, 0, 0x6000)).Fingerprint.Shape,
        ];

        Assert.Single(shapes.Distinct());
    }

    private static Finding Tell(RuntimeWaitKind? one, RuntimeWaitKind? two, bool asked = false, int[]? tids = null, ulong limit = 0, Action<Actor>? more = null)
    {
        var scene = new Scene();
        Actor actor = scene.Process(10, "vm").Thread(10, 202, "futex_do_wait", 0x7f0000001000, 0x109, 11, 0)
            .Thread(11, 202, "futex_do_wait", 0x7f0000002000, 0x189, 0, limit).Thread(12, 202, "futex_do_wait", 0x7f0000003000, 0x189, 0, limit);
        more?.Invoke(actor);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        diagnosis.Advance(scene.Look());
        Snapshot look = scene.Look(1001);
        diagnosis.Advance(look);
        int[] of = tids ?? [11, 12];
        ImmutableArray<RuntimeWait> waits = [new("one said", of[0], one, "a"), new("two said", of[1], two, "b")];
        return diagnosis.OfRuntime(look.Find(10)!.Key, "the runtime", waits, asked)!;
    }
}
