using System.Runtime.CompilerServices;
using OrphanBoard.Server.Live;

namespace OrphanBoard.Server.Board.Hosts;

/// <summary>Totals of one look. Counted once per look, however many people watch.</summary>
/// <param name="Waiting">Processes that wait for a stuck or stalled one.</param>
public sealed record HostTotals(int Processes, int Threads, int Fds, int Stuck, int Orphans, int Zombies, int Waiting)
{
    private static readonly ConditionalWeakTable<HostView, HostTotals> Known = [];

    public static HostTotals Of(HostView view) => Known.GetValue(view, Count);

    private static HostTotals Count(HostView view)
    {
        int threads = 0, fds = 0, stuck = 0, orphans = 0, zombies = 0, waiting = 0;
        foreach (ProcessRow row in view.Rows)
        {
            threads += row.Process.Threads.Length;
            fds += row.Process.Fds.Length;
            stuck += row.Mark is ProcessMark.Stuck or ProcessMark.Stalled ? 1 : 0;
            orphans += row.Mark is ProcessMark.Orphan || row.Process.Facts.Orphan is not null ? 1 : 0;
            zombies += row.Process.Facts.State == 'Z' ? 1 : 0;
            waiting += row.Mark is ProcessMark.Waiter ? 1 : 0;
        }
        return new HostTotals(view.Rows.Length, threads, fds, stuck, orphans, zombies, waiting);
    }
}
