using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who of a look is worth a second look: a superset of all whom the rules can tell of, found without the costly facts and, but for those that it
/// finds and those that changed, without allocating. Valid until it judges the next look.
/// </summary>
internal sealed class Triage(ResourceIndex resources, LookMemory memory)
{
    private readonly StuckSet _search = new();
    private readonly WakerFinder _finder = new(resources, guess: true);
    private readonly List<HostProcess> _candidates = [], _stuck = [], _heldUp = [], _orphaned = [], _duplicates = [], _zombies = [];
    private readonly HashSet<int> _suspects = [];

    /// <summary>Those that might wait only for each other, if no hidden fd table holds an end. Ascending by pid, like all of these.</summary>
    public IReadOnlyList<HostProcess> Stuck => _stuck;

    /// <summary>Readers that orphans might keep waiting, see <see cref="Adoption.HeldUp"/>.</summary>
    public IReadOnlyList<HostProcess> HeldUp => _heldUp;

    /// <summary>Those that look like orphans to who did not see them become one.</summary>
    public IReadOnlyList<HostProcess> Orphaned => _orphaned;

    /// <summary>Those whose stdio is again at other fds.</summary>
    public IReadOnlyList<HostProcess> Duplicates => _duplicates;

    public IReadOnlyList<HostProcess> Zombies => _zombies;

    /// <summary>Pids whose costly facts (fdinfo, timers, sched) the next look should read.</summary>
    public IReadOnlySet<int> Suspects => _suspects;

    /// <summary>Judges the last look.</summary>
    public void Judge()
    {
        Clear();
        var adoption = new Adoption(resources, memory);
        HostIdentity host = resources.Look.Host;
        _search.Begin(resources.Count);
        int place = 0;
        foreach (HostProcess process in resources.Processes)
        {
            process.Place = place++;
            LocalFacts facts = process.FactsOn(host);
            if ((facts & LocalFacts.MayBeStuck) != 0 && process.Pid != resources.Look.ObserverPid)
                _candidates.Add(process);
            else
                _search.Free(process.Place);
            if (facts == LocalFacts.None)
                continue;
            if ((facts & LocalFacts.ReadsPipe) != 0 && adoption.MayBeHeldUp(process))
                _heldUp.Add(process);
            if ((facts & LocalFacts.MayBeOrphan) != 0 && adoption.LooksOrphaned(process))
                _orphaned.Add(process);
            if ((facts & LocalFacts.HoldsDuplicates) != 0)
                _duplicates.Add(process);
            if ((facts & LocalFacts.Zombie) != 0)
                _zombies.Add(process);
        }
        FindStuck(host);
        foreach (List<HostProcess> found in (ReadOnlySpan<List<HostProcess>>)[_stuck, _duplicates, _orphaned, _heldUp])
        {
            foreach (HostProcess process in found)
                _suspects.Add(process.Pid);
        }
        // Which eventfd it is that somebody has shows only in fdinfo: of all who have one, where it matters.
        if (_stuck.Any(process => process.WaitsOf(host).Any(wait => wait.Kind == WaitKind.EventFd || wait.Members.Any(member => member.Kind == WaitKind.EventFd))))
        {
            foreach (Holder holder in resources.EventFdHolders.Span)
                _suspects.Add(holder.Process);
        }
    }

    private void FindStuck(HostIdentity host)
    {
        var threads = new ThreadsOfOne(_search);
        foreach (HostProcess candidate in _candidates)
            threads.Add(candidate, candidate.WaitsOf(host), _finder);
        _search.Settle();
        foreach (HostProcess candidate in _candidates)
        {
            if (_search.IsStuck(candidate.Place))
                _stuck.Add(candidate);
        }
    }

    private void Clear()
    {
        foreach (List<HostProcess> list in (ReadOnlySpan<List<HostProcess>>)[_candidates, _stuck, _heldUp, _orphaned, _duplicates, _zombies])
            list.Clear();
        _suspects.Clear();
    }

    /// <summary>Brings one process after the other into the search.</summary>
    private sealed class ThreadsOfOne(StuckSet search) : IWakerSink
    {
        private HostProcess _process = null!;
        private int _thread, _clause, _depth;
        private bool _waitsForOthers, _always;

        public void Add(HostProcess process, ImmutableArray<Wait> waits, WakerFinder finder)
        {
            _process = process;
            _always = true;
            finder.FindAlways(process, this);
            _always = false;
            // Who shares its memory was asked of suspects only: whether it is alone in it is not known here.
            _waitsForOthers = !process.Record.SharesMemoryWith.IsEmpty;
            foreach (Wait wait in waits)
            {
                _thread = search.BeginThread(process.Place);
                finder.Find(process, wait, this);
                search.EndThread(_thread);
            }
            // It waits for nobody else and catches signals: to wait for one may be its design.
            if (!_waitsForOthers && (process.Record.SignalsCaught & SignalMask.WaitedForByDesign) != 0)
                search.Free(process.Place);
        }

        public void Begin(Wait wait)
        {
            if (_depth++ == 0)
                _clause = search.BeginClause(_thread);
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
            {
                search.EndClause(_clause);
                _waitsForOthers = true;
            }
            _depth--;
        }

        public void BeginSet(Wait wait) => Begin(wait);

        public void EndSet() => _depth--;
    }
}
