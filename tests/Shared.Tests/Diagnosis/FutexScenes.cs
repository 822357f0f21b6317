using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Threads and processes at futexes, and what is told of them.</summary>
internal static class FutexScenes
{
    internal const ulong A = 0x7100, B = 0x7200;

    internal static Actor Locks(Actor actor, int tid, ulong address, int owner, bool shared = false) =>
        actor.Thread(tid, 202, "futex_do_wait", new CallMemory { FutexWord = 2, LockWords = [2, 0, (uint)owner, 1, shared ? 0x80U : 0], FutexMapping = shared ? Mapping : null }, [address, shared ? 0UL : 0x80, 2]);

    internal static Actor Joins(Actor actor, int tid, int joined) => actor.Thread(tid, 202, "futex_do_wait", 0x7f00, 0x109, (ulong)joined);

    internal static readonly FutexMapping Mapping = new(true, 1, 4711);

    internal static Scene CrosswiseIn(int process, bool living)
    {
        var scene = new Scene();
        Actor actor = scene.Process(process, "p");
        Locks(actor, process, A, process + 1);
        Locks(actor, process + 1, B, process);
        if (living)
            actor.Sleeps();
        return scene;
    }

    internal static DiagnosisResult Diagnose(Scene scene, params SharedObject[] shared) => Diagnose(scene, look => look with { SharedObjects = [.. shared] });

    internal static DiagnosisResult Diagnose(Scene scene, Func<Snapshot, Snapshot> with)
    {
        Snapshot first = with(scene.Look(1000)), last = with(scene.Look(1001));
        return Scene.Checked(Diagnoser.Diagnose(first, last, new LookMemory().Advance(first).Advance(last), new DiagnosisOptions()));
    }

    internal static SharedObject Anonymous(params int[] mappers) => new(1, 4711, "/dev/zero (deleted)", false, [.. mappers], []);

    internal static Scene AcrossProcesses()
    {
        var scene = new Scene();
        Locks(scene.Process(10, "first"), 10, A, 11, shared: true);
        Locks(scene.Process(11, "second"), 11, B, 10, shared: true);
        return scene;
    }
}
