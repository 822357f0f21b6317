using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// One process as it is followed from look to look. What can be told from its record alone is worked out once for as long as the looks show
/// the same record.
/// </summary>
/// <param name="record">Of the look that shows it first.</param>
/// <param name="alike">The waits of others.</param>
internal sealed class HostProcess(ProcessRecord record, AlikeWaits alike) : IComparable<HostProcess>
{
    private ImmutableArray<Wait> _waits;
    private ImmutableArray<Wait> _patient;
    private ImmutableArray<bool> _services;
    private ProcessIdentity? _identity;
    private LocalFacts? _facts;

    public int Pid { get; } = record.Pid;

    public ProcessRecord Record { get; private set; } = record;

    /// <summary>Who it is to its children, even when it has ended.</summary>
    public ProcessIdentity Identity => _identity ??= new ProcessIdentity(Record.Key, Record.Comm);

    /// <summary>Whether the last look is the first to show it.</summary>
    public bool IsNew { get; private set; } = true;

    /// <summary>Whether the last look brought another record of it than the look before, or the first.</summary>
    public bool HasChanged { get; private set; } = true;

    /// <summary>Its record at the look before the last; null if it is new.</summary>
    public ProcessRecord? Before => IsNew ? null : HasChanged ? _before : Record;

    private ProcessRecord? _before;

    /// <summary>Whether it stood still between the looks, see <see cref="Steadiness"/>: the same record is of a process that did, or of which that cannot be told.</summary>
    public bool StoodStill { get; private set; }

    /// <summary>Time since boot at which a look first showed it.</summary>
    public TimeSpan FirstSeen { get; set; }

    /// <summary>Its parent as it was when it last had one, if there is a <see cref="LookMemory"/>.</summary>
    public ProcessIdentity? LastParent { get; set; }

    /// <summary>Those above it when it was first seen, nearest first, if there is a <see cref="LookMemory"/>.</summary>
    public ImmutableArray<ProcessKey> Ancestors { get; set; } = [];

    /// <summary>What else looks before the last knew of it; null: nothing, as of most.</summary>
    public Remembered? Past { get; set; }

    /// <summary>The process with its ppid at the last look, or null: asked for far more often than it changes.</summary>
    public HostProcess? Parent { get; set; }

    /// <summary>Its number in the triage of the last look.</summary>
    public int Place { get; set; }

    /// <summary>See <see cref="ResourceIndex.LooseEndsOf"/>.</summary>
    public FdAccess LooseEnds { get; set; }

    /// <summary>What its fd table alone says. Worked out while the table is at hand anyway: to fetch it once more takes as long as all the rest.</summary>
    public LocalFacts TableFacts { get; private set; } = LocalFact.OfTable(record);

    /// <summary>Living, with an fd table that could not be read, in whole or in part: it may hold anything.</summary>
    public bool IsHidden => Record is { IsZombie: false, FdSight: not Sight.Seen };

    /// <param name="record">Of this look.</param>
    /// <param name="table">How its fd table differs from that of the look before.</param>
    public void Replace(ProcessRecord record, TableChange table)
    {
        ProcessRecord before = Record;
        (_before, Record) = (before, record);
        HasChanged = true;
        StoodStill = before.FdSight == record.FdSight && table != TableChange.Links && Steadiness.WhyItsThreadsMayHaveMoved(before, record) is null;
        if (table != TableChange.None)
            TableFacts = LocalFact.OfTable(record);
        _facts = null;
        if (!StoodStill || table != TableChange.None || !WaitDecoder.KnowsAsMuchOf(before, record) || !Housekeeping.KnowsAsMuchOf(before, record))
        {
            _waits = default;
            _patient = default;
            _services = default;
        }
        _identity?.Comm = record.Comm;
    }

    /// <summary>The next look begins.</summary>
    public void Settle()
    {
        IsNew = HasChanged = false;
        StoodStill = true;
        _before = null;
    }

    /// <summary>Parallel to the threads of <see cref="ThreadsOf"/>. Kept only where the diagnosis asks for it at every look.</summary>
    public ImmutableArray<Wait> WaitsOf(HostIdentity host) => _waits.IsDefault ? Decode(host) : _waits;

    /// <summary><see cref="WaitsOf"/> without their timeouts.</summary>
    public ImmutableArray<Wait> PatientWaitsOf(HostIdentity host) => _patient.IsDefault ? [.. WaitsOf(host).Select(wait => wait.WithoutTimeout)] : _patient;

    /// <summary>Which of <see cref="WaitsOf"/> are those of service threads (<see cref="Housekeeping"/>); default where none is.</summary>
    public ImmutableArray<bool> ServicesOf(HostIdentity host) => _waits.IsDefault ? Housekeeping.Of(Record, Decode(host)) : _services;

    /// <summary>Those that have not exited.</summary>
    public static IEnumerable<ThreadRecord> ThreadsOf(ProcessRecord process) => process.Threads.Where(IsAlive);

    public static bool IsAlive(ThreadRecord thread) => thread.State is not ('Z' or 'X');

    public LocalFacts FactsOn(HostIdentity host)
    {
        if (_facts is { } known)
            return known;
        ImmutableArray<Wait> waits = WaitsOf(host);
        ImmutableArray<bool> services = _waits.IsDefault ? Housekeeping.Of(Record, waits) : _services;
        ImmutableArray<Wait> patient = !_patient.IsDefault ? _patient : waits.Any(wait => wait.Bounded == Bounded.Yes) ? [.. waits.Select(wait => wait.WithoutTimeout)] : waits;
        LocalFacts facts = LocalFact.Of(this, waits, patient, services);
        if ((facts & (LocalFacts.MayBeStuck | LocalFacts.WaitsOnPipe | LocalFacts.AwaitsFifo | LocalFacts.HasLockFault)) != 0)
        {
            (_waits, _patient, _services) = (waits, patient, services);
        }
        _facts = facts;
        return facts;
    }

    private ImmutableArray<Wait> Decode(HostIdentity host)
    {
        var waits = new Wait[Record.Threads.Length];
        int living = 0;
        foreach (ThreadRecord thread in Record.Threads)
        {
            if (IsAlive(thread))
                waits[living++] = alike.Of(host, Record, thread);
        }
        if (living < waits.Length)
            Array.Resize(ref waits, living);
        return ImmutableCollectionsMarshal.AsImmutableArray(waits);
    }

    public int CompareTo(HostProcess? other) => Pid.CompareTo(other?.Pid ?? 0);
}

/// <summary>Kept by children of a process beyond its end.</summary>
internal sealed class ProcessIdentity(ProcessKey key, string comm)
{
    public ProcessKey Key => key;

    /// <summary>As at the last look that showed it.</summary>
    public string Comm { get; set; } = comm;
}

/// <summary>What looks before the last knew of a process, see <see cref="LookMemory"/>. Times are since boot.</summary>
internal sealed class Remembered
{
    public OrphanInfo? Orphan { get; set; }

    public TimeSpan? OrphanSince { get; set; }

    public TimeSpan? ZombieSince { get; set; }

    /// <summary>Null: it has used no CPU time since it was first seen.</summary>
    public CpuUse? Cpu { get; set; }

    /// <summary>Threads whose counters are known, ascending by tid. Null: all have stood still since it was first seen, as most do; then nothing need be kept of them.</summary>
    public Still[]? Threads { get; set; }
}

/// <summary>A thread whose counters have been the same since then.</summary>
/// <param name="Tid">As in proc(5).</param>
/// <param name="Counters">As at the last look.</param>
/// <param name="Since">When they were first seen so.</param>
/// <param name="InWaitSince">Since when each look has found it in the same wait, whether or not it ran in between.</param>
/// <param name="Returned">Whether it ran in between: it came back to that wait.</param>
internal readonly record struct Still(int Tid, RunCounters Counters, TimeSpan Since, TimeSpan InWaitSince, bool Returned);
