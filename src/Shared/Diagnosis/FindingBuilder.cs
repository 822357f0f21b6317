using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>From what a rule found to the finding that is told, kept and compared.</summary>
internal sealed class FindingBuilder(Evidence evidence)
{
    /// <summary>Of an fd table or a thread list no more than so many entries go into a finding: those that matter first.</summary>
    public const int MaxEntries = 512;

    /// <param name="rule">Who says it.</param>
    /// <param name="confidence">How sure.</param>
    /// <param name="verdict">Summary, culprits, notes.</param>
    /// <param name="identity">Pids of the processes that make it this finding and no other: its id is made of them.</param>
    /// <param name="roles">All participants with their roles, in the order of the story.</param>
    /// <param name="pids">The stuck (orphaned, zombie, hazardous) ones.</param>
    public Finding Build(
        Rules.RuleInfo rule, Confidence confidence, Rules.Verdict verdict, IEnumerable<int> identity,
        ImmutableArray<(int Process, ParticipantRole Role)> roles, IEnumerable<int> pids)
    {
        ResourceIndex resources = evidence.Resources;
        bool hangs = rule.Class is FindingClass.Deadlock or FindingClass.Stall or FindingClass.Stopped;
        string? limit = hangs ? Limits.Of(evidence, [.. pids]) : null;
        var finding = new Finding
        {
            Id = IdOf(rule, identity.Select(process => resources[process].Key)),
            Class = rule.Class,
            Confidence = confidence,
            Rule = rule.Name,
            Fingerprint = new FindingFingerprint("", "", "", null, "", Fingerprinter.Version, Sight()),
            Summary = verdict.Summary,
            Explanation = [],
            WaitedSeconds = 0,
            Participants = [.. roles.Select(pair => ParticipantOf(resources[pair.Process], pair.Role, IsOrphan(pair.Process, pair.Role)))],
            Pids = [.. pids.Order()],
            // A process can have an end open a hundred thousand times.
            Culprits = [.. verdict.Culprits.Take(MaxEntries)],
            Culprit = verdict.Culprits.FirstOrDefault(),
            Notes = verdict.Culprits.Length > MaxEntries ? [.. verdict.Notes, $"Of {verdict.Culprits.Length} culprits {MaxEntries} are named."] : verdict.Notes,
            Assumptions = [],
            BoundedBy = hangs ? limit ?? Lifetimes.Of(evidence, [.. pids]) : null,
            HasTimeLimit = limit is not null,
            Edges = [],
        };
        return finding;

        // What is below an orphan has its parent.
        bool IsOrphan(int process, ParticipantRole role) => role is ParticipantRole.Orphan
            || role is ParticipantRole.OrphanHolder && !roles.Any(other => other.Role == ParticipantRole.OrphanHolder && other.Process != process && resources.IsDescendant(resources.Find(process)!, resources.Find(other.Process)!));
    }

    public static ImmutableArray<WaitEdge> Edges(Evidence evidence, IEnumerable<IncidentEdge> edges) =>
    [
        .. edges.Select(edge => new WaitEdge(
            new EdgeEnd(edge.From, edge.Tid),
            edge.Clause,
            EdgeManner.KindOf(edge.Whole),
            ResourceOf(edge),
            [.. edge.To.Take(MaxEntries).Select(waker => new EdgeTarget(waker.Node, waker.Fd, Outside: false))],
            edge.Basis) { Detail = EdgeManner.Of(evidence, edge) }),
    ];

    /// <summary>In the numbers of the look, whatever those are in the pid namespace of who waits for a child.</summary>
    private static string ResourceOf(IncidentEdge edge) => edge is { Part: { Kind: WaitKind.ChildWait, Children.Pid: not null }, To: [var child] } ? $"child:{child.Node}" : edge.Part.Resource ?? "?";

    public Participant ParticipantOf(ProcessRecord process, ParticipantRole role, bool isOrphan = false) => new()
    {
        Pid = process.Pid,
        StartTimeTicks = process.StartTimeTicks,
        Ppid = process.Ppid,
        Comm = process.Comm,
        Cmdline = process.Cmdline,
        Role = role,
        State = process.State.ToString(),
        Orphan = evidence.OrphanInfoOf(process, isOrphan),
        Threads = [.. LiveState.ThreadsOf(evidence.Last, process, evidence.Memory, MaxEntries).Select(thread => Completed(process, thread, role))],
        Fds = LiveState.FdsOf(process, MaxEntries, tellEventFds: true),
        FdsHidden = process.FdSight != Snapshots.Sight.Seen && !process.IsZombie,
        NsPid = process.NsPid == process.Pid ? null : process.NsPid,
    };

    /// <summary>With what can be told of a thread only where the whole look is known.</summary>
    private ThreadInfo Completed(ProcessRecord process, ThreadInfo thread, ParticipantRole role) => thread.Wait switch
    {
        nameof(WaitKind.Futex) when process.FindThread(thread.Tid) is { } record =>
            thread with { Awaits = LockOwners.TidOf(evidence.Resources, process, WaitDecoder.Decode(evidence.Last.Host, process, record)) },
        nameof(WaitKind.Stopped) when role == ParticipantRole.Stopped => thread with
        {
            Detail = evidence.Standstill.SignalOf(process) switch { StopWords.TerminalInput => "input", StopWords.TerminalOutput => "output", _ => null },
        },
        _ => thread,
    };

    /// <summary>
    /// Stable while the finding lasts: it hangs on the boot and on who is in it, not on the rule that names it, so that a better look at the
    /// same hang goes on as the same episode.
    /// </summary>
    private string IdOf(Rules.RuleInfo rule, IEnumerable<ProcessKey> identity)
    {
        string family = rule.Class is FindingClass.Deadlock or FindingClass.Stall ? "hang" : rule.Class.ToString().ToLowerInvariant();
        return $"f-{KeyText.Hash($"{evidence.Last.Host.BootId} {family} {string.Join(' ', identity.Order())}")}";
    }

    private string Sight() => evidence.Resources.Hidden switch
    {
        0 => "waits and fds of all",
        1 when evidence.Resources.OnlyInitIsHidden => "waits and fds of all but init",
        _ => "waits, and fds in part",
    };

    /// <summary>Completes a finding: how long, and by which fingerprint it is known again.</summary>
    public static Finding Complete(Finding finding)
    {
        double waited = finding.Participants
            .Where(participant => finding.Pids.Contains(participant.Pid))
            .SelectMany(participant => participant.Threads)
            .Max(thread => thread.WaitedSeconds) ?? 0;
        finding = finding with { WaitedSeconds = Math.Round(waited, 1) };
        return finding with { Fingerprint = Fingerprinter.Of(finding) };
    }
}
