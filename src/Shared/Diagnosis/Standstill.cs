using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who is halted from outside, and who waits only for somebody stopped: the greatest fixpoint once more, in which those who are stopped can
/// wake nobody. Who is about to be told of a stop (WUNTRACED) waits for more than they can give.
/// </summary>
internal sealed class Standstill
{
    private readonly Evidence _evidence;

    public Standstill(Evidence evidence)
    {
        _evidence = evidence;
        foreach (HostProcess process in evidence.Triage.Halted)
        {
            Halt halt = Halts.Of(process.Record, guess: false);
            if (halt != Halt.None && Steadiness.WhyItMayHaveMoved(process.Before, process.Record) is null && StillFor(process) >= evidence.Options.MinimumWait)
                Halted.Add((process, halt));
        }
        Stopped = [.. Halted.Where(halted => halted.Halt == Halt.Stopped).Select(halted => halted.Process.Pid)];
        if (Stopped.IsEmpty || evidence.Triage.WaitForStopped.Count == 0 && evidence.Candidates.Length == evidence.Stuck.Count)
            return;
        Waiting = Search(ignoreHidden: true).Except(evidence.Stuck);
        ProvenWaiting = Search(ignoreHidden: false).Intersect(Waiting);
    }

    /// <summary>Those that have stood still for the minimum wait, ascending by pid.</summary>
    public List<(HostProcess Process, Halt Halt)> Halted { get; } = [];

    /// <summary>Pids of those of them that a signal has stopped.</summary>
    public ImmutableSortedSet<int> Stopped { get; }

    /// <summary>Pids of those that only somebody stopped could wake, if no hidden fd table holds an end.</summary>
    public ImmutableSortedSet<int> Waiting { get; } = [];

    /// <summary>Those of them of whom that holds whatever the hidden fd tables hold.</summary>
    public ImmutableSortedSet<int> ProvenWaiting { get; } = [];

    /// <summary>How long none of its threads has run.</summary>
    public TimeSpan StillFor(HostProcess process) => process.Record.Threads.Min(thread => _evidence.StillFor(process.Record, thread));

    /// <summary>One story each: those who wait, with those stopped that they wait for; and the waits that join them.</summary>
    public IEnumerable<(ImmutableArray<int> Waiting, ImmutableArray<int> Stopped, ImmutableArray<IncidentEdge> Edges)> Stories()
    {
        ImmutableArray<int> nodes = [.. Waiting.Union(Stopped)];
        var place = nodes.Select((node, index) => (node, index)).ToDictionary(pair => pair.node, pair => pair.index);
        ImmutableArray<IncidentEdge> edges = [.. Waiting.SelectMany(node => Incident.EdgesOf(_evidence, node, place.ContainsKey, ProvenWaiting))];
        IEnumerable<(int, int)> pairs = edges.SelectMany(edge => edge.To.Select(waker => (place[edge.From], place[waker.Node]))).Distinct();
        foreach (IReadOnlyList<int> members in Components.Weak(nodes.Length, [.. pairs]))
        {
            HashSet<int> inside = [.. members.Select(member => nodes[member])];
            ImmutableArray<int> waiting = [.. inside.Where(Waiting.Contains).Order()], stopped = [.. inside.Where(Stopped.Contains).Order()];
            if (!waiting.IsEmpty && !stopped.IsEmpty)
                yield return (waiting, stopped, [.. edges.Where(edge => inside.Contains(edge.From))]);
        }
    }

    /// <summary>
    /// The signal that stopped it. The kernel forgets it once the parent has been told (WUNTRACED): then who was stopped in a call on its terminal is
    /// taken to have wanted that from the background, unless it is a job of a shell, whose user may have pressed Ctrl-Z while it read. Null: not known.
    /// </summary>
    public int? SignalOf(ProcessRecord process)
    {
        if (process.StopSignal is { } signal)
            return signal;
        if (process.TtyNr == 0 || IsJobOfAShell(process))
            return null;
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread.Call is { Status: BlockedCallStatus.InCall, Arguments: [var fd, ..] }
                && process.FindFd((int)fd) is { } entry && WaitDecoder.IsTerminal(entry.Target.Text)
                && SystemCallTable.TryGet(_evidence.Last.Host.Architecture, thread.Call.Number, out SystemCall call)
                && call is SystemCall.Read or SystemCall.Readv or SystemCall.Preadv2 or SystemCall.Write or SystemCall.Writev or SystemCall.Pwritev2)
            {
                return call is SystemCall.Read or SystemCall.Readv or SystemCall.Preadv2 ? StopWords.TerminalInput : StopWords.TerminalOutput;
            }
        }
        return null;
    }

    private ImmutableSortedSet<int> Search(bool ignoreHidden)
    {
        var halted = new WaitNode([], null, []);
        // Who has a file lock is not known to the triage: who waits for one may be stuck to it, whoever that is.
        ImmutableArray<int> members = [.. Stopped.Union(_evidence.Candidates).Union(_evidence.Triage.WaitForStopped.Select(process => process.Pid))];
        return StuckSet.Find(members, pid => Stopped.Contains(pid) ? halted : NodeOf(pid), ignoreHidden).Except(Stopped);
    }

    private WaitNode NodeOf(int pid)
    {
        WaitNode node = _evidence.Graph.NodeOf(pid);
        return node.CanRun is null && node.Waiters.Any(IsToldOfAStop) ? node with { CanRun = "it is told when a child is stopped" } : node;
    }

    private bool IsToldOfAStop(Waiter waiter) =>
        waiter.Wait.ToldOfStops && waiter.Clauses.Any(clause => clause.Wakers.Any(waker => Stopped.Contains(waker.Node)));

    /// <summary>
    /// Whether it is a job of a shell that knows of it: a parent in the same session and on the same terminal, in another process group, that is at its
    /// prompt or waits for another job. What its user has stopped there is no fault, however long it stays so.
    /// </summary>
    public bool IsJobOfAShell(ProcessRecord process) =>
        process.TtyNr != 0
        && _evidence.Resources.Find(process.Ppid) is { } shell
        && shell.Record.Session == process.Session && shell.Record.TtyNr == process.TtyNr && shell.Record.Pgrp != process.Pgrp
        && Halts.Of(shell.Record, guess: false) == Halt.None
        && shell.WaitsOf(_evidence.Last.Host).Any(wait =>
            wait.Kind is WaitKind.Running or WaitKind.SignalWait
            || wait is { Kind: WaitKind.ChildWait, ToldOfStops: true }
            || IsPrompt(wait));

    /// <summary>Whether a process is held by a debugger at its prompt, at the terminal that they have in common: somebody looks at it there. Or by one that has started it for somebody who is to connect (gdbserver).</summary>
    public bool IsLookedAt(ProcessRecord tracee, HostProcess tracer)
    {
        ImmutableArray<Wait> waits = tracer.WaitsOf(_evidence.Last.Host);
        return tracer.Record.TtyNr != 0 && tracee.TtyNr == tracer.Record.TtyNr && tracee.Session == tracer.Record.Session && waits.Any(IsPrompt)
            || tracee.Ppid == tracer.Pid && waits.Any(wait => Adoption.IsAccept(_evidence.Resources, wait) || wait.Members.Any(member => Adoption.IsAccept(_evidence.Resources, member)));
    }

    private static bool IsPrompt(Wait wait) => wait.Kind == WaitKind.Tty || wait.Members.Any(member => member.Kind == WaitKind.Tty);
}
