using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The kinds of wait of a process that count: those on somebody else or on an object of its own; where there are none, how its threads wait on
/// futexes, and where they do not, what else they wait for. Idle service threads do not make another bug of it, nor does what somebody does at the moment who is not stuck at all.
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
            .Select(edge => $"{KindOf(edge)}{Limit(participant.Threads.FirstOrDefault(thread => thread.Tid == edge.From.Tid))}")
            .Concat(Futexes(finding, participant.Threads.Where(thread => own.Any(edge => edge.From.Tid == thread.Tid && edge.Kind == nameof(WaitKind.Futex) && edge.To.Any(to => to.Pid != participant.Pid)))))
            .Distinct().Order(StringComparer.Ordinal)];
        if (kinds.Length > 0)
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

    private static IEnumerable<string> Futexes(Finding finding, IEnumerable<ThreadInfo> waiting)
    {
        ThreadInfo[] threads = [.. waiting.Where(thread => thread is { Wait: nameof(WaitKind.Futex), Detail: not null })];
        if (!Array.Exists(threads, thread => thread.Awaits is not null))
            return threads.Select(thread => Spell(thread, thread.Detail!));
        var ring = new LockRing(finding);
        bool circles = Array.Exists(threads, thread => ring.SizeAt(thread.Tid) > 0);
        return threads
            .Where(thread => !circles || ring.SizeAt(thread.Tid) > 0 || thread.Awaits is not > 0 || thread.Detail == "join")
            .Select(thread => Spell(thread, ring.SizeAt(thread.Tid) is > 1 and var size ? $"{(thread.Detail == "join" ? "join" : Form(thread))}-ring-{size}"
                : thread is { Awaits: 0, Detail: "lock-shared" or "rw-lock-shared" } ? $"{Form(thread)}-gone"
                : thread.Detail!));
    }

    private static string Form(ThreadInfo thread) => thread.Detail!.StartsWith("rw-", StringComparison.Ordinal) ? "rw-lock" : "lock";

    private static string Spell(ThreadInfo thread, string detail) => $"{thread.Wait}:{detail}{Limit(thread)}";

    private static string Limit(ThreadInfo? thread) => thread?.Bounded switch { Bounded.Yes => ":timed", Bounded.Unknown => ":may-be-timed", _ => "" };
}
