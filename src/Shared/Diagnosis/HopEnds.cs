using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What the way of an explanation ends at, and what to think of that: one sentence that claims no more than was seen.</summary>
internal sealed class HopEnds(Evidence evidence, HopParts parts)
{
    private enum End
    {
        /// <summary>It waits for others on the way, or for nothing that is known to come.</summary>
        None,
        Hidden,
        Running,

        /// <summary>It ran between the two looks.</summary>
        Ran,
        Connections,
        Terminal,
        Stopped,
        Timeout,

        /// <summary>The other end of a connection, on another host.</summary>
        Away,
        Signal,

        /// <summary>A signal of its child, but no longer than its own timer runs.</summary>
        ChildOrTimer,
        Exited,
    }

    /// <summary>Nothing can be read of what it waits for.</summary>
    public static bool IsHidden(ProcessRecord process) =>
        !process.Threads.IsEmpty && process.Threads.All(thread => thread.State is not ('R' or 'T' or 't') && thread.Call.Status == BlockedCallStatus.Denied);

    /// <param name="pids">Those that are told, the asked one first.</param>
    public string Verdict(ImmutableArray<int> pids)
    {
        string who = Narrator.Name(evidence.Resources[pids[0]]);
        switch (Of(pids[0]))
        {
            case End.Hidden:
                return $"Whether {who} hangs cannot be told from here.";
            case End.Running:
                return $"{who} is not hung: it is running.";
            case End.Ran when evidence.Graph.NodeOf(pids[0]).Waiters is [{ Wait: { Bounded: Bounded.Yes, Kind: not WaitKind.Timer } }] && pids.Length > 1:
                return $"{who} has just run, and its wait has a timeout: whether it comes back to the same wait each time, one look cannot tell; 'guard' and 'run' look again and again.";
            case End.Ran when evidence.Graph.NodeOf(pids[0]).Waiters is [{ Wait.Kind: WaitKind.Timer }] && evidence.Resources[pids[0]].Threads.Length == 1:
                return $"{who} has just run, and sleeps again until a timer ends: whether it gets on, or tries the same in vain each time, does not show from outside.";
            case End.Ran when evidence.Resources[pids[0]].Threads.Length == 1:
                return $"{who} is not hung: it has just run.";
            case End.Ran:
                return $"{who} as a whole is not hung: some of its threads have just run. Whether others of them wait for each other cannot be told.";
            case End.Connections when evidence.Graph.NodeOf(pids[0]).Waiters.Any(waiter => waiter.Wait is { Kind: WaitKind.Futex, Bounded: Bounded.No }):
                return $"{who} waits to be called, and nothing is wrong with that; others of its threads wait for locks or signals: whether for each other cannot be told.";
            case End.Connections:
                return $"Nothing is wrong with that: {who} waits to be called.";
            case End.Terminal:
                return $"Nothing is wrong with that: {who} waits for somebody to type.";
            case End.Stopped:
                return $"{who} is not hung but stopped.";
            case End.Exited:
                return $"{who} is not hung: it is over.";
            case End.Timeout:
                return $"{who} is not stuck: it goes on by itself when its time is up.";
        }
        ImmutableArray<string> ends = [.. pids.Select(pid => (Pid: pid, End: Of(pid))).Where(pair => Phrase(pair.End) is not null)
            .Take(3).Select(pair => $"{(pair.Pid == pids[0] ? "it" : Narrator.Name(evidence.Resources[pair.Pid]))} {Phrase(pair.End)}")];
        if (!ends.IsEmpty)
            return $"This is no deadlock as far as can be seen: {Narrator.Listing(ends)}.";
        string[] whys = [.. pids.SelectMany(pid => WhyNotStuck(pid).Select(why => pid == pids[0] ? why : $"of {Narrator.Name(evidence.Resources[pid])}, {why}")).Distinct().Take(3)];
        return whys.Length == 0 ? "No rule calls this a hang." : $"No rule calls this a hang, for it cannot be ruled out that it goes on: {string.Join("; ", whys)}.";
    }

    /// <summary>What may still wake it, or is not known of it.</summary>
    private IEnumerable<string> WhyNotStuck(int pid)
    {
        WaitNode node = evidence.Graph.NodeOf(pid);
        if (node.CanRun is { } reason)
            return [reason];
        string[] open = [.. node.Waiters.SelectMany(waiter => waiter.Clauses).Where(clause => clause.Open != Openness.Closed).Select(clause => clause.Wait.Kind == WaitKind.Unknown ? clause.Wait.Why! : clause.Why!)];
        return node.MayWaitForSignal ? [.. open, .. node.NotKnown, SignalsOf(evidence.Resources[pid])] : [.. open, .. node.NotKnown];
    }

    private static string SignalsOf(ProcessRecord process) => (process.SignalsCaught & SignalMask.WaitedForByDesign) != 0
        ? "it catches signals, and to wait for one may be its design"
        : "it ignores SIGINT, and to wait to be ended by another signal may be its design";

    private static string? Phrase(End end) => end switch
    {
        End.Running => "is running",
        End.Ran => "has just run",
        End.Connections => "waits to be called",
        End.Terminal => "waits for somebody to type",
        End.Stopped => "is stopped and may be continued",
        End.Timeout => "goes on by itself when its time is up",
        End.Away => "waits for another host",
        End.Signal => "waits for a signal, which anybody may send",
        End.ChildOrTimer => "waits for its child no longer than a timer runs that it has set, and may end that child then",
        _ => null,
    };

    /// <summary>It runs, or has run since the look before.</summary>
    public bool IsMoving(int pid) => Of(pid) is End.Running or End.Ran;

    private End Of(int pid)
    {
        HostProcess process = evidence.Resources.Find(pid)!;
        ImmutableArray<Waiter> waiters = evidence.Graph.NodeOf(pid).Waiters;
        if (process.Record.IsZombie)
            return End.Exited;
        if (IsHidden(process.Record))
            return End.Hidden;
        if (pid == evidence.Resources.Look.ObserverPid || waiters.Any(waiter => waiter.Wait.Kind == WaitKind.Running))
            return End.Running;
        if (waiters.IsEmpty)
            return End.None;
        if (waiters.All(waiter => waiter.Wait.Kind is WaitKind.Stopped or WaitKind.Traced) || process.Record.Frozen == true)
            return End.Stopped;
        if (Moved(process))
            return End.Ran;
        // What its main thread waits for is what the program does: a service thread beside it says nothing of that.
        bool mainSaysIt = waiters.Any(waiter => waiter.Thread.Tid == pid && waiter.Wait.Kind is WaitKind.PipeRead or WaitKind.PipeWrite or WaitKind.ChildWait or WaitKind.FileLock or WaitKind.FifoOpen);
        ImmutableArray<End> ends = [.. waiters.Where(waiter => !mainSaysIt || waiter.Thread.Tid == pid).SelectMany(waiter => EndsOf(process, waiter))];
        return ends.IsEmpty ? End.None : ends.Min();
    }

    /// <summary>Since the look before, by its counters; a process that could not be told from its like did not.</summary>
    private static bool Moved(HostProcess process) =>
        process.Before is { } before && process.Record.Threads.Any(thread =>
            thread.Counters is { } now && before.Threads.FirstOrDefault(other => other.Tid == thread.Tid) is { Counters: { } then } && now != then);

    private IEnumerable<End> EndsOf(HostProcess process, Waiter waiter)
    {
        // A service thread with a timeout says nothing of the rest.
        if (waiter.Thread.Tid == process.Pid && (waiter.Wait.Bounded == Bounded.Yes || waiter.Wait.Kind == WaitKind.Timer))
            yield return End.Timeout;
        if (waiter.Wait.Kind == WaitKind.SignalWait)
            yield return AwaitedBySignal.UntilTimer(evidence.Resources, process, evidence.Graph.NodeOf(process.Pid)) ? End.ChildOrTimer : End.Signal;
        foreach (HopPart part in parts.Of(process, waiter.Wait))
        {
            End end = part.Wait.Kind switch
            {
                WaitKind.SocketAccept or WaitKind.SocketRead when part.Wait.Kind == WaitKind.SocketAccept || part.Socket is { Listens: true } =>
                    IsOfRuntime(part.Socket) ? End.None : End.Connections,
                WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.SocketConnect when part.Socket?.Away is not null => End.Away,
                // A master is no keyboard. And nobody types where those who have the other side are stuck themselves.
                WaitKind.Tty when !part.Wait.WaitsForRoom && !WakerFinder.IsMaster(part.Wait.Target!) && !evidence.Stuck.Contains(process.Pid) => End.Terminal,
                _ => End.None,
            };
            if (end != End.None)
                yield return end;
        }
    }

    /// <summary>A runtime listens for debuggers and their like in every program, whatever that does.</summary>
    private static bool IsOfRuntime(SocketEnd? socket) =>
        socket?.Record.Name is { } name && RuntimeData.Default.OwnListeners.Any(part => name.Contains(part, StringComparison.Ordinal));
}
