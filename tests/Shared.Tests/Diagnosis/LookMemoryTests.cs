using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class LookMemoryTests
{
    [Fact]
    public void Advance_ParentForkedAndExitedBetweenTheLooks_IsKnownFromTheBirths()
    {
        var before = new Scene();
        before.Process(100, "runner").Sleeps();
        var after = new Scene();
        after.Process(100, "runner").Sleeps();
        after.Process(120, "leftover").Sleeps();
        Snapshot last = after.Look(1001) with { Births = [BirthOf(110, 100, "runner", 1.10), BirthOf(120, 110, "test", 1.20)] };

        LookMemory memory = new LookMemory().Advance(before.Look(1000)).Advance(last);

        ProcessRecord leftover = Find(last, 120);
        Assert.Equal((110, "test", 1), (memory.LostParentOf(leftover)!.LostPpid!.Value, memory.LostParentOf(leftover)!.LostParent, memory.LostParentOf(leftover)!.AdoptedBy));
        Assert.Equal(TimeSpan.FromSeconds(1001), memory.OrphanSince(leftover));
        Assert.True(memory.CameFrom(leftover, Find(last, 100)));
    }

    [Fact]
    public void Advance_ParentSeenOnceAndGoneWithThoseAboveIt_IsKnownFromTheBirths()
    {
        var before = new Scene();
        before.Process(90, "runner").Sleeps();
        before.Process(100, "shell", parent: 90).Sleeps();
        var after = new Scene();
        after.Process(90, "runner").Sleeps();
        after.Process(120, "leftover").Sleeps();
        Snapshot last = after.Look(1001) with { Births = [BirthOf(120, 100, null, 1.20)] };

        LookMemory memory = new LookMemory().Advance(before.Look(1000)).Advance(last);

        ProcessRecord leftover = Find(last, 120);
        Assert.Equal("shell", memory.LostParentOf(leftover)!.LostParent);
        Assert.True(memory.CameFrom(leftover, Find(last, 90)));
    }

    [Fact]
    public void Advance_BirthOfAnEarlierProcessWithTheSamePid_IsNotItsOwn()
    {
        var scene = new Scene();
        scene.Process(100, "runner").Sleeps();
        scene.Process(120, "child", parent: 100).Sleeps();
        Snapshot look = scene.Look(1001) with { Births = [BirthOf(120, 77, "another", 0.50), BirthOf(120, 100, "runner", 1.20)] };

        LookMemory memory = new LookMemory().Advance(look);

        Assert.Null(memory.LostParentOf(Find(look, 120)));
        Assert.True(memory.CameFrom(Find(look, 120), Find(look, 100)));
    }

    [Fact]
    public void Advance_BirthOfAParentThatLives_LosesNobody()
    {
        var scene = new Scene();
        scene.Process(100, "runner").Sleeps();
        scene.Process(120, "child").Sleeps();
        Snapshot look = scene.Look(1001) with { Births = [BirthOf(120, 100, "runner", 1.20)] };

        Assert.Null(new LookMemory().Advance(look).LostParentOf(Find(look, 120)));
    }

    [Fact]
    public void Advance_BirthsInACircle_Ends()
    {
        var scene = new Scene();
        scene.Process(120, "child").Sleeps();
        Snapshot look = scene.Look(1001) with { Births = [BirthOf(120, 110, null, 1), BirthOf(110, 111, null, 1), BirthOf(111, 110, null, 1)] };

        OrphanInfo lost = new LookMemory().Advance(look).LostParentOf(Find(look, 120))!;

        Assert.Equal((110, null), (lost.LostPpid!.Value, lost.LostParent));
    }

    [Fact]
    public void Advance_ParentWasRenamedBeforeItExited_IsLostUnderItsLastName()
    {
        var before = new Scene();
        before.Process(100, "starter").Sleeps();
        before.Process(120, "child", parent: 100).Sleeps();
        Snapshot first = before.Look(1000);
        before.Process(100, "renamed").Sleeps();
        // The child has not run: its record is the same.
        Snapshot second = before.Look(1001);
        second = second with { Processes = [.. second.Processes.Select(process => process.Pid == 120 ? Find(first, 120) : process)] };
        var after = new Scene();
        after.Process(120, "child").Sleeps();
        Snapshot last = after.Look(1002);

        LookMemory memory = new LookMemory().Advance(first).Advance(second).Advance(last);

        Assert.Equal("renamed", memory.LostParentOf(Find(last, 120))!.LostParent);
    }

    [Fact]
    public void StillFor_SameRecordAtEveryLook_CountsFromTheFirst()
    {
        Snapshot first = new Scene().Look(1000);
        LookMemory memory = new LookMemory().Advance(first);
        Snapshot last = first with { Uptime = TimeSpan.FromSeconds(1007) };
        memory.Advance(last);

        ProcessRecord init = Find(last, 1);
        ThreadRecord thread = init.Threads[0] with { LastRan = null };
        Assert.Equal(TimeSpan.FromSeconds(7), memory.StillFor(last, init, thread));
        Assert.Null(memory.StillFor(last, init, thread with { Counters = new RunCounters(2000, 9) }));
    }

    private static Birth BirthOf(int pid, int parent, string? comm, double seconds) => new(pid, parent, comm, TimeSpan.FromSeconds(seconds));

    private static ProcessRecord Find(Snapshot look, int pid) => look.Processes.Single(process => process.Pid == pid);
}
