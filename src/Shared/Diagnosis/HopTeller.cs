using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Tells one process after the other of an <see cref="Explanation"/>, hung or not.</summary>
internal sealed class HopTeller
{
    private readonly Evidence _evidence;
    private readonly Narrator _narrator;
    private readonly HopParts _parts;
    private readonly PartWords _words;
    private readonly HopEnds _ends;

    public HopTeller(Evidence evidence)
    {
        _evidence = evidence;
        _narrator = new Narrator(evidence.Resources);
        _parts = new HopParts(evidence.Resources);
        _words = new PartWords(_narrator);
        _ends = new HopEnds(evidence, _parts);
    }

    /// <summary>Kinds of waits of a process that are told; threads beyond are counted. Of those that lead to another process more are told: that is what was asked.</summary>
    private const int MaxTold = 8, MaxToldThatLead = 32;

    /// <summary>By tid: what threads that run now were last seen blocked in. One that leads to another process is told all the same: a loop runs between two waits.</summary>
    public IReadOnlyDictionary<int, Wait> AtRest { get; init; } = new Dictionary<int, Wait>();

    private ResourceIndex Resources => _evidence.Resources;

    /// <summary>
    /// Who holds what a process waits for, and so could be waited for in turn. Waits that something outside can end lead no further, but for those of the
    /// process that was asked for.
    /// </summary>
    public IEnumerable<int> WhoIsNext(int pid, bool asked)
    {
        HostProcess process = Resources.Find(pid)!;
        if (process.Record.IsZombie || process.Record.Threads.Any(thread => thread.State == 't'))
        {
            int other = process.Record.IsZombie ? process.Record.Ppid : process.Record.TracerPid;
            return Resources.Find(other) is null ? [] : [other];
        }
        IEnumerable<int> children = WaitersOf(process).SelectMany(waiter => AwaitedBySignal.ChildrenOf(Resources, process, waiter.Wait)).Select(child => child.Pid);
        return WaitersOf(process)
            .Select(waiter => _parts.Of(process, waiter.Wait))
            .Where(parts => asked || parts.All(part => part.Open is null || !part.Wakers.IsEmpty))
            .SelectMany(parts => parts)
            .SelectMany(part => part.Wakers)
            .Select(waker => waker.Node)
            .Concat(children)
            .Where(node => node != pid)
            .Distinct();
    }

    public string Verdict(ImmutableArray<int> pids) => _ends.Verdict(pids);

    public ImmutableArray<string> Sentences(int pid)
    {
        HostProcess process = Resources.Find(pid)!;
        ProcessRecord record = process.Record;
        WaitNode node = _evidence.Graph.NodeOf(pid);
        string who = Narrator.Name(record);
        if (pid == Resources.Look.ObserverPid)
            return [$"{who} is this command itself, looking."];
        if (record.IsZombie)
        {
            string parent = Resources.ParentOf(process) is { } living ? Narrator.Name(living.Record) : $"process {record.Ppid}";
            return [$"{who} has exited: nothing is left of it but its exit status, which its parent {parent} has not asked for yet (wait(2))."];
        }
        if (HopEnds.IsHidden(record))
            return [$"What {who} of user {record.Uid} waits for cannot be told: its blocked calls may not be read from here; 'orphan-agent doctor' says what is missing."];

        var sentences = new List<string>();
        if (record.MemoryBlocked)
            sentences.Add(Narrator.BlockedSentence(record));
        if (node.Waiters.IsEmpty)
        {
            sentences.Add($"{who} has no thread that could be read.");
            return [.. sentences];
        }
        TellThreads(process, WaitersOf(process), sentences);
        if (record.Frozen == true)
            sentences.Add("Its cgroup is frozen: no thread of it runs until that is thawed.");
        if (record.TracerPid != 0 && node.Waiters.All(waiter => waiter.Wait.Kind != WaitKind.Traced))
            sentences.Add($"It is traced by {NameOf(record.TracerPid)}.");
        if (record.FdSight is Sight.Denied)
            sentences.Add("Its fds may not be read from here.");
        if (node.CanRun is { } reason && node.Waiters.All(waiter => waiter.Wait.Kind is not (WaitKind.Running or WaitKind.Timer)))
            sentences.Add(AwaitedBySignal.UntilTimer(Resources, process, node) ? "It has set a timer, and waits no longer than that runs." : $"It can still run: {reason}.");
        TimeSpan still = record.Threads.Min(thread => _evidence.StillFor(record, thread));
        if (still >= TimeSpan.FromSeconds(1) && !_ends.IsMoving(pid))
            sentences.Add($"{(record.Threads.Length == 1 ? "It has not" : "None of its threads has")} run for {SpanText.Of(still)}.");
        return [.. sentences];
    }

    private void TellThreads(HostProcess process, ImmutableArray<Waiter> waiters, List<string> sentences)
    {
        bool IsPlainFutex(Waiter waiter) => waiter.Wait is { Kind: WaitKind.Futex, Futex: { Private: true, JoinsTid: null } } && LockOwners.TidOf(Resources, process.Record, waiter.Wait) is not > LockOwners.Gone;
        int total = waiters.Length, told = 0, kinds = 0;
        // A main thread comes first, then what leads to another process: a test host's own threads are more than anybody reads.
        IOrderedEnumerable<Waiter> ordered = waiters.Where(waiter => !IsPlainFutex(waiter))
            .OrderBy(waiter => waiter.Thread.Tid == process.Pid ? 0 : LeadsOn(process, waiter) ? 1 : 2);
        // Alike threads (a pool) are told once.
        foreach (var alike in ordered.GroupBy(waiter => (waiter.Wait.Kind, waiter.Wait.Bounded, waiter.Wait.Resource, waiter.Wait.Why, HasRun(waiter))))
        {
            Waiter waiter = alike.First();
            if (kinds++ >= (LeadsOn(process, waiter) ? MaxToldThatLead : MaxTold))
                break;
            int count = alike.Count();
            sentences.Add($"{Subject(process, waiter, count, total, first: told == 0)} {Predicate(process, waiter)}.");
            told += count;
            sentences.AddRange(Additions(process, waiter));
        }
        int futexes = waiters.Count(IsPlainFutex);
        if (futexes > 0)
            sentences.Add(FutexSentence(process, futexes, waiters.Count(waiter => IsPlainFutex(waiter) && waiter.Wait.Bounded == Bounded.Yes), total));
        if (total - told - futexes is > 0 and var rest)
            sentences.Add($"{rest} more of its threads wait for other things.");
    }

    private ImmutableArray<Waiter> WaitersOf(HostProcess process) =>
    [
        .. _evidence.Graph.NodeOf(process.Pid).Waiters.Select(waiter =>
            waiter.Wait.Kind == WaitKind.Running && AtRest.TryGetValue(waiter.Thread.Tid, out Wait? wait) && waiter with { Wait = wait } is var before && LeadsOn(process, before) ? before : waiter),
    ];

    private static bool HasRun(Waiter waiter) => waiter.Wait.Kind != WaitKind.Running && (waiter.Thread.State == 'R' || waiter.Thread.Call.Status == BlockedCallStatus.Running);

    private bool LeadsOn(HostProcess process, Waiter waiter) => _parts.Of(process, waiter.Wait).Any(part => part.Wakers.Any(waker => waker.Node != process.Pid));

    private static string Subject(HostProcess process, Waiter waiter, int count, int total, bool first)
    {
        string who = Narrator.Name(process.Record), thread = $"{waiter.Thread.Comm.Trim()} ({waiter.Thread.Tid})";
        bool main = waiter.Thread.Tid == process.Pid, ran = HasRun(waiter);
        string subject = (count, first) switch
        {
            _ when total == 1 => who,
            ( > 1, true) => $"{count} threads of {who}",
            ( > 1, false) => $"{count} of its threads",
            (_, true) => main ? $"The main thread of {who}" : $"Thread {thread} of {who}",
            _ => main ? "Its main thread" : $"Its thread {thread}",
        };
        return (count > 1, ran) switch
        {
            (true, _) => $"{subject}{(ran ? ", which have just run" : "")}: each",
            (false, true) => $"{subject}, which has just run,",
            _ => subject,
        };
    }

    private string Predicate(HostProcess process, Waiter waiter)
    {
        Wait wait = waiter.Wait;
        if (Bell.Is(Resources, process, wait))
            return _narrator.What(process.Pid, wait);
        if (IsOwnChannel(process, wait))
            return $"waits for what its own threads send each other (fd {wait.Fd})";
        return wait.Kind switch
        {
            WaitKind.Poll when !wait.Members.IsEmpty => $"waits for {_words.Set(process.Pid, _parts.Of(process, wait))}",
            WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.SocketAccept or WaitKind.SocketConnect =>
                $"waits for {_words.Of(process.Pid, _parts.Of(process, wait)[0])}",
            WaitKind.Stopped => "is stopped: it goes on when it is sent SIGCONT",
            WaitKind.Traced => $"is stopped by its tracer {NameOf(process.Record.TracerPid)}",
            WaitKind.Running => "is running on a CPU, or about to",
            WaitKind.Tty when !wait.WaitsForRoom && WakerFinder.IsMaster(wait.Target!) => $"waits for what is written at the other side of the terminal {wait.Target!.Text} (fd {wait.Fd})",
            WaitKind.Tty when !wait.WaitsForRoom => $"waits for input from the terminal {wait.Target?.Text} (fd {wait.Fd})",
            WaitKind.FifoOpen => $"{_narrator.What(process.Pid, wait)}: anybody may",
            WaitKind.SignalWait when AwaitedBySignal.ChildrenOf(Resources, process, wait) is { Length: > 0 } children =>
                $"waits for a signal: for SIGCHLD, when its {(children.Length == 1 ? "child" : "children")} {Narrator.Listing(children.Select(child => Narrator.Name(child.Record)))} exit{(children.Length == 1 ? "s" : "")}, or for another one, which anybody may send",
            WaitKind.SignalWait => "waits for a signal: anybody may send one",
            _ => _narrator.What(process.Pid, wait),
        };
    }

    /// <summary>A pipe or eventfd that nobody else has, in a process of several threads: a hand-made bell.</summary>
    private bool IsOwnChannel(HostProcess process, Wait wait) =>
        wait.Kind is WaitKind.PipeRead or WaitKind.EventFd && process.Record.Threads.Length > 1 && _parts.Of(process, wait)[0].IsOwn(process.Pid);

    /// <summary>Timeouts, holders, and what else could end the wait.</summary>
    private IEnumerable<string> Additions(HostProcess process, Waiter waiter)
    {
        Wait wait = waiter.Wait;
        if (wait.Bounded == Bounded.Yes && wait.Kind is not (WaitKind.Timer or WaitKind.Futex))
            yield return "The wait has a timeout.";
        if (wait.Kind is WaitKind.Poll or WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.SocketAccept or WaitKind.SocketConnect || IsOwnChannel(process, wait))
            yield break;
        HopPart part = _parts.Of(process, wait)[0];
        if (!part.Wakers.IsEmpty)
        {
            foreach (string holder in _narrator.HolderSentences(process.Pid, [new IncidentEdge(process.Pid, waiter.Thread.Tid, 0, wait, wait, part.Wakers, EdgeBasis.Assumed)]))
                yield return holder;
        }
        else if (wait is { Kind: WaitKind.PipeRead or WaitKind.PipeWrite, Target.Kind: FdKind.Pipe })
        {
            yield return $"Nobody is seen to hold its {(wait.Kind == WaitKind.PipeRead ? "write" : "read")} end.";
        }
        if (part.Open is { } why && wait.Kind is WaitKind.ChildWait or WaitKind.EventFd or WaitKind.PipeRead or WaitKind.PipeWrite && wait.Target is not { Kind: FdKind.Path })
            yield return $"Somebody else may end this wait: {why}.";
    }

    private string FutexSentence(HostProcess process, int futexes, int timed, int total)
    {
        string who = Narrator.Name(process.Record);
        string sentence = (futexes, total) switch
        {
            (1, 1) when _narrator.Sharers(process.Record) is { } sharers => $"{who} waits on a futex, which only {sharers} could wake",
            (1, 1) => $"{who} waits on a futex, and has no other thread that could wake it",
            _ when futexes == total => $"{(total == 2 ? "Both" : $"All {total}")} threads of {who} wait on futexes, which only threads of the same process could wake",
            (1, _) => "Its other thread waits on a futex, for another thread of the same process",
            _ => $"{futexes} of its threads wait on futexes, for other threads of the same process",
        };
        return timed switch
        {
            0 => $"{sentence}.",
            _ when timed == futexes => $"{sentence}, with {(timed == 1 ? "a timeout" : "timeouts")}.",
            _ => $"{sentence}, {timed} of them with a timeout.",
        };
    }

    private string NameOf(int pid) => _narrator.Find(pid) is { } process ? Narrator.Name(process) : $"process {pid}, which is not seen";
}
