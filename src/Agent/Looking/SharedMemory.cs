using System.Collections.Immutable;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Processes that share their memory without being threads of one process: clone(2) with CLONE_VM and without CLONE_THREAD. Nothing in /proc
/// shows it; each can end the private futex waits of the other.
/// </summary>
internal static class SharedMemory
{
    /// <summary>Fills in <see cref="ProcessRecord.SharesMemoryWith"/> of the suspects.</summary>
    internal static void Mark(ImmutableArray<ProcessRecord>.Builder processes, IReadOnlySet<int> suspects, RiskyReads risky)
    {
        // exe belongs to the memory: those who share one show the same.
        foreach (var alike in Enumerable.Range(0, processes.Count).Where(place => processes[place].Exe is not null).GroupBy(place => processes[place].Exe))
        {
            int[] places = [.. alike];
            if (places.Length > 1 && places.Any(place => suspects.Contains(processes[place].Pid)))
                MarkAmong(processes, suspects, places, risky);
        }
    }

    private static void MarkAmong(ImmutableArray<ProcessRecord>.Builder processes, IReadOnlySet<int> suspects, int[] places, RiskyReads risky)
    {
        // In the kernel's order of memories, so that each process is compared with few of the others.
        var memories = new List<List<int>>();
        foreach (int place in places)
        {
            if (Find(processes, memories, processes[place], risky) is not { } at)
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
    private static int? Find(ImmutableArray<ProcessRecord>.Builder processes, List<List<int>> memories, ProcessRecord process, RiskyReads risky)
    {
        int low = 0, high = memories.Count - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            switch (Compare(process, processes[memories[middle][0]], risky))
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

    /// <summary>kcmp(2) waits for an execve of either one; both were seen outside of one, a moment ago.</summary>
    private static int? Compare(ProcessRecord process, ProcessRecord other, RiskyReads risky)
    {
        var read = new RiskyRead(RiskyReadKind.CompareMemory, process.Pid, 0, 1, (ulong)other.Pid);
        bool asleep = process.State != 'D' && other.State != 'D';
        if (risky.Ask(process.Key, 0, read, asleep, out ReadOnlySpan<byte> answer) != Sight.Seen || answer.IsEmpty)
            return null;
        return answer[0] switch { 0 => 0, 1 => -1, _ => 1 };
    }
}
