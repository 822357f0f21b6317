using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// What earlier looks knew and one look cannot: since when a thread has not run, who the parent was before init or a subreaper took
/// over, since when a process is a zombie. Holds nothing of processes that have ended; a look costs what it changes.
/// </summary>
public sealed class LookMemory
{
    private readonly ResourceIndex _resources = new();
    private readonly Dictionary<int, HostProcess> _orphans = [];

    /// <summary>Longer than the looks of a scan take, which has no others.</summary>
    private static readonly TimeSpan TimeToReturn = TimeSpan.FromSeconds(10);

    /// <summary>The host as the last look showed it.</summary>
    internal ResourceIndex Resources => _resources;

    /// <summary>Those that were seen to lose their parent.</summary>
    internal IReadOnlyCollection<HostProcess> Orphans => _orphans.Values;

    /// <summary>One more look is remembered. A look of another boot begins anew.</summary>
    /// <returns>This memory.</returns>
    public LookMemory Advance(Snapshot look)
    {
        _resources.Advance(look);
        foreach (HostProcess gone in _resources.Gone)
            _orphans.Remove(gone.Pid);
        var lineage = new Lineage(_resources);
        foreach (HostProcess process in _resources.Changed)
            Remember(process, lineage);
        foreach (HostProcess process in _resources.Changed)
        {
            if (process.IsNew)
                Introduce(process);
        }
        return this;
    }

    /// <summary>How long a thread is known not to have run: from the kernel's own record where it was read, else since it was first seen still. Null: not known.</summary>
    public TimeSpan? StillFor(Snapshot look, ProcessRecord process, ThreadRecord thread)
    {
        TimeSpan? since = thread.LastRan;
        if (StillOf(process, thread) is { } still && (since is null || still.Since < since))
            since = still.Since;
        // The scheduler's clocks may be behind, each CPU's by another half of a second.
        var started = TimeSpan.FromSeconds((double)process.StartTimeTicks / look.Host.ClockTicksPerSecond);
        if (since < started)
            since = started;
        return since is { } moment && moment <= look.Uptime ? look.Uptime - moment : null;
    }

    /// <summary>How long each look has found a thread in the same wait, although it ran in between; null: it did not run, or not known.</summary>
    public TimeSpan? ReturnsFor(ProcessRecord process, ThreadRecord thread) =>
        StillOf(process, thread) is { Returned: true } still ? _resources.Look.Uptime - still.InWaitSince : null;

    /// <summary>Whether <see cref="ReturnsFor"/> may tell of a thread of it: one was seen to come back, or it has been seen for so short a time that it could not have been.</summary>
    internal bool MayHaveReturned(HostProcess process)
    {
        // Of a look that is not remembered.
        if (Find(process.Record) is not { } known || !ReferenceEquals(known.Record, process.Record))
            return true;
        foreach (Still still in known.Past?.Threads ?? [])
        {
            if (still.Returned)
                return true;
        }
        return _resources.Look.Uptime - known.FirstSeen < TimeToReturn;
    }

    /// <summary>
    /// How long each thread of a process, the service threads of its runtime left aside, is known to have been where it is: it did not run, or came back to the same wait.
    /// Zero where that is not known of one.
    /// </summary>
    public TimeSpan StandsFor(ProcessRecord process)
    {
        Snapshot look = _resources.Look;
        if (_resources.Find(process.Pid) is not { } known || known.Record.StartTimeTicks != process.StartTimeTicks)
            return TimeSpan.Zero;
        ImmutableArray<bool> services = known.ServicesOf(look.Host);
        return HostProcess.ThreadsOf(known.Record).Where((_, place) => services.IsDefault || !services[place])
            .Select(thread => Longer(StillFor(look, known.Record, thread), ReturnsFor(known.Record, thread))).DefaultIfEmpty().Min();

        static TimeSpan Longer(TimeSpan? still, TimeSpan? returns) => new(Math.Max(still?.Ticks ?? 0, returns?.Ticks ?? 0));
    }

    /// <summary>Set when the parent was seen to exit, or is known to have exited.</summary>
    /// <remarks>Asked of every process at every look: of the orphans alone, who are few.</remarks>
    public OrphanInfo? LostParentOf(ProcessRecord process) =>
        _orphans.TryGetValue(process.Pid, out HostProcess? orphan) && orphan.Record.StartTimeTicks == process.StartTimeTicks ? orphan.Past!.Orphan : null;

    /// <summary>Whether <paramref name="ancestor"/> was above <paramref name="process"/> when that was first seen, whoever has adopted it since.</summary>
    public bool CameFrom(ProcessRecord process, ProcessRecord ancestor) => Find(process)?.Ancestors.Contains(ancestor.Key) == true;

    /// <summary>Time since boot at which the process was first seen without its parent.</summary>
    public TimeSpan? OrphanSince(ProcessRecord process) => Find(process)?.Past?.OrphanSince;

    /// <summary>Time since boot at which the process was first seen as a zombie.</summary>
    public TimeSpan? ZombieSince(ProcessRecord process) => Find(process)?.Past?.ZombieSince;

    /// <summary>Whether a process has worked in the last seconds. Null: not known yet.</summary>
    public bool? IsBusy(ProcessRecord process)
    {
        if (Find(process) is not { } known)
            return null;
        TimeSpan now = _resources.Look.Uptime;
        return known.Past?.Cpu is { } use ? use.IsBusy(now, known.Record.CpuTicks, _resources.Look.Host.ClockTicksPerSecond)
            : now - known.FirstSeen >= CpuUse.Window ? false : null;
    }

    private HostProcess? Find(ProcessRecord process) => _resources.Find(process.Pid) is { } known && known.Record.StartTimeTicks == process.StartTimeTicks ? known : null;

    /// <summary>What is known of a thread that has the counters of the last look.</summary>
    private Still? StillOf(ProcessRecord process, ThreadRecord thread)
    {
        if (Find(process) is not { } known)
            return null;
        Still? still = known.Past?.Threads is { } threads ? Find(threads, thread.Tid) : known.Record.FindThread(thread.Tid) is { } now ? Since(known.FirstSeen, now) : null;
        return still is { } found && found.Counters == thread.Counters ? found : null;
    }

    /// <summary>As it was when it was seen for the first time; null where its counters could not be read.</summary>
    private static Still? Since(TimeSpan since, ThreadRecord thread) =>
        thread.Counters is { } counters ? new Still(thread.Tid, counters, since, since, Returned: false) : null;

    private static Still[] Since(TimeSpan since, ImmutableArray<ThreadRecord> threads) => [.. threads.Select(thread => Since(since, thread)).OfType<Still>()];

    private static Still? Find(Still[] threads, int tid)
    {
        int low = 0, high = threads.Length - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            if (threads[middle].Tid == tid)
                return threads[middle];
            if (threads[middle].Tid < tid)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }

    private void Remember(HostProcess process, Lineage lineage)
    {
        TimeSpan now = _resources.Look.Uptime;
        if (process.Before is { } before && !process.StoodStill)
        {
            Still[] known = process.Past?.Threads ?? Since(process.FirstSeen, before.Threads);
            (process.Past ??= new Remembered()).Threads = StillOf(process.Record.Threads, before.Threads, known, now);
        }
        if (process.Before is { } less && process.Record.CpuTicks > less.CpuTicks)
            ((process.Past ??= new Remembered()).Cpu ??= new CpuUse(process.FirstSeen, less.CpuTicks)).Add(now, process.Record.CpuTicks, _resources.Look.Host.ClockTicksPerSecond);
        if (process.Record.IsZombie)
            (process.Past ??= new Remembered()).ZombieSince ??= now;
        if (process.IsNew)
        {
            process.FirstSeen = now;
            process.Ancestors = lineage.AncestorsOf(process);
            if (lineage.LostParentOf(process) is { } lost)
                Lose(process, lost.Pid, lost.Comm);
            else if (_resources.Look.AdoptedByObserver?.Contains(process.Pid) == true)
                Lose(process, null, null);
        }
        RememberParent(process);
    }

    /// <summary>To children that have not changed, a parent that was missing at the look before, or one that has the pid of an earlier one.</summary>
    private void Introduce(HostProcess parent)
    {
        foreach (HostProcess child in _resources.ChildrenOf(parent).Span)
        {
            if (!child.HasChanged)
                RememberParent(child);
        }
    }

    private void RememberParent(HostProcess process)
    {
        if (_resources.ParentOf(process)?.Identity is not { } now)
            return;
        if (process.LastParent is { } before && before.Key != now.Key)
            Lose(process, before.Key.Pid, before.Comm);
        process.LastParent = now;
    }

    private void Lose(HostProcess process, int? parent, string? comm)
    {
        Snapshot look = _resources.Look;
        process.Past ??= new Remembered();
        process.Past.Orphan = new OrphanInfo(parent, comm, process.Record.Ppid, look.TakenAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ"), null);
        process.Past.OrphanSince = look.Uptime;
        _orphans[process.Pid] = process;
    }

    /// <summary>The same call for the same thing: its first two arguments say what is waited for. The others may be a timeout that has become shorter.</summary>
    private static bool IsSameWait(ThreadRecord before, ThreadRecord now) =>
        before.State == 'S' && now.State == 'S' && before.Wchan == now.Wchan
        && before.Call.Status == BlockedCallStatus.InCall && now.Call.Status == BlockedCallStatus.InCall && before.Call.Number == now.Call.Number
        && before.Call.Arguments.AsSpan(0, 2).SequenceEqual(now.Call.Arguments.AsSpan(0, 2));

    /// <summary>A thread with other counters than before stands still since now.</summary>
    private static Still[] StillOf(ImmutableArray<ThreadRecord> threads, ImmutableArray<ThreadRecord> threadsBefore, Still[] before, TimeSpan now)
    {
        int count = 0, old = 0, last = 0;
        // Threads come and go seldom: then each takes the place that it had.
        Still[] after = HasSameThreads(threads, before, out int known) ? before : new Still[known];
        foreach (ThreadRecord thread in threads)
        {
            if (thread.Counters is not { } counters)
                continue;
            while (old < before.Length && before[old].Tid < thread.Tid)
                old++;
            while (last < threadsBefore.Length && threadsBefore[last].Tid < thread.Tid)
                last++;
            Still? was = old < before.Length && before[old].Tid == thread.Tid ? before[old] : null;
            bool sameWait = was is not null && last < threadsBefore.Length && threadsBefore[last].Tid == thread.Tid && IsSameWait(threadsBefore[last], thread);
            bool ran = was?.Counters != counters;
            after[count++] = was is null ? new Still(thread.Tid, counters, now, now, false)
                : new Still(thread.Tid, counters, ran ? now : was.Value.Since, sameWait || !ran ? was.Value.InWaitSince : now, !ran ? was.Value.Returned : sameWait);
        }
        return after;
    }

    /// <param name="known">How many have counters that are known.</param>
    private static bool HasSameThreads(ImmutableArray<ThreadRecord> threads, Still[] before, out int known)
    {
        bool same = true;
        known = 0;
        foreach (ThreadRecord thread in threads)
        {
            if (thread.Counters is null)
                continue;
            same = same && known < before.Length && before[known].Tid == thread.Tid;
            known++;
        }
        return same && known == before.Length;
    }
}
