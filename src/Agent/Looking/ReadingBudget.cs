using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Spares the host: a process that runs all the time and whose fd table stays as it is, is read at every second, fourth, eighth look only; and
/// once a look has used up its time, what is left to read waits for the next. Not while there are suspects: that somebody holds nothing is only known of those
/// who were read.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="most">What the reading of one look may take; null: no bound, and nobody is left out.</param>
internal sealed class ReadingBudget(TimeProvider time, TimeSpan? most)
{
    /// <summary>So often a process is read although it is hot, before it is read more seldom.</summary>
    private const int Patience = 4;

    private const int LongestPause = 8;

    private long _start;
    private bool _bound;

    /// <summary>Processes that this look has left behind: they have run and were not read.</summary>
    internal int LeftBehind { get; private set; }

    internal void BeginLook(bool suspects)
    {
        _bound = most is not null && !suspects;
        _start = time.GetTimestamp();
        LeftBehind = 0;
    }

    /// <summary>Whether a process that has run is to be left out of this look.</summary>
    internal bool LeavesOut(TrackedProcess process, long look)
    {
        if (!_bound || !process.Ran)
            return false;
        bool leave = process.Record is not null && look - process.ReadAt < PauseOf(process.HotLooks) || time.GetElapsedTime(_start) > most;
        if (leave)
            LeftBehind++;
        return leave;
    }

    /// <summary>After a process that had run was read.</summary>
    internal static int HotLooksAfter(TrackedProcess process, ProcessRecord? before, ProcessRecord? now) =>
        process.Ran && before is not null && now is not null && before.Fds == now.Fds ? process.HotLooks + 1 : 0;

    private static int PauseOf(int hotLooks) => hotLooks < Patience ? 1 : Math.Min(LongestPause, 1 << Math.Min(hotLooks - Patience + 1, 3));
}
