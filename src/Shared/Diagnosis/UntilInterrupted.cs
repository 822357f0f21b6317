using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Programs that wait for Ctrl-C: the main thread waits for a child, under the handler of SIGINT that its runtime has in every program and which acts at once, as an interpreter raises an exception there;
/// and the child waits for what this parent could give. The handler is no evidence, being in every program, and a deadlock stands just so. What speaks for a design is somebody who would send
/// the signal: a terminal; or a child that ignores SIGINT while its parent catches it, and so leaves it to that one.
/// <code>
/// main    waits for worker to exit, catches SIGINT
/// worker  waits for an event that main could set
/// </code>
/// </summary>
internal static class UntilInterrupted
{
    /// <summary>Those who may wait so, ascending.</summary>
    private static IEnumerable<Interruptible> Of(Evidence evidence, IEnumerable<int> core)
    {
        int[] members = [.. core.Order()];
        foreach (int parent in members)
        {
            if (!MayBe(evidence, parent))
                continue;
            int[] children = [.. members.Where(child => child != parent && MayBeGiven(evidence.Graph.NodeOf(child), parent))];
            if (children.Length > 0)
                yield return new Interruptible(parent, children);
        }
    }

    /// <summary>Why that may be the design, as sentences; empty where nobody is seen who would send the signal.</summary>
    public static IEnumerable<string> DoubtsOf(Evidence evidence, IEnumerable<int> core)
    {
        foreach (Interruptible found in Of(evidence, core))
        {
            string name = Narrator.Name(evidence.Resources[found.Parent]);
            if (found.Children.FirstOrDefault(child => IsLeftTo(evidence, found.Parent, child)) is not 0 and var child)
                yield return $"{name} catches SIGINT, which {Narrator.Name(evidence.Resources[child])} leaves to it and ignores: to wait for Ctrl-C may be its design";
            else if (evidence.Resources[found.Parent].TtyNr != 0)
                yield return $"{name} catches SIGINT and has a terminal: to wait for Ctrl-C there may be its design";
        }
    }

    /// <summary>Whether a child was made to ignore what its parent catches: that was done for the sake of Ctrl-C, and tells more than that a terminal is there.</summary>
    public static bool IsMeant(Evidence evidence, IEnumerable<int> core) =>
        Of(evidence, core).Any(found => found.Children.Any(child => IsLeftTo(evidence, found.Parent, child)));

    /// <summary>What a person may do about a set that only a signal ends, as a sentence for each; it is nothing that is going to happen.</summary>
    public static IEnumerable<string> NotesOn(Evidence evidence, IEnumerable<int> core) =>
        Of(evidence, core).Select(found => $"A SIGINT (Ctrl-C), which {Narrator.Name(evidence.Resources[found.Parent])} catches, may make it go on.");

    private static bool MayBe(Evidence evidence, int pid)
    {
        HostProcess process = evidence.Resources.Find(pid)!;
        ImmutableArray<Wait> waits = process.WaitsOf(evidence.Last.Host);
        return (process.Record.SignalsCaught & Housekeeping.CatchesOf(process.Record, waits) & SignalMask.Interrupt) != 0
            && evidence.Graph.NodeOf(pid).Main is { Wait: { Kind: WaitKind.ChildWait, IsToldBySignal: false } } && !Unheeded.Is(evidence.Resources, process);
    }

    /// <summary>It reads, or waits in memory, for what this one could send. Its stdin is no such way: that is given once; and who waits for room, or for a lock on a file, waits for something else than a word.</summary>
    private static bool MayBeGiven(WaitNode child, int parent) => child.Waiters.Any(waiter =>
        waiter.Wait.Kind is WaitKind.PipeRead or WaitKind.SocketRead or WaitKind.EventFd or WaitKind.Poll or WaitKind.Futex or WaitKind.SysvSemaphore or WaitKind.SysvMessage or WaitKind.PosixQueue
        && waiter.Wait.Fd is not (>= 0 and <= 2) && waiter.Clauses.Any(clause => clause.Wakers.Any(waker => waker.Direct && waker.Node == parent)));

    /// <summary>A shell ignores SIGQUIT as well for what it runs in the background, which leaves nothing to anybody.</summary>
    private static bool IsLeftTo(Evidence evidence, int parent, int child) =>
        (evidence.Resources[child].SignalsIgnored & SignalMask.OfTheBackground) == SignalMask.Interrupt && evidence.Resources.ParentOf(child) == parent;

    /// <param name="Parent">Pid of who waits for its child.</param>
    /// <param name="Children">Pids of those in the set who wait for what it could give.</param>
    private sealed record Interruptible(int Parent, int[] Children);
}
