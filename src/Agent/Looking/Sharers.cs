using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Processes that share their memory or their fd table without being threads of one process: clone(2) with CLONE_VM or CLONE_FILES and without CLONE_THREAD.
/// Nothing in /proc shows it; with one memory each can end the private futex waits of the other, and one table counts once.
/// </summary>
internal static class Sharers
{
    /// <summary>Fills in <see cref="ProcessRecord.SharesMemoryWith"/> and <see cref="ProcessRecord.SharesFilesWith"/> of the suspects.</summary>
    internal static void Mark(ProcessRecord[] processes, IReadOnlySet<int> suspects)
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
        foreach (List<int> places in alike.Values)
        {
            MarkAmong(processes, suspects, places, Kcmp.Memory, (process, sharers) =>
                sharers.IsEmpty ? process : process with { SharesMemoryWith = sharers });
            MarkAmong(processes, suspects, places, Kcmp.Tables, (process, sharers) => process with { SharesFilesWith = sharers });
        }
    }

    private static void MarkAmong(
        ProcessRecord[] processes, IReadOnlySet<int> suspects, List<int> places, Func<int, int, int?> compare,
        Func<ProcessRecord, ImmutableArray<int>, ProcessRecord> mark)
    {
        foreach (List<int> sharers in KernelOrder.Group(places, (place, other) => compare(processes[place].Threads[0].Tid, processes[other].Threads[0].Tid)))
        {
            foreach (int place in sharers.Where(place => suspects.Contains(processes[place].Pid)))
                processes[place] = mark(processes[place], [.. sharers.Where(other => other != place).Select(other => processes[other].Pid)]);
        }
    }
}
