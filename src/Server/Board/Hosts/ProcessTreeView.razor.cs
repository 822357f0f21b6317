using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Components;
using OrphanBoard.Server.Board.Words;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Board.Hosts;

public sealed partial class ProcessTreeView
{
    private const int LongestTitle = 2000;
    private const int LongestArguments = 160;

    [Parameter, EditorRequired] public ImmutableArray<ProcessRow> Rows { get; set; }

    /// <summary>Part of a command, an argument, or a pid.</summary>
    [Parameter] public string Filter { get; set; } = "";

    [Parameter] public bool MarkedOnly { get; set; }

    /// <summary>Pid of the selected process, or null.</summary>
    [Parameter] public int? Selected { get; set; }

    [Parameter] public EventCallback<int> OnSelect { get; set; }

    /// <summary>Folded processes. Those that are gone stay in it: it is bounded by the clicks of one viewer.</summary>
    private HashSet<ProcessKey> Folded { get; } = [];
    private TreeIndex Index { get; set; } = new([], []);

    private string Foot => Index.Rows.Length == Rows.Length
        ? string.Create(CultureInfo.InvariantCulture, $"{Rows.Length:N0} processes")
        : string.Create(CultureInfo.InvariantCulture, $"{Index.Rows.Length:N0} of {Rows.Length:N0} processes shown");

    /// <summary>Position of a process among the visible rows, its ancestors unfolded; -1 if it is not there.</summary>
    public int Reveal(int pid)
    {
        int at = IndexOf(r => r.Process.Key.Pid == pid);
        if (at < 0)
            return -1;
        for (int i = at - 1, depth = Rows[at].Depth; i >= 0 && depth > 0; i--)
        {
            if (Rows[i].Depth >= depth)
                continue;
            depth = Rows[i].Depth;
            Folded.Remove(Rows[i].Process.Key);
        }
        Update();
        return Array.IndexOf(Index.Rows, at);
    }

    /// <summary>Folds every process that has children but for the roots, or unfolds all.</summary>
    public void FoldAll(bool fold)
    {
        Folded.Clear();
        if (fold)
            Folded.UnionWith(Rows.Where(r => r is { Depth: > 0, Descendants: > 0 }).Select(r => r.Process.Key));
        Update();
        StateHasChanged();
    }

    protected override void OnParametersSet() => Update();

    private void Update() => Index = TreeIndex.Of(Rows, Folded, Filter.Trim(), MarkedOnly);

    private async Task Act(RowActEventArgs e)
    {
        int at = IndexOf(r => r.Process.Key.ToString() == e.Key);
        if (at < 0)
            return;
        ProcessKey key = Rows[at].Process.Key;
        switch (e.Act)
        {
            case "fold":
                if (!Folded.Remove(key))
                    Folded.Add(key);
                Update();
                break;
            case "select":
                await OnSelect.InvokeAsync(key.Pid);
                break;
        }
    }

    private int IndexOf(Func<ProcessRow, bool> matches)
    {
        for (int i = 0; i < Rows.Length; i++)
        {
            if (matches(Rows[i]))
                return i;
        }
        return -1;
    }

    private string RowClass(ProcessRow row, int index)
    {
        string mark = row.Mark switch
        {
            ProcessMark.Stuck or ProcessMark.Stalled => " m-stuck",
            ProcessMark.Orphan => " m-orphan",
            _ => "",
        };
        return $"tree-row{mark}{(row.Process.Key.Pid == Selected ? " selected" : "")}{(Index.Context.Contains(index) ? " context" : "")}";
    }

    private static string Title(ProcessState process) => Cut(
        process.Facts.Cmdline is { Length: > 0 } arguments ? Argv.Line(arguments) : VisibleText.Of(process.Facts.Comm), LongestTitle);

    private static string Arguments(ImmutableArray<string> arguments) => Cut(Argv.Line(arguments.Skip(1).Take(20)), LongestArguments);

    private static string Cut(string text, int length) => text.Length <= length ? text : text[..length] + "…";

    /// <summary>Of the main thread; a process without one is a zombie.</summary>
    private static string WaitsIn(ProcessState process)
    {
        ThreadInfo? main = process.Threads.FirstOrDefault(t => t.Tid == process.Key.Pid) ?? process.Threads.FirstOrDefault();
        return main is null ? "–" : main.Wchan is { } wchan ? VisibleText.Of(wchan) : WaitWords.Of(main.Wait);
    }
}
