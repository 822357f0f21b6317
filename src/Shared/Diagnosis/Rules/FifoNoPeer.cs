using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A process opens a FIFO and nobody opens its other end; or writes to a full one whose read end nobody but itself has open. Anybody may do so yet, so this
/// is a stall, and suspected.
/// <code>
/// shell  waits for cat to exit
/// cat    opens f to read       f: nobody
/// </code>
/// A service waits for its FIFO in the same way. It is taken for one where it catches the signals that end or reload a service, has other threads at work, was started
/// by init as the leader of its session, or has somebody beside it who can still run and may open the other end: whoever is of its process group or comes from it or from who waits for it or
/// supervises it. A reader that has the other end open itself waits by design.
/// </summary>
internal sealed class FifoNoPeer : EvidenceRule
{
    /// <summary>SIGHUP, SIGUSR1, SIGUSR2, SIGTERM. Many programs catch SIGINT and SIGQUIT that are no services.</summary>
    private const ulong CaughtByServices = 1UL << 0 | 1UL << 9 | 1UL << 11 | 1UL << 14;

    public override RuleInfo Info { get; } = new("fifo-no-peer", FindingClass.Stall,
        "A process opens a FIFO whose other end nobody opens, or writes to a full one that nobody reads.");

    /// <summary>The wait at a FIFO on which all of the process hangs, or null: its main thread's, or that of a thread whose end the main thread waits for, or whose work an event loop that has no other.</summary>
    /// <param name="waits">Of its living threads, in their order.</param>
    public static Wait? Awaits(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        if (!waits.Any(IsAtFifo) || CatchesAsServices(process, waits) || process.Threads.Length != waits.Length)
            return null;
        int main = 0;
        Wait? wait = null;
        if (waits[main] is { Kind: WaitKind.Futex, Futex.JoinsTid: { } joined })
            main = process.Threads.Select(thread => thread.Tid).ToList().IndexOf(joined);
        else if (IsLoopWithoutWork(process, waits[main]))
            wait = AtFifoForIt(process, waits);
        wait ??= main >= 0 && IsAtFifo(waits[main]) ? waits[main] : null;
        return wait is not null && !HasOtherWork(process, waits) ? wait : null;
    }

    /// <summary>Whether a thread but those that serve the runtime waits for a time, or for what comes from elsewhere: a service that reads its commands from the FIFO, say.</summary>
    private static bool HasOtherWork(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        ImmutableArray<bool> services = Housekeeping.Of(process, waits);
        for (int place = 0; place < waits.Length; place++)
        {
            if ((services.IsDefault || !services[place]) && (waits[place].Bounded != Bounded.No || !IsForOthers(waits[place]) && !IsLoopWithoutWork(process, waits[place])))
                return true;
        }
        return false;
    }

    /// <summary>Whether it catches what ends or reloads a service, and its runtime does not do so in every program.</summary>
    internal static bool CatchesAsServices(ProcessRecord process, ImmutableArray<Wait> waits) => (process.SignalsCaught & CaughtByServices & ~Housekeeping.HandlersOf(process, waits)) != 0;

    /// <summary>Not one that serves the runtime there.</summary>
    private static Wait? AtFifoForIt(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        ImmutableArray<bool> services = Housekeeping.Of(process, waits);
        for (int place = 0; place < waits.Length; place++)
        {
            if (IsAtFifo(waits[place]) && (services.IsDefault || !services[place]))
                return waits[place];
        }
        return null;
    }

    /// <summary>An event loop polls nothing but what its own threads tell it by: one of them is to open the FIFO.</summary>
    private static bool IsLoopWithoutWork(ProcessRecord process, Wait main)
    {
        if (main is not { Kind: WaitKind.Poll, Bounded: Bounded.No, Members.IsEmpty: false })
            return false;
        foreach (Wait member in main.Members)
        {
            if (member is not { Kind: WaitKind.EventFd, WaitsForRoom: false } && !(PipeHazards.IsPipeRead(member) && member.Fd is > 2 && HasWriteEnd(process, member.Target!)))
                return false;
        }
        return true;
    }

    private static bool HasWriteEnd(ProcessRecord process, FdTarget pipe)
    {
        foreach (FileDescriptor fd in process.Fds)
        {
            if ((fd.Access & FdAccess.Write) != 0 && fd.Target.Kind == FdKind.Pipe && fd.Target.Id == pipe.Id)
                return true;
        }
        return false;
    }

    private static bool IsAtFifo(Wait wait) =>
        wait.Kind == WaitKind.FifoOpen || wait is { Kind: WaitKind.PipeWrite, Bounded: Bounded.No, Target.Kind: FdKind.Path } && !WakerFinder.MayBeUnlinked(wait.Target);

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        var stalled = evidence.Triage.AtFifos.Where(process => !told.Contains(process.Pid) && IsStalled(evidence, process)).ToList();
        // Two that open each other's FIFOs in the wrong order are one story.
        foreach (var job in stalled.GroupBy(process => process.Record.Pgrp))
            yield return Tell(evidence, [.. job]);
    }

    private static bool IsStalled(Evidence evidence, HostProcess process)
    {
        if (Steadiness.WhyItMayHaveMoved(process.Before, process.Record) is not null || AtFifo(evidence, process) is not { } waiter)
            return false;
        return evidence.StillFor(process.Record, waiter.Thread) >= evidence.Options.MinimumWait
            && (waiter.Wait.Kind == WaitKind.FifoOpen || IsReadByItselfAlone(evidence.Resources, process, waiter.Wait))
            && !MayHavePeerToCome(evidence, process);
    }

    private static Waiter? AtFifo(Evidence evidence, HostProcess process)
    {
        ImmutableArray<Waiter> waiters = evidence.Graph.NodeOf(process.Pid).Waiters;
        Wait? wait = Awaits(process.Record, [.. waiters.Select(waiter => waiter.Wait)]);
        return wait is null ? null : waiters.First(waiter => ReferenceEquals(waiter.Wait, wait));
    }

    private static bool IsReadByItselfAlone(ResourceIndex resources, HostProcess process, Wait wait)
    {
        FileDescriptor? own = process.Record.FindFd(wait.Fd!.Value);
        foreach (HostProcess other in resources.Processes)
        {
            if (other != process && (other.IsHidden || other.Record.Fds.Any(fd =>
                (fd.Access & FdAccess.Read) != 0 && (fd.Target == wait.Target || own?.Inode is { } inode && fd.Inode == inode && fd.Device == own.Device))))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Those above it that wait for it, or for whoever is between, and do nothing else: the nearest first.</summary>
    private static List<HostProcess> Above(Evidence evidence, HostProcess process)
    {
        var above = new List<HostProcess>();
        HostProcess child = process;
        while (evidence.Resources.ParentOf(child) is { Pid: > 1 } parent && parent.Record.Session == process.Record.Session && above.Count < 64
            && (parent.Pid == evidence.Last.ObserverPid || IsWaitingFor(evidence, parent, child) || Supervision.OnlySupervises(evidence.Resources, parent)))
        {
            above.Add(parent);
            child = parent;
        }
        return above;
    }

    private static bool IsWaitingFor(Evidence evidence, HostProcess parent, HostProcess child) =>
        evidence.Graph.NodeOf(parent.Pid).Waiters is { IsEmpty: false } waiters
        && waiters.All(waiter => waiter.Wait.Bounded == Bounded.No && IsForOthers(waiter.Wait))
        && waiters.SelectMany(waiter => waiter.Clauses).Any(clause => IsForAChild(clause.Wait) && clause.Wakers.Any(waker => waker.Node == child.Pid));

    /// <summary>For its end; or for its exec, where an action of posix_spawn(3) opens the FIFO before that.</summary>
    private static bool IsForAChild(Wait wait) => wait.Kind is WaitKind.ChildWait or WaitKind.Vfork;

    /// <summary>Of those above it the ones that are seen to wait for it: they stand in the story.</summary>
    private static IEnumerable<HostProcess> WaitingFor(Evidence evidence, HostProcess process)
    {
        HostProcess child = process;
        foreach (HostProcess parent in Above(evidence, process))
        {
            if (parent.Pid == evidence.Last.ObserverPid || !IsWaitingFor(evidence, parent, child))
                yield break;
            yield return child = parent;
        }
    }

    /// <summary>Whether somebody who can still run, of its process group or below those who wait for it, may be about to open the other end.</summary>
    internal static bool MayHavePeerToCome(Evidence evidence, HostProcess process)
    {
        List<HostProcess> above = Above(evidence, process);
        HostProcess top = above.Count > 0 ? above[^1] : process;
        // As a service manager starts its services. What the looker has started itself is none.
        if (top.Record.Session == top.Pid && top.Record.TtyNr == 0 && evidence.Resources.ParentOf(top) is { Record.NsPid: 1 } && !above.Exists(parent => parent.Pid == evidence.Last.ObserverPid))
            return true;
        foreach (HostProcess other in evidence.Resources.Processes)
        {
            if (other == process || other.Record.IsZombie || IsOfTheLooker(evidence, other) || above.Contains(other))
                continue;
            if ((other.Record.Pgrp == process.Record.Pgrp || evidence.Resources.IsDescendant(other, top)) && CanRun(evidence, other))
                return true;
        }
        return false;
    }

    /// <summary>The looker, or a child of it that is the same program: it reads for it.</summary>
    private static bool IsOfTheLooker(Evidence evidence, HostProcess process) =>
        process.Pid == evidence.Last.ObserverPid
        || process.Record is { Exe: { } program, Ppid: var parent } && parent == evidence.Last.ObserverPid && evidence.Resources.Find(parent)?.Record.Exe == program;

    private static bool CanRun(Evidence evidence, HostProcess process)
    {
        ImmutableArray<Waiter> waiters = evidence.Graph.NodeOf(process.Pid).Waiters;
        return waiters.IsEmpty || Steadiness.WhyItMayHaveMoved(process.Before, process.Record) is not null
            || waiters.Any(waiter => waiter.Wait.Bounded != Bounded.No || !IsForOthers(waiter.Wait));
    }

    /// <summary>A wait that ends only by another process, and not by the outside.</summary>
    private static bool IsForOthers(Wait wait) =>
        wait.Kind is WaitKind.PipeRead or WaitKind.PipeWrite or WaitKind.ChildWait or WaitKind.Vfork or WaitKind.FifoOpen or WaitKind.FileLock or WaitKind.Futex;

    private Finding Tell(Evidence evidence, ImmutableArray<HostProcess> openers)
    {
        var narrator = new Narrator(evidence.Resources);
        ImmutableArray<int> upstream = [.. openers.SelectMany(opener => WaitingFor(evidence, opener)).Select(process => process.Pid).Distinct().Except(openers.Select(opener => opener.Pid)).Reverse()];
        Waiter[] waiters = [.. openers.Select(opener => AtFifo(evidence, opener)!)];
        ImmutableArray<Culprit> culprits = [.. openers.Zip(waiters, (opener, waiter) => new Culprit(opener.Pid, waiter.Wait.Fd, waiter.Wait.Resource ?? "fifo", Remedy(waiter)))];
        string FifoOf(Waiter waiter) => waiter.Wait.Resource is { } path ? $"the FIFO {path}" : "a FIFO";
        string summary = waiters[0].Wait.Kind == WaitKind.FifoOpen
            ? $"{narrator.Name(openers[0].Pid)} opens {FifoOf(waiters[0])}{Purpose(waiters[0].Wait.OpensFor)}, and nobody opens its other end."
            : $"{narrator.Name(openers[0].Pid)} writes to {FifoOf(waiters[0])}, which is full, and nobody else has it open to read.";

        ImmutableArray<int> members = [.. upstream, .. openers.Select(opener => opener.Pid)];
        ImmutableArray<IncidentEdge> edges =
        [
            .. upstream.SelectMany(process => ChildEdges(evidence, process, [.. members])),
            .. openers.Zip(waiters, (opener, waiter) => new IncidentEdge(opener.Pid, waiter.Thread.Tid, 0, waiter.Wait, waiter.Wait, [], EdgeBasis.Assumed)),
        ];
        var story = new Incident(evidence, members, [.. members], edges);
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Suspected, new Verdict(summary, culprits),
            openers.Select(opener => opener.Pid),
            [.. upstream.Select(process => (process, ParticipantRole.RootWaiter)), .. openers.Select(opener => (opener.Pid, upstream.IsEmpty ? ParticipantRole.RootWaiter : ParticipantRole.Waiter))],
            members);
        return FindingBuilder.Complete(finding with
        {
            Explanation =
            [
                // What a runtime's own threads wait for is no part of the story.
                .. Narrator.InOrder(story).Select(process => openers.Zip(waiters).FirstOrDefault(pair => pair.First.Pid == process) is { Second: { } waiter }
                    ? narrator.WaitSentence(process, waiter, first: true, many: false)
                    : narrator.Hop(story, process)),
                .. culprits.Select(culprit => culprit.Remedy).Distinct(),
            ],
            Edges = FindingBuilder.Edges(evidence, edges),
            NotProvenBecause = ["anybody may still open the FIFO by its name"],
        });
    }

    private static IEnumerable<IncidentEdge> ChildEdges(Evidence evidence, int process, int[] told) =>
        from waiter in evidence.Graph.NodeOf(process).Waiters
        where IsForAChild(waiter.Wait)
        let to = waiter.Clauses.SelectMany(clause => clause.Wakers).Where(waker => waker.Direct && told.Contains(waker.Node)).Distinct().ToImmutableArray()
        where !to.IsEmpty
        select new IncidentEdge(process, waiter.Thread.Tid, 0, waiter.Wait, waiter.Wait, to, EdgeBasis.Assumed);

    private static string Purpose(FdAccess access) => access switch
    {
        FdAccess.Read => " for reading",
        FdAccess.Write => " for writing",
        _ => "",
    };

    private static FdAccess OtherEnd(FdAccess access) => access switch
    {
        FdAccess.Read => FdAccess.Write,
        FdAccess.Write => FdAccess.Read,
        _ => FdAccess.None,
    };

    private static string Remedy(Waiter waiter) => waiter.Wait.Kind == WaitKind.FifoOpen
        ? $"It ends when somebody opens {(waiter.Wait.OpensFor == FdAccess.None ? "the other end of " : "")}{waiter.Wait.Resource ?? "the FIFO"}{Purpose(OtherEnd(waiter.Wait.OpensFor))}."
        : $"It ends when somebody reads {waiter.Wait.Resource}.";
}
