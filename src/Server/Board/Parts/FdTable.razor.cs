using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Components;
using OrphanBoard.Server.Board.Drawing;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Parts;

/// <summary>The fd table of one process. Equal pipes have an equal letter and colour, here and in the picture.</summary>
public sealed partial class FdTable
{
    private const int MostHolders = 6;

    [Parameter, EditorRequired] public int Pid { get; set; }
    [Parameter, EditorRequired] public ImmutableArray<FdInfo> Fds { get; set; }
    [Parameter, EditorRequired] public SharedResources Shared { get; set; } = default!;

    /// <summary>Fds of this process that must be let go of.</summary>
    [Parameter] public ImmutableArray<int> CulpritFds { get; set; } = [];

    /// <summary>False: the table is hidden from the agent.</summary>
    [Parameter] public bool Visible { get; set; } = true;

    private sealed record FdRow(FdInfo Fd, SharedResource? Resource, string Name, string OtherHolders, bool Guilty);

    private FdRow[] Lettered { get; set; } = [];
    private FdRow[] Others { get; set; } = [];

    protected override void OnParametersSet()
    {
        FdRow[] rows = [.. Fds.OrderBy(f => f.Fd).Select(Row)];
        Lettered = [.. rows.Where(r => r.Resource is not null || r.Guilty)];
        Others = [.. rows.Where(r => r.Resource is null && !r.Guilty)];
    }

    private FdRow Row(FdInfo fd)
    {
        SharedResource? resource = Shared.Find(fd.Target);
        return new FdRow(fd, resource, VisibleText.Of(resource?.Name ?? fd.Target), resource is null ? "" : OtherHolders(fd, resource), CulpritFds.Contains(fd.Fd));
    }

    private string OtherHolders(FdInfo fd, SharedResource resource)
    {
        string[] others =
        [
            .. resource.Holders.Where(h => h.Pid != Pid || h.Fd != fd.Fd).GroupBy(h => h.Pid).OrderByDescending(g => g.Key == Pid).Select(g =>
                $"{(g.Key == Pid ? "own" : g.Key.ToString(CultureInfo.InvariantCulture))} {(g.Count() == 1 ? "fd" : "fds")} {string.Join(", ", g.Select(h => h.Fd))}"),
        ];
        return others.Length <= MostHolders ? string.Join("; ", others) : $"{string.Join("; ", others.Take(MostHolders - 1))} and {others.Length - MostHolders + 1} more";
    }

    private static string EndOf(string access) => access switch { "r" => "READ", "w" => "WRITE", "rw" => "R/W", _ => VisibleText.Of(access) };
}
