using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The kinds of wait of a process that count: those on somebody else or on an object of its own; where there are none, how its threads wait on
/// futexes, and where they do not, what else they wait for. Where their runtime tells for what they wait, that is what counts, and not how it has them wait. Idle service threads do not make another bug of it, nor does what somebody does at the moment who is not stuck at all.
/// </summary>
internal static class RelevantWaits
{
    /// <summary><c>PipeRead</c>, <c>Futex:lock-ring-2</c>, <c>SocketRead:tcp:timed</c>; ordered.</summary>
    public static IEnumerable<string> Of(Finding finding, Participant participant)
    {
        if (participant.Role == ParticipantRole.Stopped)
            return [.. participant.Threads.Where(thread => thread is { Wait: nameof(WaitKind.Stopped), Detail: not null }).Select(thread => $"{thread.Wait}:{thread.Detail}").Distinct()];
        if (finding.Class is not (FindingClass.Deadlock or FindingClass.Stall))
            return [];
        WaitEdge[] own = [.. finding.Edges.Where(edge => edge.From.Pid == participant.Pid && edge.Basis != EdgeBasis.Kinship)];
        string[] kinds = [.. own
            .Where(edge => edge.Kind != nameof(WaitKind.Futex))
            .Select(edge => $"{KindOf(edge)}{(RuntimeWait.IsKind(edge.Kind) ? "" : Limit(participant.Threads.FirstOrDefault(thread => thread.Tid == edge.From.Tid)))}")
            .Concat(Futexes(finding, participant.Threads.Where(thread => own.Any(edge => edge.From.Tid == thread.Tid && edge.Kind == nameof(WaitKind.Futex) && edge.To.Any(to => to.Pid != participant.Pid)))))
            .Distinct().Order(StringComparer.Ordinal)];
        // What an orphan does meanwhile it does to go on, or to idle: the bug is what it has.
        if (kinds.Length > 0 || participant.Role == ParticipantRole.OrphanHolder && own.Length == 0)
            return kinds;
        // Of a process that lives on those of its threads are told that the finding is about.
        HashSet<int> told = [.. own.Select(edge => edge.From.Tid)];
        kinds = [.. Futexes(finding, participant.Threads.Where(thread => !thread.Housekeeping && (told.Count == 0 || told.Contains(thread.Tid)))).Distinct().Order(StringComparer.Ordinal)];
        return kinds.Length > 0 || finding.Class != FindingClass.Deadlock || !finding.Pids.Contains(participant.Pid)
            ? kinds
            : participant.Threads
                .Where(thread => thread is { Housekeeping: false, Bounded: Bounded.No })
                .Select(thread => $"{thread.Wait}{(thread.Detail is { } detail ? $":{detail}" : "")}")
                .Distinct().Order(StringComparer.Ordinal);
    }

    /// <summary>The wait's kind and how it waits. Whoever polls a pipe waits for it as if it read or wrote it.</summary>
    public static string KindOf(WaitEdge edge) =>
        edge.Kind == nameof(WaitKind.Futex) || edge.Detail is null ? edge.Kind
        : edge.Kind == nameof(WaitKind.Poll) && edge.Detail.StartsWith("Pipe", StringComparison.Ordinal) ? edge.Detail
        : $"{edge.Kind}:{edge.Detail}";

    /// <summary>
    /// Where locks cannot be had any more, what else waits on futexes idles, or waits behind these: it is upstream, as processes are that wait for others. Idle workers wait on condition variables:
    /// beside semaphores and barriers those tell nothing.
    /// </summary>
    private static IEnumerable<string> Futexes(Finding finding, IEnumerable<ThreadInfo> waiting)
    {
        ThreadInfo[] threads = [.. waiting.Where(thread => thread is { Wait: nameof(WaitKind.Futex), Detail: not null })];
        if (Array.Exists(threads, IsTelling))
            threads = [.. threads.Where(thread => thread.Detail != "wait")];
        if (!Array.Exists(threads, thread => thread.Detail == "join" || thread.Detail!.Contains("lock", StringComparison.Ordinal)))
            return threads.Select(thread => Spell(thread, thread.Detail!));
        var ring = new LockRing(finding);
        (ThreadInfo Thread, string? Fault)[] told = [.. threads.Select(thread => (thread, FaultOf(thread, ring.SizeAt(thread.Tid))))];
        if (Array.Exists(told, pair => pair.Fault is not null))
            return told.Where(pair => pair.Fault is not null).Select(pair => Spell(pair.Thread, pair.Fault!));
        // Of locks without owners' words only how many they are shows a ring.
        int locks = threads.Where(thread => thread.Detail == "lock").Select(thread => thread.Resource).Distinct().Count();
        return threads.Select(thread => Spell(thread, thread.Detail == "lock" && locks > 1 ? $"locks-{locks}" : thread.Detail!));
    }

    private static bool IsTelling(ThreadInfo thread) => thread.Detail is "semaphore" or "semaphore-shared" or "barrier" or "barrier-shared" or "wait-shared";

    /// <summary>What is wrong with the lock by itself; null where its owner may still unlock it, or none is told.</summary>
    private static string? FaultOf(ThreadInfo thread, int ring) => thread switch
    {
        _ when ring > 1 => $"{(thread.Detail == "join" ? "join" : Form(thread))}-ring-{ring}",
        { Awaits: 0, Detail: "lock-shared" or "rw-lock-shared" } => $"{Form(thread)}-gone",
        { Detail: "lock-own" or "lock-own-shared" or "lock-elsewhere" or "lock-inherited" or "rw-lock-own" or "rw-lock-own-shared" or "rw-lock-elsewhere" or "rw-lock-inherited" } => thread.Detail,
        _ => null,
    };

    private static string Form(ThreadInfo thread) => thread.Detail!.StartsWith("rw-", StringComparison.Ordinal) ? "rw-lock" : "lock";

    private static string Spell(ThreadInfo thread, string detail) => $"{thread.Wait}:{detail}{Limit(thread)}";

    private static string Limit(ThreadInfo? thread) => thread?.Bounded switch { Bounded.Yes => ":timed", Bounded.Unknown => ":may-be-timed", _ => "" };
}
