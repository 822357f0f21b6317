using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who waits for whom in one look, given the one before: whoever moved since can run, and whatever lost a holder since is not proven. One node
/// per process, made when it is asked for; one <see cref="Waiter"/> per thread that counts.
/// </summary>
internal sealed class WaitGraph(ResourceIndex resources, Counted counted)
{
    private readonly WakerFinder _finder = new(resources, guess: false) { BelievesNames = counted.Counting == Counting.Named, LeavesAside = !counted.IsWhole };
    private readonly Dictionary<int, WaitNode> _nodes = [];

    /// <exception cref="KeyNotFoundException">The look has no process with this pid.</exception>
    public WaitNode NodeOf(int pid)
    {
        if (!_nodes.TryGetValue(pid, out WaitNode? node))
            _nodes[pid] = node = BuildNode(resources.Find(pid) ?? throw new KeyNotFoundException($"no process {pid} in the look"));
        return node;
    }

    private WaitNode BuildNode(HostProcess process)
    {
        HostIdentity host = resources.Look.Host;
        ImmutableArray<ThreadRecord> threads = [.. HostProcess.ThreadsOf(process.Record)];
        ImmutableArray<Wait> waits = process.WaitsOf(host);
        ImmutableArray<bool> services = counted.ServicesOf(process, host);
        bool endless = Counted.AnyEndless(waits, services);
        var waiters = ImmutableArray.CreateBuilder<Waiter>();
        var aside = ImmutableArray.CreateBuilder<Waiter>();
        var tickers = ImmutableArray.CreateBuilder<Waiter>();
        int besideMain = counted.LeavesTickersAside ? Tickers.MainBeside(process.Record, waits) : -1;
        for (int i = 0; i < waits.Length; i++)
        {
            if (!services.IsDefault && services[i])
            {
                aside.Add(new Waiter(threads[i], waits[i], []));
                continue;
            }
            bool comesBack = counted.ComesBack(process, threads[i], waits[i], endless);
            if (comesBack && Tickers.MayBe(besideMain, i, waits[i]) && waits[i].Futex?.Lock is null)
            {
                tickers.Add(new Waiter(threads[i], waits[i], []));
                continue;
            }
            Wait wait = comesBack ? waits[i].WithoutTimeout : waits[i];
            FdReuse reuse = _finder.ReuseOf(process, threads[i], wait);
            waiters.Add(new Waiter(threads[i], wait, reuse == FdReuse.Certain ? [OnAnotherFile(wait)] : ClauseCollector.ClausesOf(_finder, process, wait))
            {
                Timed = comesBack && wait.Bounded == Bounded.No,
                Reuse = reuse,
                WakersIfReused = reuse == FdReuse.NotKnown ? _finder.WakersIfReused(process, wait) : [],
            });
        }
        string? canRun = WhyItCanRun(process, [.. waiters]);
        bool unheeded = Unheeded.Is(resources, process), ofRuntime = NotByDesign.HasItsRuntimesHandlersAlone(process.Record, waits);
        Waiter? main = MainOf(process.Pid, [.. waiters], ofRuntime);
        // What its runtime's handlers note is acted upon in the main thread, which waits for one child to end: they are there to wake none of the others.
        bool awaitsChild = ofRuntime && main is not null && WaitsForOneChild(main)
            && Housekeeping.In(process.Record, waits) is { AwaitsChildren: ChildWaiting.InCall, ActsOnSignals: not SignalActing.InAThread };
        bool isToldOfSignals = waiters.Any(waiter => waiter.Clauses.Any(clause => clause.Parts.Any(part => WakerFinder.IsForSignals(waiter.Wait, part.Wait))));
        return new WaitNode([.. waiters], canRun, canRun is null ? ClauseCollector.AlwaysWakersOf(_finder, process) : [])
        {
            Aside = [.. aside],
            Tickers = [.. tickers],
            NotKnown = [.. LocalFact.NotKnown(process.Record, Housekeeping.In(process.Record, waits)), .. _finder.WhoMaySignal(process), .. _finder.TakeLeftAside()],
            Main = main,
            IsToldOfSignals = isToldOfSignals,
            MayWaitForSignal = isToldOfSignals || !unheeded && SignalMask.MayLiveBySignals(process.Record, resources.ParentOf(process)?.Record, Housekeeping.CatchesOf(process.Record, waits))
                && waiters.Any(waiter => (waiter == main || !awaitsChild && !Bell.Is(resources, process, waiter.Wait)) && MayWaitForSignal(process.Record, waiter, waiter == main, ofRuntime)),
            CatchesForItsRuntime = ofRuntime,
            MayEndItsChild = !unheeded && main is not null && MayEndItsChild(process.Record, main),
        };
    }

    private static Clause OnAnotherFile(Wait wait) => new(wait, [], Openness.Outside, "it is blocked on another file than its fd leads to now, and which one shows nowhere");

    /// <summary>The leader; in a runtime the thread whose end it waits for, if it does: the launcher of a JVM makes a thread for main() and joins it.</summary>
    private static Waiter? MainOf(int pid, ImmutableArray<Waiter> waiters, bool inRuntime)
    {
        Waiter? main = waiters.FirstOrDefault(waiter => waiter.Thread.Tid == pid);
        return inRuntime && main?.Wait.Futex is { JoinsTid: { } joined } && waiters.FirstOrDefault(waiter => waiter.Thread.Tid == joined) is { } next ? next : main;
    }

    private string? WhyItCanRun(HostProcess process, ImmutableArray<Waiter> waiters)
    {
        if (process.Pid == resources.Look.ObserverPid)
            return "it is the looker";
        if (LocalFact.WhyItCanRun(process, waiters.IsEmpty, guess: false, Housekeeping.In(process.Record, process.WaitsOf(resources.Look.Host))) is { } why)
            return why;
        if (LocalFact.MayBeToldBySignal(process.Record, process.WaitsOf(resources.Look.Host)) && waiters.All(waiter => waiter.Wait.Kind is not (WaitKind.FileLock or WaitKind.PipeWrite) && waiter.WaitsOnlyFor(process.Pid))
            && !LockGraph.HasFault(process.Record, [.. waiters.Select(waiter => waiter.Wait)]) && !ForkedChild.MayLackAThread(resources, process, waiters[0].Wait)
            && !NotByDesign.Is(resources, process, guess: false))
            return "it waits for nobody else and catches signals: to wait for one may be its design";
        if (waiters.Any(waiter => waiter.Timed) && waiters.All(waiter => waiter.WaitsOnlyFor(process.Pid)))
            return "it waits for nobody else and looks again by itself";
        // Between the store and FUTEX_WAKE there are microseconds, and whoever is there is not stuck: where all who have the word are, nobody will wake whom it was stored for.
        if (waiters.Any(waiter => waiter.Wait.Futex is { HasChanged: true } && counted.HasJustRun(process, waiter.Thread)))
            return "its futex word has changed: it is about to wake";
        if (waiters.Any(waiter => waiter.Clauses.All(clause => clause.Open == Openness.Outside)))
            return null;
        return counted.IsWhole
            ? Steadiness.WhyItMayHaveMoved(process.Before, process.Record)
            : Steadiness.WhyTheseMayHaveMoved(process.Before, process.Record, waiters);
    }

    /// <summary>
    /// A handler interrupts the main thread, posts what only the process itself could post, or writes to a pipe or eventfd of its own that
    /// stands among the fds that are waited for. A supervisor that waits for any of its children ends them in the handler; who waits for the only one has nobody left
    /// to give it work. And who lets signals in only while it waits means to be woken by them. (A thread beside the main one that waits at its runtime's bell waits for its own program, as at a futex elsewhere.)
    /// </summary>
    private static bool MayWaitForSignal(ProcessRecord process, Waiter waiter, bool isMain, bool catchesForRuntime)
    {
        int pid = process.Pid;
        // An eventfd has one end, which whoever reads it has as well: that says nothing where others have it, and no handler but the runtime's own is there to add.
        bool rings = waiter.Wait.Kind == WaitKind.EventFd && (!catchesForRuntime || waiter.WaitsOnlyFor(pid));
        if (waiter.Wait is { Kind: WaitKind.PipeWrite } or { Kind: WaitKind.EventFd, WaitsForRoom: true })
            return false; // whom a handler is to wake does not wait in a write
        if (isMain
            && (waiter.WaitsOnlyFor(pid) || waiter.Wait.Kind == WaitKind.ChildWait && (process.SignalsCaught & SignalMask.EndsOthersToo) != 0 && !WaitsForOneChild(waiter)))
        {
            return true;
        }
        return waiter.Wait.LetsSignalsIn
            || waiter.Wait.Kind is WaitKind.PipeRead or WaitKind.SocketRead && waiter.WaitsOnlyFor(pid)
            || waiter.Clauses.SelectMany(clause => clause.Parts).Any(part => IsOwnSelfPipe(part, pid))
            || rings && waiter.Clauses.Any(clause => IsOwnSelfPipe(clause, pid));
    }

    /// <summary>Who has several children and would not be told to end by what it catches is no supervisor that ends them, though it may do something else with them.</summary>
    private static bool MayEndItsChild(ProcessRecord process, Waiter main) => main.Wait.Kind == WaitKind.ChildWait
        && (process.SignalsCaught & SignalMask.TellsToEnd) != 0
        && (WaitsForOneChild(main) || (process.SignalsCaught & SignalMask.EndsOthersToo) == 0);

    /// <summary>By its pid, or because it has no other.</summary>
    private static bool WaitsForOneChild(Waiter waiter) => waiter.Wait.Kind == WaitKind.ChildWait && waiter.Clauses is [var clause] && clause.Wakers.Count(waker => waker.Direct) == 1;

    private static bool IsOwnSelfPipe(Clause clause, int pid) =>
        clause.Wait.Kind is WaitKind.PipeRead or WaitKind.SocketRead or WaitKind.EventFd && clause.Wakers.Any(waker => waker.Direct && waker.Node == pid);
}

/// <summary>A process in the graph: it is stuck only when all its threads are, for a free thread can close any fd.</summary>
/// <param name="Waiters">Its threads that count.</param>
/// <param name="CanRun">Why it can run whatever its waits look like, or null.</param>
/// <param name="AlwaysWakers">Nodes that can make it run whatever it waits for.</param>
internal sealed record WaitNode(ImmutableArray<Waiter> Waiters, string? CanRun, ImmutableArray<int> AlwaysWakers)
{
    /// <inheritdoc/>
    public override string ToString() => CanRun ?? nameof(WaitNode);

    /// <summary>What could make it run and was not to be seen: no proof holds of it then.</summary>
    public ImmutableArray<string> NotKnown { get; init; } = [];

    /// <summary>Whether it catches signals and one of its waits is such as a handler ends: then a set that is stuck without a fault in it may be idle by design.</summary>
    public bool MayWaitForSignal { get; init; }

    /// <summary>Whether a signalfd stands among the fds that it waits for: what it does when a signal comes is a part of its design.</summary>
    public bool IsToldOfSignals { get; init; }

    /// <summary>Whether a runtime is in it that has handlers for all that it catches in every program: then <see cref="MayWaitForSignal"/> is no more than a doubt.</summary>
    public bool CatchesForItsRuntime { get; init; }

    /// <summary>The thread in which main() runs, or what stands for it, if it counts.</summary>
    public Waiter? Main { get; init; }

    /// <summary>Whether it waits for a child and catches signals that tell a program to end: its handler may be there to end the child.</summary>
    public bool MayEndItsChild { get; init; }

    /// <summary>Service threads of a runtime that were left aside; they have no clauses here.</summary>
    public ImmutableArray<Waiter> Aside { get; init; } = [];

    /// <summary>Its <see cref="Diagnosis.Tickers"/> where they were left aside; they have no clauses here.</summary>
    public ImmutableArray<Waiter> Tickers { get; init; } = [];
}

/// <summary>A thread in the graph. Its wait is a conjunction: every clause must be ended.</summary>
internal sealed record Waiter(ThreadRecord Thread, Wait Wait, ImmutableArray<Clause> Clauses)
{
    /// <summary>It has a timeout that does not count, for it has come back to the same wait.</summary>
    public bool Timed { get; init; }

    /// <summary>Whether another thread may have replaced an fd under its blocked call.</summary>
    public FdReuse Reuse { get; init; }

    /// <summary>Pids of those who could end the wait then. They count in a proof and nowhere else.</summary>
    public ImmutableSortedSet<int> WakersIfReused { get; init; } = [];

    /// <summary>Whether nobody but this process itself could end the wait.</summary>
    public bool WaitsOnlyFor(int process) =>
        Clauses.All(clause => clause.Open != Openness.Outside && clause.Wakers.All(waker => waker.Node == process));
}

/// <summary>A set of wakers, any of which will do.</summary>
/// <param name="Wait">The wait that it comes from.</param>
/// <param name="Wakers">Who could end it.</param>
/// <param name="Open">Whether somebody who is not among the wakers could.</param>
/// <param name="Why">Why it is open; null for <see cref="Openness.Closed"/>.</param>
internal sealed record Clause(Wait Wait, ImmutableArray<Waker> Wakers, Openness Open, string? Why)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(Clause);

    /// <summary>The members of a set, each with its own wakers; empty where the clause is not of a set.</summary>
    public ImmutableArray<Clause> Parts { get; init; } = [];

    /// <summary>What has to be believed beyond what was seen for <see cref="Wakers"/> to be all (see <see cref="Assumption"/>).</summary>
    public ImmutableArray<string> Assumptions { get; init; } = [];
}

/// <param name="Node">Pid of the process.</param>
/// <param name="Fd">The fd through which it could end the wait, if any.</param>
/// <param name="Direct">
/// It holds what is waited for (the other end, the child itself). False for one that could wake only in odd ways, by resizing the
/// pipe, say: it counts in the proof and is not part of the story.
/// </param>
internal sealed record Waker(int Node, int? Fd, bool Direct);

/// <summary>Ascending.</summary>
internal enum Openness
{
    Closed,

    /// <summary>Said of a guess only: who could end it takes facts that only suspects have.</summary>
    NotKnownYet,

    /// <summary>Open only because some fd tables are hidden.</summary>
    Hidden,

    /// <summary>Something outside, or something that is not known, could end it.</summary>
    Outside,
}
