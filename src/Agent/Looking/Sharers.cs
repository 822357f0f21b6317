using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Processes that share their memory or their fd table without being threads of one process: clone(2) with CLONE_VM or CLONE_FILES and without CLONE_THREAD.
/// Nothing in /proc shows it; with one memory each can end the private futex waits of the other, and one table counts once.
/// </summary>
internal static class Sharers
{
    /// <summary>Fills in <see cref="ProcessRecord.SharesMemoryWith"/> and <see cref="ProcessRecord.SharesFilesWith"/> of the suspects.</summary>
    /// <param name="reader">Reads the fd tables that threads of others have to themselves: what hangs may depend on them too.</param>
    /// <param name="named">Where the back end has named memories and tables; null: it has not, and kcmp(2) is asked.</param>
    internal static void Mark(ProcessRecord[] processes, IReadOnlySet<int> suspects, RiskyReads risky, ProcessReader reader, ProcessTable? named)
    {
        if (suspects.Count == 0)
            return;
        // exe belongs to the memory, and an exec ends the sharing of both: those who share show the same.
        var alike = new Dictionary<string, List<int>>();
        foreach (ProcessRecord process in processes)
        {
            if (process is { Exe: { } exe, Threads.IsEmpty: false } && suspects.Contains(process.Pid))
                alike.TryAdd(exe, []);
        }
        for (int place = 0; place < processes.Length; place++)
        {
            if (processes[place] is { Exe: { } exe, Threads.IsEmpty: false } && alike.TryGetValue(exe, out List<int>? places))
                places.Add(place);
        }
        for (int place = 0; place < processes.Length; place++)
        {
            if (processes[place] is { Threads.Length: > 1, FdSight: Sight.Seen } process && !suspects.Contains(process.Pid)
                && named?.Find(process.Pid) is not { TableId: not 0, HasOtherTables: false } && HasOtherTables(process))
                processes[place] = reader.WithOwnTables(process) is { } whole && !HasOtherTables(whole) ? whole : process with { FdSight = Sight.Failed };
        }
        foreach (List<int> places in alike.Values)
        {
            MarkAmong(processes, suspects, Sharing(RiskyReadKind.CompareMemory, process => process.MemoryId), (process, sharers) =>
                sharers.IsEmpty ? process : process with { SharesMemoryWith = sharers });
            MarkAmong(processes, suspects, Sharing(RiskyReadKind.CompareTables, process => process.TableId), (process, sharers) => process with { SharesFilesWith = sharers });

            IEnumerable<List<int>> Sharing(RiskyReadKind what, Func<TrackedProcess, ulong> name)
            {
                if (named is not null && Named(processes, suspects, places, place => named.Find(processes[place].Pid) is { } process ? name(process) : 0) is { } known)
                    return known.Values;
                ILookup<bool, int> bySuspicion = places.ToLookup(place => suspects.Contains(processes[place].Pid));
                return KernelOrder.Group(bySuspicion[true], bySuspicion[false], (place, other) => Compare(processes[place], processes[other], what, risky));
            }
        }
    }

    /// <summary>Those of one name, where a suspect has it. Null: one of them has no name.</summary>
    private static Dictionary<ulong, List<int>>? Named(ProcessRecord[] processes, IReadOnlySet<int> suspects, List<int> places, Func<int, ulong> name)
    {
        var groups = new Dictionary<ulong, List<int>>();
        foreach (int place in places)
        {
            if (suspects.Contains(processes[place].Pid))
                groups[name(place)] = [];
        }
        foreach (int place in places)
        {
            ulong own = name(place);
            if (own == 0)
                return null;
            groups.GetValueOrDefault(own)?.Add(place);
        }
        return groups;
    }

    /// <summary>Whether a thread has an fd table of its own (unshare(2) with CLONE_FILES) that was not read: it may hold anything.</summary>
    private static bool HasOtherTables(ProcessRecord process)
    {
        ThreadRecord leader = process.Threads[0];
        if (!ThreadReader.Sleeps(leader))
            return false;
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread != leader && thread.Fds is null && ThreadReader.Sleeps(thread) && Kcmp.Tables(leader.Tid, thread.Tid) is not (0 or null))
                return true;
        }
        return false;
    }

    private static void MarkAmong(
        ProcessRecord[] processes, IReadOnlySet<int> suspects, IEnumerable<List<int>> groups, Func<ProcessRecord, ImmutableArray<int>, ProcessRecord> mark)
    {
        foreach (List<int> sharers in groups)
        {
            sharers.Sort();
            foreach (int place in sharers.Where(place => suspects.Contains(processes[place].Pid)))
                processes[place] = mark(processes[place], [.. sharers.Where(other => other != place).Select(other => processes[other].Pid)]);
        }
    }

    /// <summary>
    /// kcmp(2) waits for an execve of either one to end. Who sleeps in another call is in none; of the others the helper asks, who can be given up.
    /// </summary>
    private static int? Compare(ProcessRecord one, ProcessRecord other, RiskyReadKind what, RiskyReads risky)
    {
        (int tid, int otherTid) = (one.Threads[0].Tid, other.Threads[0].Tid);
        if (Sleeps(one) && Sleeps(other))
            return what == RiskyReadKind.CompareMemory ? Kcmp.Memory(tid, otherTid) : Kcmp.Tables(tid, otherTid);
        var read = new RiskyRead(what, one.Pid, tid, 1, (ulong)otherTid);
        if (risky.Ask(one.Key, 0, read, one.State != 'D' && other.State != 'D', out ReadOnlySpan<byte> answer) != Sight.Seen || answer.IsEmpty)
            return null;
        return answer[0] switch { 0 => 0, 1 => -1, _ => 1 };
    }

    /// <summary>Asleep, or stopped by a signal: whom that stops has come to the end of its call. Who waits for its vfork child is in no execve either.</summary>
    internal static bool Sleeps(ProcessRecord process)
    {
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread.State != 'T' && !ThreadReader.Sleeps(thread) && !WaitDecoder.IsInVfork(thread))
                return false;
        }
        return !process.Threads.IsEmpty;
    }
}
