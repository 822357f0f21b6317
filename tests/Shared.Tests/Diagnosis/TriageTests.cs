using System.Collections.Immutable;
using CsCheck;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class TriageTests
{
    private const int Looks = 12;

    [Fact]
    public void Stuck_RandomLooks_HasAllWhomTheWholeGraphProvesStuck() => Gen.Int.Sample(seed =>
    {
        var host = new RandomHost(seed);
        Snapshot first = host.Look();
        for (int look = 1; look <= Looks; look++)
        {
            Snapshot last = host.Look();
            (ImmutableSortedSet<int> whole, IEnumerable<int> _, IEnumerable<int> triage) = Both(first, last);
            Assert.Subset(triage.ToHashSet(), whole.ToHashSet());
            first = last;
        }
    }, iter: 1_000);

    [Fact]
    public void Stuck_SameLookTwiceWithoutCostlyFacts_IsWhatTheWholeGraphProves() => Gen.Int.Sample(seed =>
    {
        var host = new RandomHost(seed);
        for (int number = 0; number < Looks; number++)
        {
            Snapshot look = host.Look();
            // Where an alarm can be seen at all, it is not set.
            look = look with { Processes = [.. look.Processes.Select(process => WithoutReady(WithoutOwnTables(look, process)) with { HasPosixTimers = null, HasAlarm = false, SharesMemoryWith = [] })] };
            (ImmutableSortedSet<int> whole, IEnumerable<int> counted, IEnumerable<int> _) = Both(look, look);
            Assert.Equal(whole.Order(), counted);
        }
    }, iter: 1_000);

    /// <summary>Nobody waits for room in a socket, where there always is: that it is about to wake, a guess does not ask. A pipe may have become one at the same fd.</summary>
    private static ProcessRecord WithoutReady(ProcessRecord process) => process with
    {
        Threads = [.. process.Threads.Select(thread => thread.Memory?.PollSet is not { } set ? thread : thread with
        {
            Memory = thread.Memory with { PollSet = [.. set.Select(member => process.FindFd(member.Fd) is { Target.Kind: FdKind.Socket } ? member with { Events = 1 } : member)] },
        })],
    };

    /// <summary>Of several threads one may have a table of its own, with the other end of a pipe of which nobody is seen to have that: it is read of suspects alone.</summary>
    private static ProcessRecord WithoutOwnTables(Snapshot look, ProcessRecord process) =>
        process.Threads.Length > 1 && process.Fds.Any(fd => fd.Target.Kind == FdKind.Pipe
            && look.Processes.SelectMany(other => other.Fds).Where(other => other.Target.Kind == FdKind.Pipe && other.Target.Id == fd.Target.Id).Aggregate(FdAccess.None, (all, other) => all | other.Access) != FdAccess.ReadWrite)
            ? process with { Threads = [process.Threads[0]] }
            : process;

    [Theory]
    [InlineData((int)Counting.All)]
    [InlineData((int)Counting.Likely)]
    [InlineData((int)Counting.Patient)]
    public void StuckAt_RandomLooks_HasAllWhomTheGraphOfThatCountingFinds(int counting) => Gen.Int.Sample(seed =>
    {
        var host = new RandomHost(seed);
        var diagnosis = new HostDiagnosis(new DiagnosisOptions());
        var counted = new Counted(diagnosis.Memory, new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(2) }, (Counting)counting);
        foreach (int _ in Enumerable.Range(0, Looks))
        {
            diagnosis.Advance(host.Look());
            ResourceIndex resources = diagnosis.Memory.Resources;
            var triage = new Triage(resources, diagnosis.Memory);
            triage.Judge();
            Assert.Subset(triage.StuckAt(counted).ToHashSet(), Found([.. triage.Lists.Stuck.Select(process => process.Pid)], resources, counted).ToHashSet());
        }
    }, iter: 1_000);

    /// <summary>Else the property above would say nothing.</summary>
    [Fact]
    public void StuckAt_RandomLooks_IsOftenLessThanAllAndDiffersByWhatCounts()
    {
        // A guess believes that nobody opens a FIFO by its name, whatever counts.
        Counting[] countings = [.. Enum.GetValues<Counting>().Except([Counting.Named])];
        var sizes = new int[countings.Length + 1];
        foreach (int seed in Enumerable.Range(0, 400))
        {
            var host = new RandomHost(seed);
            var diagnosis = new HostDiagnosis(new DiagnosisOptions());
            foreach (int _ in Enumerable.Range(0, Looks))
                diagnosis.Advance(host.Look());
            var triage = new Triage(diagnosis.Memory.Resources, diagnosis.Memory);
            triage.Judge();
            for (int i = 0; i < countings.Length; i++)
                sizes[i] += triage.StuckAt(new Counted(diagnosis.Memory, new DiagnosisOptions(), countings[i])).Length;
            sizes[^1] += triage.Lists.Stuck.Count;
        }

        Assert.Equal(sizes.Distinct().Order(), sizes);
    }

    private static ImmutableSortedSet<int> Found(ImmutableArray<int> among, ResourceIndex resources, Counted counted) =>
        StuckSet.Find(among, new WaitGraph(resources, counted).NodeOf, ignoreHidden: true);

    /// <summary>Who is stuck if no hidden table holds an end: by the whole graph, and by the triage, with what counts and without.</summary>
    private static (ImmutableSortedSet<int> Whole, IEnumerable<int> Counted, IEnumerable<int> Triage) Both(Snapshot first, Snapshot last)
    {
        ResourceIndex resources = Diagnoser.Between(first, last);
        LookMemory memory = new LookMemory().Advance(first).Advance(last);
        var triage = new Triage(resources, memory);
        triage.Judge();
        var counted = new Counted(memory, new DiagnosisOptions { MinimumWait = TimeSpan.Zero }, Counting.Patient);
        return (
            Found([.. last.Processes.Select(process => process.Pid)], resources, counted),
            triage.StuckAt(counted),
            triage.Lists.Stuck.Select(process => process.Pid));
    }
}
