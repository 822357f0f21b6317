using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Brings one process after the other into the search of the <see cref="Triage"/>, with what is known of it without the costly facts.</summary>
/// <param name="counted">What counts; null: neither service threads nor timeouts, as where that is all that is between a process and a hang.</param>
internal sealed class TriageSearch(StuckSet search, ResourceIndex resources, WakerFinder finder, Counted? counted) : IWakerSink
{
    private HostProcess _process = null!;
    private int _thread, _clause, _depth;
    private bool _waitsForOthers, _always;

    /// <summary>Whether nothing in its own waits, as they count, frees it: else it need not be added.</summary>
    public bool MayBeStuck(HostProcess process)
    {
        if (counted is null)
            return true;
        if (process.IsNew)
            return false;
        if (counted.IsWhole && !process.StoodStill)
            return false;
        HostIdentity host = resources.Look.Host;
        ImmutableArray<Wait> waits = process.WaitsOf(host);
        if (waits.All(wait => wait.MayLast))
            return true;
        ImmutableArray<bool> services = counted.ServicesOf(process, host);
        bool endless = Counted.AnyEndless(waits, services);
        int place = 0;
        foreach (ThreadRecord thread in process.Record.Threads)
        {
            if (!HostProcess.IsAlive(thread))
                continue;
            bool serves = !services.IsDefault && services[place];
            Wait wait = waits[place++];
            if (!serves && !wait.MayLast && !counted.ComesBack(process, thread, wait, endless))
                return false;
        }
        return true;
    }

    /// <param name="process">One that may be stuck.</param>
    public void Add(HostProcess process)
    {
        HostIdentity host = resources.Look.Host;
        // Who has a timeout that counts is not here, see MayBeStuck.
        ImmutableArray<Wait> waits = process.WaitsOf(host), patient = process.PatientWaitsOf(host);
        ImmutableArray<bool> services = counted is null ? process.ServicesOf(host) : counted.ServicesOf(process, host);
        LocalFacts facts = process.FactsOn(host);
        _process = process;
        if ((facts & LocalFacts.HasAlwaysWakers) != 0 || resources.AnyTraced)
        {
            _always = true;
            finder.FindAlways(process, this);
            _always = false;
        }
        // Who shares its memory was asked of suspects only: whether it is alone in it is not known here.
        _waitsForOthers = !process.Record.SharesMemoryWith.IsEmpty;
        bool timed = false;
        for (int i = 0; i < waits.Length; i++)
        {
            if (!services.IsDefault && services[i])
                continue;
            timed |= waits[i].Bounded == Bounded.Yes;
            if (IsForItselfAlone(patient[i]))
                continue;
            _thread = search.BeginThread(process.Place);
            finder.Find(process, patient[i], this);
            search.EndThread(_thread);
        }
        // It waits for nobody else and catches signals: to wait for one may be its design. Or it comes and looks by itself.
        if (!_waitsForOthers && (timed || (facts & LocalFacts.MayWaitForSignal) != 0) && (facts & LocalFacts.HasLockFault) == 0
            && !ForkedChild.MayLackAThread(resources, process, waits[0]) && (timed || !NotByDesign.Is(resources, process)))
            search.Free(process.Place);
    }

    /// <summary>Who is stuck wakes no thread of its own, so that such a wait decides nothing: most threads of most programs are in one.</summary>
    private static bool IsForItselfAlone(Wait wait) => wait is { Kind: WaitKind.Futex, Bounded: Bounded.No, Futex: { IsPrivate: true } };

    public void Begin(Wait wait)
    {
        bool isWhole = _depth++ == 0;
        if (isWhole)
            _clause = search.BeginClause(_thread);
        // Who holds a lock is not known here, and no program waits for a signal there by design, nor as it writes. Nor is who has the memory of a futex that is not private.
        _waitsForOthers |= wait.Kind is WaitKind.FileLock or WaitKind.Tty || isWhole && wait.Kind == WaitKind.PipeWrite || wait.Futex is { IsPrivate: false, Mapping: null };
    }

    public bool Add(HostProcess waker, int? fd, bool direct)
    {
        if (_always)
        {
            search.AddAlwaysWaker(_process.Place, waker.Place);
            return true;
        }
        _waitsForOthers |= waker != _process;
        return search.AddWaker(_clause, waker.Place);
    }

    public void Assume(string assumption) { }

    public void End(Openness open, string? why)
    {
        if (open == Openness.Outside)
            search.EndClause(_clause);
        _waitsForOthers |= open is Openness.Outside or Openness.NotKnownYet;
        _depth--;
    }

    public void BeginSet(Wait wait) => Begin(wait);

    public void EndSet() => _depth--;
}
