using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
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
    private readonly List<HostProcess> _candidates = [], _stuck = [], _heldUp = [], _heldByUnrelated = [], _orphaned = [], _duplicates = [], _zombies = [], _fifos = [], _lockFaults = [], _halted = [], _waitForStopped = [], _ownReaders = [], _leakReaders = [];
    private readonly HashSet<int> _suspects = [];

    /// <summary>Those that might wait only for each other, if no hidden fd table holds an end and no timeout and no service thread of a runtime counts. Ascending by pid, like all of these.</summary>
    public IReadOnlyList<HostProcess> Stuck => _stuck;

    /// <summary>Readers that orphans might keep waiting, see <see cref="Adoption.HeldUp"/>.</summary>
    public IReadOnlyList<HostProcess> HeldUp => _heldUp;

    /// <summary>Readers that a process without business there might keep waiting, see <see cref="Adoption.HeldByUnrelated"/>.</summary>
    public IReadOnlyList<HostProcess> HeldByUnrelated => _heldByUnrelated;

    /// <summary>Those that look like orphans: to who did not see them become one, and by their stdio.</summary>
    public IReadOnlyList<HostProcess> Orphaned => _orphaned;

    /// <summary>Those whose stdio is again at other fds.</summary>
    public IReadOnlyList<HostProcess> Duplicates => _duplicates;

    public IReadOnlyList<HostProcess> Zombies => _zombies;

    /// <summary>Those that are stopped, held by their tracers, or perhaps frozen.</summary>
    public IReadOnlyList<HostProcess> Halted => _halted;

    /// <summary>Those that wait for the end of a pipe whose write end they alone have, see <see cref="PipeHazards"/>.</summary>
    public IReadOnlyList<HostProcess> OwnReaders => _ownReaders;

    /// <summary>Those that wait on a pipe whose write end a bystander may have inherited.</summary>
    public IReadOnlyList<HostProcess> LeakReaders => _leakReaders;

    /// <summary>Those that might wait only for somebody stopped.</summary>
    public IReadOnlyList<HostProcess> WaitForStopped => _waitForStopped;

    /// <summary>Those that wait for the other end of a FIFO, see <see cref="LocalFacts.AwaitsFifo"/>.</summary>
    public IReadOnlyList<HostProcess> AtFifos => _fifos;

    /// <summary>Those whose lock words name a fault.</summary>
    public IReadOnlyList<HostProcess> LockFaults => _lockFaults;

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
        _finder.MasterMayBeStuck = false;
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
            if ((facts & LocalFacts.ReadsPipe) != 0)
                FindHeldUp(adoption, process);
            if ((facts & LocalFacts.MayBeOrphan) != 0
                && (memory.OrphanSince(process.Record) is null ? adoption.LooksOrphaned(process, guess: true) : adoption.HasDeadStdio(process, guess: true)))
                _orphaned.Add(process);
            if ((facts & LocalFacts.HoldsDuplicates) != 0 && MayHoldDuplicates(process))
                _duplicates.Add(process);
            if ((facts & LocalFacts.Zombie) != 0)
                _zombies.Add(process);
            if ((facts & LocalFacts.AwaitsFifo) != 0)
                _fifos.Add(process);
            if ((facts & (LocalFacts.HasMaster | LocalFacts.MayBeStuck)) == (LocalFacts.HasMaster | LocalFacts.MayBeStuck))
                _finder.MasterMayBeStuck = true;
            if ((facts & LocalFacts.Halted) != 0)
                _halted.Add(process);
            if ((facts & LocalFacts.WaitsOnPipe) != 0)
                FindPipeHazards(process, host);
            if ((facts & LocalFacts.HasLockFault) != 0)
                _lockFaults.Add(process);
        }
        FindStuck(host, _stuck);
        if (_halted.Exists(process => Halts.Of(process.Record, guess: true) == Halt.Stopped))
            FindThoseWhoWaitForStopped(host);
        foreach (List<HostProcess> found in (ReadOnlySpan<List<HostProcess>>)[_stuck, _duplicates, _orphaned, _heldUp, _heldByUnrelated, _halted, _waitForStopped, _fifos, _lockFaults])
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
        AddThoseWhoMayEndIt();
    }

    private void FindHeldUp(Adoption adoption, HostProcess reader)
    {
        if (adoption.MayBeHeldUp(reader))
        {
            _heldUp.Add(reader);
        }
        if (adoption.MayBeHeldByUnrelated(reader))
        {
            _heldByUnrelated.Add(reader);
            // What it costs to ask those who hold the pipe is asked as well.
            foreach (Wait wait in reader.WaitsOf(resources.Look.Host))
            {
                foreach (Wait read in Adoption.PipeReads(wait))
                {
                    foreach (Holder holder in resources.HoldersOf(read.Target!).Span)
                        _suspects.Add(holder.Process);
                }
            }
        }
    }

    /// <summary>Sockets that lead to a service (a log, say) do not count; which do is known once their tables were read.</summary>
    private bool MayHoldDuplicates(HostProcess process)
    {
        foreach (StdioDuplicates pair in StdioDuplicates.AllOf(process.Record))
        {
            if (resources.IsHandedOn(pair.Stdio.Target) || resources.Look.Sockets is null && resources.Sockets.FactOf(pair.Stdio.Target.Id).Party == SocketParty.NotKnown)
                return true;
        }
        return false;
    }

    private void FindPipeHazards(HostProcess process, HostIdentity host)
    {
        if (PipeHazards.FindOwn(resources, process) is not null)
            _ownReaders.Add(process);
        bool leaks = false;
        foreach (Wait wait in process.WaitsOf(host))
        {
            leaks |= MarkBystanders(process, wait);
            foreach (Wait member in wait.Members)
                leaks |= MarkBystanders(process, member);
        }
        if (leaks)
            _leakReaders.Add(process);
    }

    /// <summary>Whether its fd is close-on-exec is asked of the bystander only.</summary>
    private bool MarkBystanders(HostProcess reader, Wait wait)
    {
        bool any = false;
        if (!PipeHazards.IsPipeRead(wait))
            return any;
        foreach (Holder holder in resources.HoldersOf(wait.Target!).Span)
        {
            if (!PipeHazards.IsBystander(resources, reader, wait, holder))
                continue;
            any = true;
            _suspects.Add(holder.Process);
        }
        return any;
    }

    /// <summary>Who above a suspect may have a timer (see <see cref="Limits"/>) is asked for it too.</summary>
    private void AddThoseWhoMayEndIt()
    {
        foreach (List<HostProcess> found in (ReadOnlySpan<List<HostProcess>>)[_stuck, _heldUp, _heldByUnrelated, _fifos, _halted, _waitForStopped])
        {
            foreach (HostProcess process in found)
            {
                HostProcess? above = resources.ParentOf(process);
                for (int steps = 0; steps < resources.Count && above is not null; steps++, above = resources.ParentOf(above))
                {
                    if (Limits.MayHaveATimer(above.Record))
                        _suspects.Add(above.Pid);
                }
            }
        }
    }

    /// <summary>The same search, in which those who are stopped are stuck whatever they wait for.</summary>
    private void FindThoseWhoWaitForStopped(HostIdentity host)
    {
        _search.Begin(resources.Count);
        foreach (HostProcess process in resources.Processes)
        {
            LocalFacts facts = process.FactsOn(host);
            bool candidate = (facts & LocalFacts.MayBeStuck) != 0 && process.Pid != resources.Look.ObserverPid;
            if (!candidate && ((facts & LocalFacts.Halted) == 0 || Halts.Of(process.Record, guess: true) != Halt.Stopped))
                _search.Free(process.Place);
        }
        FindStuck(host, _waitForStopped);
        _waitForStopped.RemoveAll(_stuck.Contains);
    }

    private void FindStuck(HostIdentity host, List<HostProcess> stuck)
    {
        var threads = new ThreadsOfOne(_search, resources);
        foreach (HostProcess candidate in _candidates)
            threads.Add(candidate, candidate.WaitsOf(host), candidate.PatientWaitsOf(host), candidate.ServicesOf(host), _finder, host);
        _search.Settle();
        foreach (HostProcess candidate in _candidates)
        {
            if (_search.IsStuck(candidate.Place))
                stuck.Add(candidate);
        }
    }

    private void Clear()
    {
        foreach (List<HostProcess> list in (ReadOnlySpan<List<HostProcess>>)[_candidates, _stuck, _heldUp, _heldByUnrelated, _orphaned, _duplicates, _zombies, _halted, _waitForStopped, _ownReaders, _leakReaders, _fifos, _lockFaults])
            list.Clear();
        _suspects.Clear();
    }

    /// <summary>Brings one process after the other into the search.</summary>
    private sealed class ThreadsOfOne(StuckSet search, ResourceIndex resources) : IWakerSink
    {
        private HostProcess _process = null!;
        private int _thread, _clause, _depth;
        private bool _waitsForOthers, _always;

        /// <summary>Service threads are left aside, and timeouts too: so does the diagnosis where that is all that is between a process and a hang.</summary>
        public void Add(HostProcess process, ImmutableArray<Wait> waits, ImmutableArray<Wait> patient, ImmutableArray<bool> services, WakerFinder finder, HostIdentity host)
        {
            _process = process;
            _always = true;
            finder.FindAlways(process, this);
            _always = false;
            // Who shares its memory was asked of suspects only: whether it is alone in it is not known here.
            _waitsForOthers = !process.Record.SharesMemoryWith.IsEmpty;
            bool timed = false;
            for (int i = 0; i < waits.Length; i++)
            {
                if (!services.IsDefault && services[i])
                    continue;
                timed |= waits[i].Bounded == Bounded.Yes;
                _thread = search.BeginThread(process.Place);
                finder.Find(process, patient[i], this);
                search.EndThread(_thread);
            }
            // It waits for nobody else and catches signals: to wait for one may be its design. Or it comes and looks by itself.
            if (!_waitsForOthers && (timed || (process.Record.SignalsCaught & SignalMask.WaitedForByDesign) != 0) && (process.FactsOn(host) & LocalFacts.HasLockFault) == 0
                && !ForkedChild.MayLackAThread(resources, process, waits[0]))
                search.Free(process.Place);
        }

        public void Begin(Wait wait)
        {
            if (_depth++ == 0)
                _clause = search.BeginClause(_thread);
            // Who holds a lock is not known here, and no program waits for a signal there by design.
            _waitsForOthers |= wait.Kind is WaitKind.FileLock or WaitKind.Tty;
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
}
