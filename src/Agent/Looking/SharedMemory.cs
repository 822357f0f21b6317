using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Processes that share their memory without being threads of one process: clone(2) with CLONE_VM and without CLONE_THREAD. Nothing in /proc
/// shows it; each can end the private futex waits of the other.
/// </summary>
internal static class SharedMemory
{
    /// <summary>Fills in <see cref="ProcessRecord.SharesMemoryWith"/> of the suspects, in the array itself.</summary>
    internal static ImmutableArray<ProcessRecord> Mark(ProcessRecord[] processes, IReadOnlySet<int> suspects)
    {
        if (suspects.Count > 0)
        {
            // exe belongs to the memory: those who share one show the same.
            var alike = new Dictionary<string, List<int>>();
            foreach (ProcessRecord process in processes)
            {
                if (process.Exe is not null && suspects.Contains(process.Pid))
                    alike.TryAdd(process.Exe, []);
            }
            for (int place = 0; place < processes.Length; place++)
            {
                if (processes[place].Exe is { } exe && alike.TryGetValue(exe, out List<int>? places))
                    places.Add(place);
            }
            foreach (List<int> places in alike.Values.Where(places => places.Count > 1))
                MarkAmong(processes, suspects, places);
        }
        return ImmutableCollectionsMarshal.AsImmutableArray(processes);
    }

    private static void MarkAmong(ProcessRecord[] processes, IReadOnlySet<int> suspects, List<int> places)
    {
        // In the kernel's order of memories, so that each process is compared with few of the others.
        var memories = new List<List<int>>();
        foreach (int place in places)
        {
            if (Find(processes, memories, processes[place].Pid) is not { } at)
                continue;
            if (at >= 0)
                memories[at].Add(place);
            else
                memories.Insert(~at, [place]);
        }
        foreach (List<int> sharers in memories.Where(sharers => sharers.Count > 1))
        {
            foreach (int place in sharers.Where(place => suspects.Contains(processes[place].Pid)))
                processes[place] = processes[place] with { SharesMemoryWith = [.. sharers.Where(other => other != place).Select(other => processes[other].Pid)] };
        }
    }

    /// <returns>Index of the memory, or the complement of where it belongs; null where it could not be told.</returns>
    private static int? Find(ProcessRecord[] processes, List<List<int>> memories, int pid)
    {
        int low = 0, high = memories.Count - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            switch (TargetMemory.Compare(pid, processes[memories[middle][0]].Pid))
            {
                case null:
                    return null;
                case 0:
                    return middle;
                case < 0:
                    high = middle - 1;
                    break;
                default:
                    low = middle + 1;
                    break;
            }
        }
        return ~low;
    }
}
