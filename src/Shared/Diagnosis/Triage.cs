using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who of a look is worth a second look: a superset of all whom the rules can tell of, found without the costly facts and, but for those that it
/// finds and those that changed, without allocating. Valid until it judges the next look.
/// </summary>
internal sealed partial class Triage(ResourceIndex resources, LookMemory memory)
{
    private readonly StuckSet _search = new(), _searchOfStopped = new();
    private readonly WakerFinder _finder = new(resources, guess: true);
    private readonly List<HostProcess> _candidates = [];
    private readonly HashSet<int> _suspects = [], _sessions = [];
    private ImmutableArray<int> _stuckAsWhole; // default: not asked yet

    /// <summary>Whom it has picked out, by what may be told of them.</summary>
    public TriageLists Lists { get; } = new();

    /// <summary>Pids whose costly facts (fdinfo, timers, sched) the next look should read.</summary>
    public IReadOnlySet<int> Suspects => _suspects;

    /// <summary>Whether the next look should read of everybody whose job it is: it may be over, and somebody left behind.</summary>
    public bool AsksForJobs { get; private set; }

    /// <summary>Judges the last look.</summary>
    public void Judge()
    {
        Clear();
        _candidates.EnsureCapacity(resources.Count);
        var adoption = new Adoption(resources, memory);
        HostIdentity host = resources.Look.Host;
        int place = 0;
        _finder.MasterMayBeStuck = false;
        foreach (HostProcess process in resources.Processes)
        {
            process.Place = place++;
            LocalFacts facts = process.FactsOn(host);
            if ((facts & LocalFacts.MayBeStuck) != 0 && process.Pid != resources.Look.ObserverPid)
                _candidates.Add(process);
            if ((facts & ~LocalFacts.Aside) == 0)
                continue;
            if ((facts & LocalFacts.MayBeOrphan) != 0
                && (memory.OrphanSince(process.Record) is null ? adoption.LooksOrphaned(process, guess: true) : adoption.HasDeadStdio(process, guess: true)))
                Lists.Orphaned.Add(process);
            if ((facts & LocalFacts.MayBeOrphan) != 0 && !AsksForJobs)
                AsksForJobs = adoption.AsksForJobs(process);
            if ((facts & LocalFacts.HoldsDuplicates) != 0 && MayHoldDuplicates(process))
                Lists.Duplicates.Add(process);
            if ((facts & LocalFacts.Zombie) != 0)
                Lists.Zombies.Add(process);
            if ((facts & LocalFacts.AwaitsFifo) != 0)
                Lists.AtFifos.Add(process);
            if ((facts & (LocalFacts.HasMaster | LocalFacts.MayBeStuck)) == (LocalFacts.HasMaster | LocalFacts.MayBeStuck))
                _finder.MasterMayBeStuck = true;
            if ((facts & LocalFacts.Halted) != 0)
                Lists.Halted.Add(process);
            if ((facts & LocalFacts.WaitsOnPipe) != 0)
            {
                FindHeldUp(adoption, process);
                FindPipeHazards(process, host);
            }
            if ((facts & LocalFacts.HasLockFault) != 0)
                Lists.LockFaults.Add(process);
        }
        Search(_search, [], Lists.Stuck);
        _search.Keep();
        if (Lists.Halted.Exists(process => Halts.Of(process.Record, guess: true) == Halt.Stopped))
            FindThoseWhoWaitForStopped();
        // Else, where many are stuck, it would grow to that bit by bit.
        _suspects.EnsureCapacity(Lists.Stuck.Count);
        foreach (TriageList list in Lists.All)
        {
            if (!list.AsksForThem)
                continue;
            foreach (HostProcess process in list)
                _suspects.Add(process.Pid);
        }
        // Which eventfd it is that somebody has shows only in fdinfo: where it matters, of all of whom it is not known. Once it is, it stays so for as long as they stand still.
        if (Lists.Stuck.Any(process => process.WaitsOf(host).Any(wait => wait.Kind == WaitKind.EventFd || wait.Members.Any(member => member.Kind == WaitKind.EventFd))))
        {
            foreach (Holder holder in resources.UntoldEventFdHolders.Span)
                _suspects.Add(holder.Process);
            AddTheirFamily(host);
        }
        AddThoseWhoMayHaveLocks(host);
        AddThoseWhoMayAccept(host);
        // And which terminal it is that somebody has the master of.
        if (Lists.Stuck.Any(process => process.WaitsOf(host).Any(wait => wait.Kind == WaitKind.Tty)))
        {
            foreach (HostProcess process in resources.Processes)
            {
                if ((process.FactsOn(host) & LocalFacts.HasMaster) != 0)
                    _suspects.Add(process.Pid);
            }
        }
        AddThoseWhoMayEndIt();
    }

    private void FindHeldUp(Adoption adoption, HostProcess reader)
    {
        if (adoption.MayBeHeldUp(reader))
        {
            Lists.HeldUp.Add(reader);
            // It may read what services say, or the output of jobs.
            AsksForJobs |= adoption.KeepsLogs(reader);
        }
        if (adoption.MayBeHeldByUnrelated(reader))
        {
            Lists.HeldByUnrelated.Add(reader);
            // What it costs to ask those who hold the pipe is asked as well.
            foreach (Wait wait in reader.WaitsOf(resources.Look.Host))
            {
                foreach (Wait read in StreamEnds.ReadsOf(wait))
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
            Lists.OwnReaders.Add(process);
        bool leaks = false;
        foreach (Wait wait in process.WaitsOf(host))
        {
            leaks |= MarkBystanders(process, wait);
            foreach (Wait member in wait.Members)
                leaks |= MarkBystanders(process, member);
        }
        if (leaks)
            Lists.LeakReaders.Add(process);
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

    /// <summary>The same search, in which those who are stopped are stuck whatever they wait for.</summary>
    private void FindThoseWhoWaitForStopped()
    {
        Search(_searchOfStopped, Lists.Halted.FindAll(process => Halts.Of(process.Record, guess: true) == Halt.Stopped), Lists.WaitForStopped);
        Lists.WaitForStopped.RemoveAll(process => _search.IsStuck(process.Place));
    }

    /// <summary>Neither service threads nor timeouts count.</summary>
    /// <param name="search">Begins anew.</param>
    /// <param name="stopped">Those who are stuck whatever they wait for.</param>
    /// <param name="stuck">Takes in who of the candidates is stuck.</param>
    private void Search(StuckSet search, List<HostProcess> stopped, List<HostProcess> stuck)
    {
        search.Begin(resources.Count, _candidates.Count);
        foreach (HostProcess process in stopped)
            search.Hold(process.Place);
        foreach (HostProcess candidate in _candidates)
            search.Hold(candidate.Place);
        var threads = new TriageSearch(search, resources, _finder);
        foreach (HostProcess candidate in _candidates)
            threads.Add(candidate);
        search.Settle();
        stuck.EnsureCapacity(_candidates.Count);
        foreach (HostProcess candidate in _candidates)
        {
            if (search.IsStuck(candidate.Place))
                stuck.Add(candidate);
        }
    }

    /// <summary>
    /// Pids of those of <see cref="TriageLists.Stuck"/> that may be stuck even so: a superset of whom the <see cref="WaitGraph"/> of the same counting finds, and far fewer
    /// where most wait with timeouts, for whom nothing has to be built then. The search of the look goes on: who is not stuck now wakes others.
    /// </summary>
    public ImmutableArray<int> StuckAt(Counted counted)
    {
        if (Lists.Stuck.Count == 0)
            return [];
        if (!counted.IsWhole)
            return Search(counted);
        if (_stuckAsWhole.IsDefault)
            _stuckAsWhole = Search(counted);
        return _stuckAsWhole;
    }

    private ImmutableArray<int> Search(Counted counted)
    {
        _search.Return();
        var threads = new TriageSearch(_search, resources, _finder);
        int left = Lists.Stuck.Count;
        foreach (HostProcess candidate in Lists.Stuck)
        {
            if (!threads.MayBeStuck(candidate, counted))
            {
                _search.Free(candidate.Place);
                left--;
            }
            else if (counted.IsWhole)
            {
                threads.AddServices(candidate);
            }
        }
        if (left == 0)
            return [];
        _search.Settle();
        var stuck = ImmutableArray.CreateBuilder<int>();
        foreach (HostProcess candidate in Lists.Stuck)
        {
            if (_search.IsStuck(candidate.Place))
                stuck.Add(candidate.Pid);
        }
        return stuck.DrainToImmutable();
    }

    private void Clear()
    {
        AsksForJobs = false;
        _stuckAsWhole = default;
        _candidates.Clear();
        foreach (TriageList list in Lists.All)
            list.Clear();
        _suspects.Clear();
    }
}
