using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The kinds of wait of a process that count: those on somebody else or on an object of its own; where there are none, how its threads wait on
/// futexes. Where their runtime tells for what they wait, that is what counts. Idle service threads do not make another bug of it, nor does what somebody does at the moment who is not stuck at all.
/// </summary>
internal static class RelevantWaits
{
    /// <summary><c>PipeRead</c>, <c>Futex:lock</c>, <c>SocketRead:timed</c>; ordered.</summary>
    public static IEnumerable<string> Of(Finding finding, Participant participant)
    {
        if (finding.Class is not (FindingClass.Deadlock or FindingClass.Stall))
            return [];
        string[] kinds = [.. finding.Edges
            .Where(edge => edge.From.Pid == participant.Pid && edge.Basis != EdgeBasis.Kinship
                && (edge.To.Any(to => to.Pid != participant.Pid) || edge.Kind != nameof(WaitKind.Futex)))
            .Select(edge => Spell(KindOf(edge, participant.Fds), ThreadOf(edge, participant)))
            .Distinct().Order(StringComparer.Ordinal)];
        return kinds.Length > 0
            ? kinds
            : participant.Threads.Where(thread => thread is { Detail: not null, Housekeeping: false }).Select(thread => Spell(thread.Wait, thread)).Distinct().Order(StringComparer.Ordinal);
    }

    /// <summary>Null: how the runtime has it wait is no matter where that tells for what.</summary>
    private static ThreadInfo? ThreadOf(WaitEdge edge, Participant participant) =>
        RuntimeWait.IsKind(edge.Kind) ? null : participant.Threads.FirstOrDefault(thread => thread.Tid == edge.From.Tid);

    /// <summary>The wait's kind; whoever polls a pipe waits for it as if it read or wrote it, for which of the two its end says.</summary>
    /// <param name="edge">The wait.</param>
    /// <param name="fds">The waiter's table.</param>
    public static string KindOf(WaitEdge edge, ImmutableArray<FdInfo> fds)
    {
        if (edge.Kind != nameof(WaitKind.Poll) || ObjectWord.Of(edge.Resource) != "pipe")
            return edge.Kind;
        string[] ends = [.. fds.Where(fd => fd.Target == edge.Resource).Select(fd => fd.Access)];
        return ends.Contains("r") ? nameof(WaitKind.PipeRead) : ends.Contains("w") ? nameof(WaitKind.PipeWrite) : edge.Kind;
    }

    private static string Spell(string kind, ThreadInfo? thread)
    {
        string futex = kind == nameof(WaitKind.Futex) && thread?.Detail is { } detail ? $":{detail}" : "";
        return $"{kind}{futex}{thread?.Bounded switch { Bounded.Yes => ":timed", Bounded.Unknown => ":may-be-timed", _ => "" }}";
    }
}
