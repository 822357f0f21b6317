using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Text.Json;
using CsCheck;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class HostDiagnosisTests
{
    private const int Looks = 25;

    private static readonly DiagnosisOptions Impatient = new()
    {
        MinimumWait = TimeSpan.FromSeconds(2), OrphanGrace = TimeSpan.FromSeconds(2), ZombieGrace = TimeSpan.FromSeconds(3), ZombieCount = 2,
    };

    [Fact]
    public void Advance_RandomLooks_FindsWhatTwoFreshLooksAndTheirHistoryGive() => Gen.Int.Sample(seed =>
    {
        var host = new RandomHost(seed);
        var diagnosis = new HostDiagnosis(Impatient);
        var history = new List<Snapshot>();
        foreach (int _ in Enumerable.Range(0, Looks))
        {
            Snapshot look = host.Look();
            history.Add(Fresh(look));
            DiagnosisResult told = diagnosis.Advance(look);
            // The list is used again for a later look.
            Array.Clear(ImmutableCollectionsMarshal.AsArray(look.Processes)!);
            if (history.Count < 2)
                continue;

            DiagnosisResult expected = Diagnoser.Diagnose(history[^2], history[^1], Remember(history), Impatient);
            Assert.Equal(Json(expected), Json(told));
            Assert.Equal(expected.Visibility, told.Visibility);
            Assert.Equal(Diagnoser.Suspects(history[^1], Remember(history)).Order(), diagnosis.Suspects.Order());
        }
    }, iter: 400);

    /// <summary>Else the property above would say nothing.</summary>
    [Fact]
    public void Advance_RandomLooks_FindsOfEveryKind()
    {
        var rules = new HashSet<string>();
        for (int seed = 0; seed < 400; seed++)
        {
            var host = new RandomHost(seed);
            var diagnosis = new HostDiagnosis(Impatient);
            foreach (int _ in Enumerable.Range(0, Looks))
                rules.UnionWith(diagnosis.Advance(host.Look()).Findings.Select(finding => finding.Rule));
        }

        Assert.Superset(
            new HashSet<string> { "eof-held-by-self", "child-never-exits", "ipc-cycle", "pipe-full-cycle", "pipe-read-cycle", "stuck-set", "eof-held-by-orphan", "orphan-holding-pipe", "orphan-idle", "unreaped-zombies", "stdio-duplicate" },
            rules);
    }

    [Fact]
    public void Advance_FirstLook_TellsOfNobody()
    {
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        Scene scene = Scenes.Founding(eof: true);

        Assert.Empty(diagnosis.Advance(scene.Look(1000)).Findings);
        Assert.Single(diagnosis.Advance(scene.Look(1001)).Findings);
    }

    [Fact]
    public void Advance_AnotherBoot_BeginsAnew()
    {
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        Scene scene = Scenes.CrossReaders();
        diagnosis.Advance(scene.Look(1000));
        Snapshot other = scene.Look(1001);
        other = other with { Host = other.Host with { BootId = "another" } };

        Assert.Empty(diagnosis.Advance(other).Findings);
        Assert.Single(diagnosis.Advance(other).Findings);
    }

    [Fact]
    public void Advance_MemberThatHasRunSinceItWasRead_IsNoDeadlock()
    {
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        Scene scene = Scenes.CrossReaders();
        diagnosis.Advance(scene.Look(1000));
        Assert.Single(diagnosis.Advance(scene.Look(1001)).Findings);

        scene[10].With = record => record with { Behind = true };

        Assert.Empty(diagnosis.Advance(scene.Look(1002)).Findings);
    }

    [Fact]
    public void Advance_TableThatHadToBeGivenUp_MayHoldAnything()
    {
        Scene scene = Scenes.CrossReaders();
        scene.Process(20, "blocked").Sleeps().With = record => record with { FdSight = Sight.Abandoned };

        Assert.Equal(Confidence.Likely, Assert.Single(scene.Diagnose().Findings).Confidence);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Advance_MoreProcessesThatStandStill_AllocatesNoMore(bool hang)
    {
        const int Few = 900, Many = 3_900;

        long more = BytesPerLook(Many, hang) - BytesPerLook(Few, hang);

        // Less than a byte for each process. It need not be none: what the runtime compiles better meanwhile allocates less, whenever that may be.
        Assert.True(more < Many - Few, $"{more} bytes more a look");
    }

    /// <summary>Bytes that one look costs when nothing changes.</summary>
    private static long BytesPerLook(int processes, bool hang)
    {
        const int Times = 8;
        ImmutableArray<ProcessRecord> records = IdleHost.Processes(processes);
        if (hang)
            records = [.. Scenes.Founding(eof: true, shift: 1_000_000).Look().Processes.Concat(records).DistinctBy(process => process.Pid).OrderBy(process => process.Pid)];
        Snapshot[] looks = [.. Enumerable.Range(0, 4 + Times).Select(second => new Scene().Look(1000 + second) with { Processes = records })];
        // As the agent does: asked for once, and what it said of those who stand still still holds.
        looks[0] = looks[0] with { Sockets = IdleHost.Sockets(processes) };
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        foreach (Snapshot look in looks[..4])
            Assert.Equal(hang && look.Uptime.TotalSeconds > 1000 ? 1 : 0, diagnosis.Advance(look).Findings.Length);
        long before = GC.GetAllocatedBytesForCurrentThread();
        foreach (Snapshot look in looks[4..])
            diagnosis.Advance(look);
        return (GC.GetAllocatedBytesForCurrentThread() - before) / Times;
    }

    private static string Json(DiagnosisResult result) => JsonSerializer.Serialize(result.Findings, FindingJson.Default.ImmutableArrayFinding);

    private static LookMemory Remember(IEnumerable<Snapshot> looks) => looks.Aggregate(new LookMemory(), (memory, look) => memory.Advance(look));

    /// <summary>The same look with records of its own.</summary>
    private static Snapshot Fresh(Snapshot look) => look with { Processes = [.. look.Processes.Select(process => process with { })] };
}
