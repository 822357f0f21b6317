namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Those of a look of whom one thing may be told, ascending by pid.</summary>
/// <param name="asksForThem">Whether the next look should read their costly facts.</param>
/// <param name="asksAboveThem">Whether it should read those of who above them may have a timer, too: what is told of them says who is going to end it.</param>
internal sealed class TriageList(bool asksForThem, bool asksAboveThem) : List<HostProcess>
{
    public bool AsksForThem => asksForThem;

    public bool AsksAboveThem => asksAboveThem;
}

/// <summary>Whom the <see cref="Triage"/> of a look has picked out.</summary>
internal sealed class TriageLists
{
    private readonly TriageList[] _all;

    public TriageLists() =>
        _all = [Stuck, HeldUp, HeldByUnrelated, WaitForStopped, AtFifos, LockFaults, Halted, Orphaned, Zombies, Duplicates, OwnReaders, LeakReaders];

    /// <summary>Those that might wait only for each other, if no hidden fd table holds an end and no timeout and no service thread of a runtime counts.</summary>
    public TriageList Stuck { get; } = new(asksForThem: true, asksAboveThem: true);

    /// <summary>Readers that orphans might keep waiting, see <see cref="Adoption.HeldUp"/>.</summary>
    public TriageList HeldUp { get; } = new(asksForThem: true, asksAboveThem: true);

    /// <summary>Readers that a process without business there might keep waiting, see <see cref="Adoption.HeldByUnrelated"/>.</summary>
    public TriageList HeldByUnrelated { get; } = new(asksForThem: true, asksAboveThem: true);

    /// <summary>Those that might wait only for somebody stopped.</summary>
    public TriageList WaitForStopped { get; } = new(asksForThem: true, asksAboveThem: true);

    /// <summary>Those that wait for the other end of a FIFO, see <see cref="LocalFacts.AwaitsFifo"/>.</summary>
    public TriageList AtFifos { get; } = new(asksForThem: true, asksAboveThem: true);

    /// <summary>Those whose lock words name a fault.</summary>
    public TriageList LockFaults { get; } = new(asksForThem: true, asksAboveThem: false);

    /// <summary>Those that are stopped, held by their tracers, or perhaps frozen.</summary>
    public TriageList Halted { get; } = new(asksForThem: true, asksAboveThem: true);

    /// <summary>Those that look like orphans: to who did not see them become one, and by their stdio.</summary>
    public TriageList Orphaned { get; } = new(asksForThem: true, asksAboveThem: false);

    public TriageList Zombies { get; } = new(asksForThem: false, asksAboveThem: false);

    /// <summary>Those whose stdio is again at other fds.</summary>
    public TriageList Duplicates { get; } = new(asksForThem: true, asksAboveThem: false);

    /// <summary>Those that wait for the end of a pipe whose write end they alone have, see <see cref="PipeHazards"/>.</summary>
    public TriageList OwnReaders { get; } = new(asksForThem: true, asksAboveThem: false);

    /// <summary>Those that wait on a pipe whose write end a bystander may have inherited: that one is asked.</summary>
    public TriageList LeakReaders { get; } = new(asksForThem: false, asksAboveThem: false);

    public ReadOnlySpan<TriageList> All => _all;
}
