using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;
using OrphanBoard.Server.Board.Circuits;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Live;

namespace OrphanBoard.Server.Board.Hosts;

/// <summary>One host, live. What is looked at (filter, marked only, selected process) is in the address.</summary>
public sealed partial class HostPage : LiveComponent
{
    private const int RowHeight = 30;

    private ProcessTreeView? tree;
    private string? subscribedTo;
    private bool folded;
    private bool revealed;

    [Parameter] public string HostId { get; set; } = default!;
    [SupplyParameterFromQuery(Name = "q")] private string? Filter { get; set; }
    [SupplyParameterFromQuery] private string? Show { get; set; }
    [SupplyParameterFromQuery] private int? Pid { get; set; }

    [Inject] private LiveHosts Live { get; set; } = default!;
    [Inject] private HostQueries Queries { get; set; } = default!;
    [Inject] private NavigationManager Navigation { get; set; } = default!;
    [Inject] private IJSRuntime Script { get; set; } = default!;

    private HostView? View { get; set; }

    /// <summary>What the store knows of a host that is not live.</summary>
    private HostSummary? Known { get; set; }

    private HostTotals Totals => HostTotals.Of(View!);
    private bool MarkedOnly => Show == "marked";

    protected override TimeSpan Refresh => TimeSpan.FromSeconds(5);

    /// <summary>What the agent cannot see there, or null where it sees everything.</summary>
    private string? Blind => View is { Visibility: { Complete: false } sight } && (sight.FdTablesUnreadable > 0 || sight.WaitsUnreadable > 0)
        ? string.Create(CultureInfo.InvariantCulture, $"The agent may not read everything here: {sight.FdTablesUnreadable} fd {(sight.FdTablesUnreadable == 1 ? "table" : "tables")} and the waits of {sight.WaitsUnreadable} {(sight.WaitsUnreadable == 1 ? "thread" : "threads")} are hidden from it. orphan-agent doctor tells why.")
        : null;

    protected override IEnumerable<IDisposable> Subscribe(Action wake) => [Live.Subscribe(subscribedTo = HostId, wake)];

    protected override async Task Load()
    {
        if (subscribedTo is not null && subscribedTo != HostId)
            Resubscribe();
        View = Live.Find(HostId);
        Known = View is null ? await Queries.FindHost(HostId) : null;
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (revealed || tree is null || Pid is not int pid)
            return;
        revealed = true;
        int at = tree.Reveal(pid);
        if (at > 8)
            await Script.InvokeVoidAsync("orphanboard.scrollTo", "tree-body", (at - 4) * RowHeight);
    }

    private string With(string name, string? value) => Navigation.GetUriWithQueryParameter(name, value);

    private void Search(ChangeEventArgs e) =>
        Navigation.NavigateTo(With("q", e.Value is string { Length: > 0 } text ? text : null), new NavigationOptions { ReplaceHistoryEntry = true });

    private void Select(int pid)
    {
        revealed = true;
        Navigation.NavigateTo(With("pid", pid == Pid ? null : pid.ToString(CultureInfo.InvariantCulture)));
    }

    private void FoldAll()
    {
        folded = !folded;
        tree?.FoldAll(folded);
    }

    private static RenderFragment Total(string word, int count, string css) => builder =>
    {
        builder.OpenElement(0, "div");
        builder.AddAttribute(1, "class", $"panel total {(count > 0 ? css : "")}");
        builder.OpenElement(2, "dt");
        builder.AddContent(3, word);
        builder.CloseElement();
        builder.OpenElement(4, "dd");
        builder.AddContent(5, count.ToString("N0", CultureInfo.InvariantCulture));
        builder.CloseElement();
        builder.CloseElement();
    };
}
