using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What a process waits for, hop by hop, until something that can still run, or the outside. Form of <c>explain --json</c>: docs/explain.md.</summary>
/// <param name="Pid">The process that was asked for.</param>
/// <param name="Found">False: no such process in the look.</param>
/// <param name="Hops">One entry per process on the way, the asked one first, the nearer before the farther.</param>
/// <param name="NotTold">Processes on the way that are not among <paramref name="Hops"/>, for there are too many.</param>
/// <param name="Verdict">One sentence: what to think of it. Null where there is a finding, which says it.</param>
/// <param name="Finding">The finding that it is part of, or null.</param>
public sealed record Explanation(int Pid, bool Found, ImmutableArray<Hop> Hops, int NotTold, string? Verdict, Finding? Finding)
{
    public const string SchemaName = "orphanboard.explain/1";

    [JsonPropertyOrder(-1)]
    public string Schema { get; init; } = SchemaName;
}

/// <summary>One process on the way.</summary>
/// <param name="Pid">Its pid.</param>
/// <param name="Comm">Its comm.</param>
/// <param name="Sentences">What it waits for and who could end that.</param>
public sealed record Hop(int Pid, string Comm, ImmutableArray<string> Sentences);

/// <summary>
/// Follows the waits of one process. What only suspects have (members of an epoll, ids of eventfds, locks) is known of the asked process and of those
/// on the way only where they were made suspects: whoever looks does so again with the pids of <see cref="Explanation.Hops"/> until no new ones come.
/// </summary>
public static class Explainer
{
    /// <summary>More hops are not told: what waits for half the host is told by its first hops.</summary>
    private const int MaxHops = 12;

    private static readonly Dictionary<int, Wait> NothingSeen = [];

    /// <param name="first">The look before.</param>
    /// <param name="last">The look that is told.</param>
    /// <param name="memory">What the looks up to <paramref name="last"/> have shown.</param>
    /// <param name="options">Minimum waits.</param>
    /// <param name="pid">The process that is asked for.</param>
    /// <param name="atRest">By tid, what its threads waited for when they were last seen blocked: told of those that run in the last look.</param>
    public static Explanation Explain(Snapshot first, Snapshot last, LookMemory memory, DiagnosisOptions options, int pid, IReadOnlyDictionary<int, Wait>? atRest = null)
    {
        ResourceIndex resources = Diagnoser.Between(first, last);
        if (resources.Find(pid) is null)
            return new Explanation(pid, false, [], 0, null, null);
        var evidence = new Evidence(resources, memory, options);
        ImmutableArray<Finding> findings = Diagnoser.Diagnose(evidence).Findings;
        // One that it is stuck in comes before one that only names it.
        Finding? finding = findings.FirstOrDefault(candidate => candidate.Pids.Contains(pid))
            ?? findings.FirstOrDefault(candidate => candidate.Participants.Any(participant => participant.Pid == pid));

        var teller = new HopTeller(evidence) { AtRest = atRest ?? NothingSeen };
        var hops = ImmutableArray.CreateBuilder<Hop>();
        var seen = new HashSet<int> { pid };
        var pending = new Queue<int>([pid]);
        while (hops.Count < MaxHops && pending.TryDequeue(out int process))
        {
            hops.Add(new Hop(process, resources[process].Comm, teller.Sentences(process)));
            foreach (int next in teller.WhoIsNext(process, asked: process == pid))
            {
                if (seen.Add(next))
                    pending.Enqueue(next);
            }
        }
        string? verdict = finding is { Class: not FindingClass.Hazard } ? null : teller.Verdict([.. hops.Select(hop => hop.Pid)]);
        return new Explanation(pid, true, hops.ToImmutable(), pending.Count, verdict, finding);
    }

    /// <summary>Notes what each thread of a process is blocked in, or was until it ran while it was read.</summary>
    public static void NoteRest(Snapshot look, int pid, IDictionary<int, Wait> atRest)
    {
        foreach (ProcessRecord process in look.Processes.Where(process => process.Pid == pid))
        {
            foreach (ThreadRecord thread in process.Threads)
            {
                Wait wait = WaitDecoder.Decode(look.Host, process, thread.RanOutOf is { } call ? thread with { Call = call } : thread);
                if (wait.Kind is not (WaitKind.Running or WaitKind.Unknown))
                    atRest[thread.Tid] = wait;
            }
        }
    }

    /// <summary>What each of these processes waits for, told for itself; those that are not in the last look are left out.</summary>
    public static ImmutableArray<Hop> Tell(Snapshot first, Snapshot last, LookMemory memory, DiagnosisOptions options, IEnumerable<int> pids)
    {
        ResourceIndex resources = Diagnoser.Between(first, last);
        var teller = new HopTeller(new Evidence(resources, memory, options));
        return [.. pids.Where(pid => resources.Find(pid) is not null).Select(pid => new Hop(pid, resources[pid].Comm, teller.Sentences(pid)))];
    }
}
