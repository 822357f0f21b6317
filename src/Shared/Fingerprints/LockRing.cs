using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// Threads each of which waits for the next: for a lock that it has, or for its end. On a ring each counts, as processes do. Whoever else waits for one of them comes and goes, and is no part of the bug.
/// </summary>
internal sealed class LockRing
{
    private readonly Dictionary<int, int> _next = [];

    public LockRing(Finding finding)
    {
        foreach (Participant participant in finding.Participants)
        {
            foreach (ThreadInfo thread in participant.Threads)
            {
                if (thread.Awaits is > 0 and var next)
                    _next[thread.Tid] = next;
            }
        }
    }

    /// <summary>How many threads there are in the ring that this one is in: 1 where it waits for itself. 0: it is in none.</summary>
    public int SizeAt(int tid)
    {
        int size = 0;
        for (int at = tid; _next.TryGetValue(at, out int next) && size < _next.Count; at = next)
        {
            size++;
            if (next == tid)
                return size;
        }
        return 0;
    }
}
