using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Runtimes whose own threads go on, and in which nobody of the program waits for anything from outside.</summary>
public sealed class RuntimeInsideTests
{
    private const ulong Interrupt = 1UL << 1, User1 = 1UL << 9, Terminate = 1UL << 14;

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)] // main() alone: to wait for a signal is what is left of many programs
    public void Diagnose_ThreadsOfAVirtualMachineThatWaitForThemselves_AreSuspectedWhereThereAreSeveral(bool worker, bool told)
    {
        var scene = new Scene();
        Machine(scene, worker ? actor => actor.Thread(14, 202, "futex_do_wait", 0x7f0000009000, 0x189, 0, 0) : _ => { });

        Assert.Equal(told ? [("lost-wakeup", Confidence.Suspected)] : [], Deadlocks(scene));
    }

    [Fact]
    public void Diagnose_VirtualMachineWithAHandlerOfItsOwn_IsHealthy()
    {
        var scene = new Scene();
        Machine(scene, actor => actor.Thread(14, 202, "futex_do_wait", 0x7f0000009000, 0x189, 0, 0), User1 | Terminate);

        Assert.Empty(Deadlocks(scene));
    }

    [Fact]
    public void Diagnose_VirtualMachineWithATimer_IsHealthy()
    {
        var scene = new Scene();
        Machine(scene, actor => actor.Thread(14, 202, "futex_do_wait", 0x7f0000009000, 0x189, 0, 0x6000));

        Assert.Empty(Deadlocks(scene));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // the child has something to do
    public void Diagnose_VirtualMachineWhoseReaperAwaitsAChildThatWaitsForIt_IsSuspected(bool reads)
    {
        var scene = new Scene();
        Machine(scene, actor => actor.WriteEnd(7000, 5).Thread(14, 61, "do_wait", 20, 0, 0));
        Actor child = scene.Process(20, "cat", parent: 10).ReadEnd(7000, 0);
        _ = reads ? child.Reads(0) : child.Sleeps();

        Assert.Equal(reads ? [("child-never-exits", Confidence.Suspected)] : [], Deadlocks(scene));
    }

    private static (string, Confidence)[] Deadlocks(Scene scene) =>
        [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock).Select(finding => (finding.Rule, finding.Confidence))];

    /// <summary>A launcher that joins the thread in which main() runs, which waits at a word; and what serves the runtime, one with a timeout.</summary>
    private static void Machine(Scene scene, Action<Actor> more, ulong caught = Interrupt | Terminate)
    {
        Actor actor = scene.Process(10, "java").Thread(10, 202, "futex_do_wait", 0x7f0000001000, 0x109, 11, 0).Thread(11, 202, "futex_do_wait", 0x7f0000002000, 0x189, 0, 0)
            .Thread(12, 202, "futex_do_wait", 0x7f0000003000, 0x189, 0, 0x6000).Thread(13, 202, "futex_do_wait", 0x7f0000004000, 0x189, 0, 0);
        more(actor);
        actor.Caught = caught;
        actor.With = record => record with { Threads = [.. record.Threads.Select(thread => thread.Tid switch { 12 => thread with { Comm = "VM Thread" }, 13 => thread with { Comm = "Signal Dispatch" }, _ => thread })] };
    }
}
