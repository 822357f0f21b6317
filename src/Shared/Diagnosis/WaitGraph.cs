using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Who waits for whom in one look: one node per process, one <see cref="Waiter"/> per thread.</summary>
public sealed class WaitGraph
{
    private readonly Steadiness? _steadiness;

    /// <param name="first">
    /// The look before: whoever moved since can run, and whatever lost a holder since is not proven. Null: a guess at who is worth a second look,
    /// made without the costly facts that only suspects have, for nobody is to stop being a suspect by having been one.
    /// </param>
    /// <param name="look">The look whose waits make the graph.</param>
    public WaitGraph(Snapshot? first, Snapshot look)
    {
        _steadiness = first is null ? null : new Steadiness(first);
        Resources = new ResourceIndex(look);
        var finder = new WakerFinder(Resources, _steadiness);
        Nodes = [.. look.Processes.Select((process, index) => BuildNode(process, index, finder))];
    }

    public ResourceIndex Resources { get; }

    public Snapshot Look => Resources.Look;

    /// <summary>Parallel to <see cref="Snapshot.Processes"/>.</summary>
    public ImmutableArray<WaitNode> Nodes { get; }

    private WaitNode BuildNode(ProcessRecord process, int index, WakerFinder finder)
    {
        ImmutableArray<Waiter> waiters = [.. process.Threads
            .Where(thread => thread.State is not ('Z' or 'X'))
            .Select(thread => BuildWaiter(process, index, thread, finder))];
        string? canRun = WhyItCanRun(process, index, waiters);
        return new WaitNode(waiters, canRun, canRun is null ? AlwaysWakers(process, index) : [])
        {
            MayWaitForSignal = (process.SignalsCaught & SignalMask.WaitedForByDesign) != 0 && waiters.Any(waiter => MayWaitForSignal(process, index, waiter)),
        };
    }

    private Waiter BuildWaiter(ProcessRecord process, int index, ThreadRecord thread, WakerFinder finder)
    {
        Wait wait = WaitDecoder.Decode(Look.Host, process, thread);
        return new Waiter(thread, wait, wait.Bounded == Bounded.No ? finder.ClausesOf(index, wait) : [Clause.OutsideOf(wait, "a timeout may end it")]);
    }

    private string? WhyItCanRun(ProcessRecord process, int index, ImmutableArray<Waiter> waiters)
    {
        if (process.Pid == Look.ObserverPid)
            return "it is the looker";
        if (waiters.IsEmpty)
            return process.IsZombie ? "it has exited" : "no thread of it could be read";
        if (!process.ThreadsComplete)
            return "not all of its threads could be read";
        if (process.HasPosixTimers == true && _steadiness is not null)
            return "it has a POSIX timer";
        if ((process.SignalsCaught & SignalMask.IntervalTimers) != 0)
            return "it catches the signal of an interval timer, and whether one is set shows nowhere";
        if (process.Fds.Any(fd => fd.Async) && _steadiness is not null)
            return "it has an fd that sends it signals (O_ASYNC)";
        if (process.Fds.Any(fd => fd.Target.Kind == FdKind.IoUring))
            return "it has an io_uring, and what is pending there shows nowhere";
        if ((process.SignalsCaught & SignalMask.WaitedForByDesign) != 0 && waiters.All(waiter => waiter.WaitsOnlyFor(index)))
            return "it waits for nobody else and catches signals: to wait for one may be its design";
        // Last, since it compares most: for most processes of a host one of the above has answered.
        return waiters.Any(waiter => waiter.Clauses.All(clause => clause.Open == Openness.Outside)) ? null : _steadiness?.WhyItMayHaveMoved(process);
    }

    /// <summary>
    /// A handler interrupts the main thread, posts what only the process itself could post, or writes to a pipe of its own that stands
    /// among the fds that are waited for.
    /// </summary>
    private static bool MayWaitForSignal(ProcessRecord process, int index, Waiter waiter) =>
        waiter.Thread.Tid == process.Pid && waiter.WaitsOnlyFor(index)
        || waiter.Wait.Kind == WaitKind.PipeRead && waiter.WaitsOnlyFor(index)
        || waiter.Clauses.SelectMany(clause => clause.Parts).Any(part => part.Wait.Kind == WaitKind.PipeRead && part.Wakers.Any(waker => waker.Direct && waker.Node == index));

    /// <summary>
    /// Processes that can make it run whatever it waits for: its tracer, those that it traces, and the children whose end it has a handler for.
    /// </summary>
    private ImmutableArray<int> AlwaysWakers(ProcessRecord process, int index)
    {
        var wakers = ImmutableArray.CreateBuilder<int>();
        if (process.TracerPid != 0 && Resources.IndexOf(process.TracerPid) is >= 0 and var tracer)
            wakers.Add(tracer);
        wakers.AddRange(Resources.TraceesOf(index));
        if ((process.SignalsCaught & SignalMask.Child) != 0)
            wakers.AddRange(Resources.ChildrenOf(index).Where(child => !Resources[child].IsZombie));
        return wakers.ToImmutable();
    }
}

/// <summary>Masks over SigCgt and SigIgn of /proc/PID/status: bit n-1 is signal n of signal(7).</summary>
internal static class SignalMask
{
    /// <summary>SIGCHLD.</summary>
    public const ulong Child = 1UL << 16;

    /// <summary>SIGALRM, SIGVTALRM, SIGPROF.</summary>
    public const ulong IntervalTimers = 1UL << 13 | 1UL << 25 | 1UL << 26;

    /// <summary>SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM: programs sit and wait for these.</summary>
    public const ulong WaitedForByDesign = 1UL << 0 | 1UL << 1 | 1UL << 2 | 1UL << 9 | 1UL << 11 | 1UL << 14;
}

/// <summary>A process in the graph: it is stuck only when all its threads are, for a free thread can close any fd.</summary>
/// <param name="Waiters">Its threads.</param>
/// <param name="CanRun">Why it can run whatever its waits look like, or null.</param>
/// <param name="AlwaysWakers">Nodes that can make it run whatever it waits for.</param>
public sealed record WaitNode(ImmutableArray<Waiter> Waiters, string? CanRun, ImmutableArray<int> AlwaysWakers)
{
    /// <summary>Whether it catches signals and one of its waits is such as a handler ends: then a set that is stuck without a fault in it may be idle by design.</summary>
    public bool MayWaitForSignal { get; init; }
}

/// <summary>A thread in the graph. Its wait is a conjunction: every clause must be ended.</summary>
public sealed record Waiter(ThreadRecord Thread, Wait Wait, ImmutableArray<Clause> Clauses)
{
    /// <summary>Whether nobody but this process itself could end the wait.</summary>
    public bool WaitsOnlyFor(int process) =>
        Clauses.All(clause => clause.Open != Openness.Outside && clause.Wakers.All(waker => waker.Node == process));
}

/// <summary>A set of wakers, any of which will do.</summary>
/// <param name="Wait">The wait that it comes from.</param>
/// <param name="Wakers">Who could end it.</param>
/// <param name="Open">Whether somebody who is not among the wakers could.</param>
/// <param name="Why">Why it is open; null for <see cref="Openness.Closed"/>.</param>
public sealed record Clause(Wait Wait, ImmutableArray<Waker> Wakers, Openness Open, string? Why)
{
    /// <summary>The members of a set, each with its own wakers; empty where the clause is not of a set.</summary>
    public ImmutableArray<Clause> Parts { get; init; } = [];

    /// <summary>What has to be believed beyond what was seen for <see cref="Wakers"/> to be all (see <see cref="Assumption"/>).</summary>
    public ImmutableArray<string> Assumptions { get; init; } = [];

    public static Clause OutsideOf(Wait wait, string why) => new(wait, [], Openness.Outside, why);
}

/// <param name="Node">Index of the process.</param>
/// <param name="Fd">The fd through which it could end the wait, if any.</param>
/// <param name="Direct">
/// It holds what is waited for (the other end, the child itself). False for one that could wake only in odd ways, by resizing the
/// pipe, say: it counts in the proof and is not part of the story.
/// </param>
public readonly record struct Waker(int Node, int? Fd, bool Direct);

/// <summary>Ascending.</summary>
public enum Openness
{
    Closed,

    /// <summary>Open only because some fd tables are hidden.</summary>
    Hidden,

    /// <summary>Something outside, or something that is not known, could end it.</summary>
    Outside,
}
