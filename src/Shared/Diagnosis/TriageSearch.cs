using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Brings one process after the other into a search of the <see cref="Triage"/>, with what is known of it without the costly facts. Neither service threads nor
/// timeouts count, as where that is all that is between a process and a hang.
/// </summary>
internal sealed class TriageSearch(StuckSet search, ResourceIndex resources, WakerFinder finder) : IWakerSink
{
    private HostProcess _process = null!;
    private int _thread, _clause, _depth;
    private bool _waitsForOthers, _always;

    /// <summary>Whether nothing in its own waits, as they count, frees it.</summary>
    public bool MayBeStuck(HostProcess process, Counted counted)
    {
        if (process.IsNew || counted.IsWhole && !process.StoodStill)
            return false;
        HostIdentity host = resources.Look.Host;
        if ((process.FactsOn(host) & LocalFacts.HasTimeout) == 0)
            return true;
        ImmutableArray<Wait> waits = process.WaitsOf(host);
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
        ImmutableArray<Wait> waits = process.WaitsOf(host), patient = process.PatientWaitsOf(host);
        ImmutableArray<bool> services = process.ServicesOf(host);
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
        int besideMain = (facts & LocalFacts.HasTimeout) != 0 ? Tickers.MainBeside(process.Record, waits) : -1;
        for (int i = 0; i < waits.Length; i++)
        {
            if (!services.IsDefault && services[i] || Tickers.MayBe(besideMain, i, waits[i]))
                continue;
            timed |= waits[i].Bounded == Bounded.Yes;
            AddThread(patient[i]);
        }
        // It waits for nobody else and catches signals: to wait for one may be its design. Or it comes and looks by itself.
        if (!_waitsForOthers && (timed || (facts & LocalFacts.MayWaitForSignal) != 0) && (facts & LocalFacts.HasLockFault) == 0
            && !ForkedChild.MayLackAThread(resources, process, waits[0]) && (timed || !NotByDesign.Is(resources, process, guess: true)))
            search.Free(process.Place);
    }

    /// <summary>Its service threads, which <see cref="Add(HostProcess)"/> leaves aside.</summary>
    public void AddServices(HostProcess process)
    {
        HostIdentity host = resources.Look.Host;
        ImmutableArray<bool> services = process.ServicesOf(host);
        if (services.IsDefault)
            return;
        ImmutableArray<Wait> patient = process.PatientWaitsOf(host);
        _process = process;
        for (int i = 0; i < services.Length; i++)
        {
            if (services[i])
                AddThread(patient[i]);
        }
    }

    private void AddThread(Wait wait)
    {
        if (IsForItselfAlone(wait))
            return;
        _thread = search.BeginThread(_process.Place);
        finder.Find(_process, wait, this);
        search.EndThread(_thread);
    }

    /// <summary>Who is stuck wakes no thread of its own, so that such a wait decides nothing: most threads of most programs are in one.</summary>
    private static bool IsForItselfAlone(Wait wait) => wait is { Kind: WaitKind.Futex, Bounded: Bounded.No, Futex: { IsPrivate: true } };

    public void Begin(Wait wait)
    {
        bool isWhole = _depth++ == 0;
        if (isWhole)
            _clause = search.BeginClause(_thread);
        // Who holds a lock is not known here, and no program waits for a signal there by design, nor as it writes. Nor is who has the memory of a futex that is not private, nor all who have an eventfd.
        _waitsForOthers |= wait.Kind is WaitKind.FileLock or WaitKind.Tty || isWhole && wait.Kind is WaitKind.PipeWrite or WaitKind.EventFd || wait.Futex is { IsPrivate: false, Mapping: null };
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
