using System.Collections.Immutable;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Diagnoses a host look after look, each against the one before. What a look costs is what changed since, and what there is to tell or to
/// suspect: processes that stand still under the same record cost next to nothing. Not for use by two threads at once.
/// </summary>
public sealed class HostDiagnosis
{
    private readonly DiagnosisOptions _options;
    private readonly Triage _triage;
    private Evidence? _evidence;

    public HostDiagnosis(DiagnosisOptions options)
    {
        _options = options;
        _triage = new Triage(Memory.Resources, Memory);
    }

    /// <summary>What all looks so far knew.</summary>
    public LookMemory Memory { get; } = new();

    /// <summary>
    /// Pids whose costly facts (fdinfo, timers, sched) the next look should read: all who might be stuck, hold a duplicate of their stdio, be
    /// orphans, or be held up by one. Valid until the next look is diagnosed.
    /// </summary>
    public IReadOnlySet<int> Suspects => _triage.Suspects;

    /// <summary>Whether the next look should read of everybody whose CI job it is, if looks do not do so in any case.</summary>
    public bool AsksForJobs => _triage.AsksForJobs;

    /// <summary>Processes of the last look that are new, or have another record than at the look before: all who ran, in the order of their pids.</summary>
    public IEnumerable<ProcessRecord> Changed => Memory.Resources.Changed.Select(process => process.Record);

    /// <summary>
    /// One more look. Of the first, and of the first of another boot, nothing is told: that a process stands still takes two. Neither the look nor
    /// its list of processes is kept beyond the next call.
    /// </summary>
    public DiagnosisResult Advance(Snapshot look)
    {
        Memory.Advance(look);
        _triage.Judge();
        return Diagnoser.Diagnose(_evidence = new Evidence(Memory.Resources, _triage, Memory, _options));
    }

    /// <summary>Pids of the last look that would be told if looks for the minimum wait found them in the same waits again, each time they have run, or without having run where it does not show when they last did.</summary>
    /// <param name="findings">What is told of that look.</param>
    public IEnumerable<int> MayRetry(ImmutableArray<Finding> findings)
    {
        if (_evidence is not { } evidence)
            return [];
        HashSet<int> told = [.. findings.SelectMany(finding => finding.Pids)];
        return HangTeller.MayRetry(evidence, told).Concat(EofHeldByOrphan.MayRetry(evidence, told)).Concat(RetriedLocks.MayRetry(evidence, told)).Concat(NotKnownSinceWhen(told)).Distinct();
    }

    private IEnumerable<int> NotKnownSinceWhen(HashSet<int> told)
    {
        HashSet<int> unknown = [.. Memory.Resources.Look.Processes.Where(LacksATime).Select(process => process.Pid).Where(pid => !told.Contains(pid))];
        if (unknown.Count == 0 || _options.MinimumWait == TimeSpan.Zero)
            return [];
        var anyWait = new Evidence(Memory.Resources, _triage, Memory, _options with { MinimumWait = TimeSpan.Zero });
        return Diagnoser.Diagnose(anyWait).Findings.SelectMany(finding => finding.Pids).Where(unknown.Contains);
    }

    /// <summary>Of a process that was asked, whether it does not show of a thread when it last ran.</summary>
    private static bool LacksATime(ProcessRecord process)
    {
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread is { LastRan: null, SignalsPending: not null, Counters: not null })
                return true;
        }
        return false;
    }

    /// <summary>Whether all threads of a process of the last look, those that serve its runtime left aside, wait inside its memory: for locks of their runtime, it may be.</summary>
    public bool WaitsInsideItself(ProcessKey process)
    {
        if (Memory.Resources.Find(process.Pid) is not { } known || known.Identity.Key != process)
            return false;
        ImmutableArray<Wait> waits = known.WaitsOf(Memory.Resources.Look.Host);
        ImmutableArray<bool> services = known.ServicesOf(Memory.Resources.Look.Host);
        return Enumerable.Range(0, waits.Length).All(place => !services.IsDefault && services[place] || waits[place] is { Kind: WaitKind.Futex, Futex.IsPrivate: true });
    }

    /// <summary>What the runtime of a process of the last look says of its own threads, as a finding. Null: there is no such process.</summary>
    /// <param name="process">Who was asked.</param>
    /// <param name="runtime">Who says it: <c>the JVM</c>.</param>
    /// <param name="waits">Each thread that it says to be in a deadlock; not empty.</param>
    /// <param name="asked">Whether it was asked; else it was read in its memory.</param>
    public Finding? OfRuntime(ProcessKey process, string runtime, ImmutableArray<RuntimeWait> waits, bool asked = true) =>
        _evidence is { } evidence && evidence.Resources.Find(process.Pid) is { } known && known.Identity.Key == process ? ToldByRuntime.Tell(evidence, known, runtime, waits, asked) : null;
}
