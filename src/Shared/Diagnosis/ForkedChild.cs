using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// A child with one thread that runs what its parent runs, which has several: fork(2) copied the memory of all of them, and the one thread that called it.
/// </summary>
internal static class ForkedChild
{
    /// <summary>After an exec nothing would be left of the parent's memory.</summary>
    public static bool IsOfThreads(ResourceIndex resources, HostProcess child) =>
        child.Record is { Threads.Length: 1, Exe: { } exe, Cmdline: { } arguments }
        && resources.ParentOf(child)?.Record is { Threads.Length: > 1, Cmdline: { } above } parent && parent.Exe == exe && above.SequenceEqual(arguments);

    /// <summary>
    /// Its parent runs the same program, and waits for it and no other to end. Who is to idle until a signal comes is not waited for so, and nobody but its one
    /// thread could wake it.
    /// </summary>
    public static bool IsJoined(ResourceIndex resources, HostProcess child) =>
        child.Record is { Threads.Length: 1, Exe: { } exe, Cmdline: { } arguments }
        && resources.ParentOf(child) is { Record: { Cmdline: { } above } record } parent && record.Exe == exe && above.SequenceEqual(arguments)
        && parent.WaitsOf(resources.Look.Host).Any(wait => wait is { Kind: WaitKind.ChildWait, Bounded: Bounded.No, Children.Pid: { } pid } && (pid == child.Record.NsPid || pid == child.Pid));

    /// <summary>
    /// It waits on a futex that no thread is there to wake, and the only signal that it would wait for by design is the one that every interpreter catches: what
    /// it lacks may be what fork did not copy. Whether that is told hangs on whether somebody waits for it.
    /// </summary>
    public static bool MayLackAThread(ResourceIndex resources, HostProcess child, Wait wait) =>
        wait is { Kind: WaitKind.Futex, Futex.IsPrivate: true }
        && (child.Record.SignalsCaught & SignalMask.WaitedForByDesign & ~SignalMask.Interrupt) == 0
        && (IsOfThreads(resources, child) || IsJoined(resources, child));
}
