using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who catches signals, and would do nothing about one as it waits now: its handlers only note that it came. So it does not wait for one by design, whatever it catches.
/// When a runtime acts on what it has noted is data, <c>acts-on-signals</c> of <see cref="RuntimeData"/>.
/// </summary>
internal static class Unheeded
{
    public static bool Is(ResourceIndex resources, HostProcess process)
    {
        HostIdentity host = resources.Look.Host;
        ImmutableArray<Wait> waits = process.WaitsOf(host);
        if (MainOf(process.Record, waits) is not { } main || Housekeeping.In(process.Record, waits) is not { } runtime)
            return false;
        return runtime.ActsOnSignals switch
        {
            SignalActing.InItsLoop => IsLoopAtAFutex(main) || IsLoopInACall(main),
            SignalActing.AfterItsChild => IsInWait(main),
            SignalActing.ToEnd => IsInWait(main) && NotByDesign.HasItsRuntimesHandlersAlone(process.Record, waits),
            SignalActing.InAThread => main.Kind != WaitKind.Futex && AtOwnWords(runtime, waits) == 0,
            _ => false,
        };
    }

    /// <summary>An event loop that stands on a futex gets to no event, and a handler is one.</summary>
    public static bool IsStoppedLoop(ProcessRecord process, ImmutableArray<Wait> waits) =>
        MainOf(process, waits) is { } main && IsLoopAtAFutex(main) && Housekeeping.In(process, waits) is { ActsOnSignals: SignalActing.InItsLoop };

    /// <summary>Nor does one that stands in a read or write of one pipe, or in opening a FIFO: what the handlers note is looked at when the call has come back, and none of them ends it (SA_RESTART).</summary>
    private static bool IsLoopInACall(Wait main) => main is { Kind: WaitKind.PipeRead or WaitKind.PipeWrite or WaitKind.FifoOpen, Members.IsEmpty: true };

    private static bool IsLoopAtAFutex(Wait main) => main is { Kind: WaitKind.Futex, Futex: { IsPrivate: true, JoinsTid: null } };

    /// <summary>What the leader waits for; null: it has exited.</summary>
    public static Wait? MainOf(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        int place = 0;
        foreach (ThreadRecord thread in process.Threads)
        {
            if (!HostProcess.IsAlive(thread))
                continue;
            if (thread.Tid == process.Pid)
                return waits[place];
            place++;
        }
        return null;
    }

    /// <summary>In wait(2), and not until a signal comes.</summary>
    private static bool IsInWait(Wait main) => main is { Kind: WaitKind.ChildWait, IsToldBySignal: false };

    /// <summary>
    /// Whether the program is sure to have asked to be told of signals: a thread waits for them, where more wait at words of the program's own than the main thread, idle, and the one that makes threads (an idle runtime
    /// waits for none by this); or its runtime catches what it catches then.
    /// </summary>
    public static bool AsksForSignals(ProcessRecord process, ImmutableArray<Wait> waits) => Housekeeping.In(process, waits) is { } runtime
        && (runtime.ActsOnSignals == SignalActing.InAThread && AtOwnWords(runtime, waits) - (MainOf(process, waits) is { Kind: WaitKind.Futex } ? 1 : 0) > 1
            || (process.SignalsCaught & runtime.CatchesWhenAsked) != 0 && (process.SignalsCaught & SignalMask.Child) == 0);

    /// <summary>How many wait without a timeout at a word that the runtime has not allotted, or may: idle threads but the main one wait at words that it has.</summary>
    private static int AtOwnWords(RuntimeMarks runtime, ImmutableArray<Wait> waits)
    {
        int count = 0;
        foreach (Wait wait in waits)
        {
            if (wait is { Kind: WaitKind.Futex, Bounded: not Bounded.Yes } && !(runtime.Futexes is { } allotted && wait.Futex is { } futex && futex.Address >= allotted.Low && futex.Address <= allotted.High)
                || wait.Kind is WaitKind.Unknown or WaitKind.Running)
                count++;
        }
        return count;
    }
}
