using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Everything that a rule may look at.</summary>
internal sealed class Evidence
{
    private readonly Triage _triage;
    private List<HostProcess>? _orphans;

    /// <summary>Judges the last look of <paramref name="resources"/>.</summary>
    public Evidence(ResourceIndex resources, LookMemory memory, DiagnosisOptions options) : this(resources, Judged(new Triage(resources, memory)), memory, options)
    {
    }

    public Evidence(ResourceIndex resources, Triage triage, LookMemory memory, DiagnosisOptions options)
    {
        Resources = resources;
        _triage = triage;
        Memory = memory;
        Options = options;
        var counted = new Counted(memory, options, Counting.All);
        Graph = new WaitGraph(resources, counted);
        Adoption = new Adoption(resources, memory);
        ImmutableArray<int> candidates = triage.StuckAt(counted);
        Candidates = candidates;
        Proven = candidates.IsEmpty ? [] : StuckSet.Find(candidates, Graph.NodeOf, ignoreHidden: false);
        Stuck = candidates.IsEmpty ? Proven : StuckSet.Find(candidates, Graph.NodeOf, ignoreHidden: true);
    }

    /// <summary>The same with less that counts: <see cref="Stuck"/> grows, <see cref="Proven"/> does not.</summary>
    private Evidence(Evidence whole, Counting counting)
    {
        Resources = whole.Resources;
        _triage = whole._triage;
        Memory = whole.Memory;
        Options = whole.Options;
        Adoption = whole.Adoption;
        Proven = whole.Proven;
        Candidates = whole.Candidates;
        Counting = counting;
        var counted = new Counted(Memory, Options, counting);
        ImmutableArray<int> candidates = _triage.StuckAt(counted);
        bool same = candidates.Length == whole.Stuck.Count && candidates.All(whole.Stuck.Contains);
        Graph = same ? whole.Graph : new WaitGraph(Resources, counted);
        Stuck = same ? whole.Stuck : StuckSet.Find(candidates, Graph.NodeOf, ignoreHidden: true);
    }

    /// <summary>What is seen if only that counts.</summary>
    public Evidence At(Counting counting) => new(this, counting);

    /// <summary>What of a process counts here.</summary>
    public Counting Counting { get; }

    /// <summary>Whether some threads or timeouts do not count: an idle runtime looks like one that hangs then.</summary>
    public bool CountsLess => Counting is not (Counting.All or Counting.Named);

    private static Triage Judged(Triage triage)
    {
        triage.Judge();
        return triage;
    }

    public Snapshot Last => Resources.Look;

    public LookMemory Memory { get; }

    public DiagnosisOptions Options { get; }

    public ResourceIndex Resources { get; }

    /// <summary>Those among whom there may be something to tell: no others need be looked at.</summary>
    public TriageLists Triage => _triage.Lists;

    public WaitGraph Graph { get; }

    public Adoption Adoption { get; }

    /// <summary>Pids of those that are stuck whatever the hidden fd tables hold.</summary>
    public ImmutableSortedSet<int> Proven { get; }

    /// <summary>Pids of those that are stuck if no hidden fd table holds an end, and what does not count lets them be.</summary>
    public ImmutableSortedSet<int> Stuck { get; }

    /// <summary>Pids of those who might be stuck as far as the triage knew: who waits for a file lock, whoever has it, is among them.</summary>
    public ImmutableArray<int> Candidates { get; }

    /// <summary>Who is stopped, traced or frozen, and who waits only for somebody stopped.</summary>
    public Standstill Standstill => _standstill ??= new Standstill(this);

    private Standstill? _standstill;

    /// <summary>Processes whose parent has exited and that are no daemons; ascending by pid.</summary>
    public IReadOnlyList<HostProcess> Orphans => _orphans ??= FindOrphans();

    /// <summary>How a process came to be an orphan, as far as it was seen, and whose job left it. Null where it is not known to be one.</summary>
    public OrphanInfo? OrphanInfoOf(ProcessRecord process, bool isOrphan) =>
        (Memory.LostParentOf(process) ?? (isOrphan ? new OrphanInfo(null, null, process.Ppid, null, null) : null)) is { } info
            ? info with { Job = Jobs.NameOf(process) }
            : null;

    /// <summary>
    /// Whether a process has become who it is. Between fork and exec it bears its parent's name and has what it is about to close; for that moment it runs, or is about
    /// to. Who has never been seen to wait is believed once it is as old as an orphan has to be: it works.
    /// </summary>
    public bool HasSettled(HostProcess process) =>
        process.Before is { } before
        && before.Comm == process.Record.Comm && before.Exe == process.Record.Exe
        && (Waits(before) || Waits(process.Record) || AgeOf(process.Record) >= Options.OrphanGrace);

    private static bool Waits(ProcessRecord process) => process.Threads.Any(thread => thread.State is not ('R' or 'D'));

    /// <summary>How long a thread is known not to have run; zero where nothing is known.</summary>
    public TimeSpan StillFor(ProcessRecord process, ThreadRecord thread) => Memory.StillFor(Last, process, thread) ?? TimeSpan.Zero;

    /// <summary>Who works in small steps sleeps in between for less than this.</summary>
    private static readonly TimeSpan Nap = TimeSpan.FromSeconds(1);

    /// <summary>Whether no thread of it has run for the minimum wait, whatever it waits for.</summary>
    public bool StandsStill(HostProcess process)
    {
        TimeSpan least = Options.MinimumWait > Nap ? Options.MinimumWait : Nap;
        return Steadiness.WhyItMayHaveMoved(process.Before, process.Record) is null && HostProcess.ThreadsOf(process.Record).All(thread => StillFor(process.Record, thread) >= least);
    }

    /// <summary>Seen to lose its parent, or found as one; in both cases its stdio must say that it is no daemon.</summary>
    private List<HostProcess> FindOrphans()
    {
        var orphans = new List<HostProcess>();
        foreach (HostProcess seen in Memory.Orphans)
        {
            if (Resources.Find(seen.Pid) is { } process && process.Identity.Key == seen.Identity.Key && MayBeTold(process)
                && Last.Uptime - seen.Past!.OrphanSince >= Options.OrphanGrace
                && (Adoption.HasDeadStdio(process, guess: false) || Adoption.HoldsSomebodysPipe(process))
                && !Adoption.Listens(process))
            {
                orphans.Add(process);
            }
        }
        orphans.AddRange(Triage.Orphaned.Where(process => MayBeTold(process) && Memory.OrphanSince(process.Record) is null && Adoption.LooksOrphaned(process, guess: false) && AgeOf(process.Record) >= Options.OrphanGrace));
        orphans.Sort();
        return orphans;

        static bool MayBeTold(HostProcess process) => !process.IsNew && !process.Record.IsZombie;
    }

    /// <summary>Wall-clock time between start and now of a process.</summary>
    private TimeSpan AgeOf(ProcessRecord process)
    {
        var started = TimeSpan.FromSeconds((double)process.StartTimeTicks / Last.Host.ClockTicksPerSecond);
        return started < Last.Uptime ? Last.Uptime - started : TimeSpan.Zero;
    }
}

/// <summary>What a diagnosis may be told.</summary>
public sealed record DiagnosisOptions
{
    /// <summary>How long a wait must have lasted before it counts as a stall. Default 10 s. A proven deadlock needs no waiting time.</summary>
    public TimeSpan MinimumWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Who has run no longer ago than this has run just now, however short a wait is asked for.</summary>
    internal static readonly TimeSpan JustNow = TimeSpan.FromSeconds(2);

    /// <summary>Who has run no longer ago than this may be seen to come back for <see cref="MinimumWait"/>.</summary>
    internal TimeSpan Lately => MinimumWait > JustNow ? MinimumWait : JustNow;

    /// <summary>How long a process must have been an orphan before it is told. Default 5 s.</summary>
    public TimeSpan OrphanGrace { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a zombie may wait for its parent before it is told. Default 30 s.</summary>
    public TimeSpan ZombieGrace { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>So many zombies of one parent are told after 5 s, or <see cref="MinimumWait"/> if that is less. Default 10.</summary>
    public int ZombieCount { get; init; } = 10;
}
