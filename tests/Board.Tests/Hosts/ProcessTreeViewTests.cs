using Bunit;
using OrphanBoard.Server.Board.Hosts;
using OrphanBoard.Server.Live;

namespace OrphanBoard.Board.Tests.Hosts;

public sealed class ProcessTreeViewTests : BoardContext
{
    private IRenderedComponent<ProcessTreeView> Tree(Action<int>? select = null, params ProcessRow[] rows) => Render<ProcessTreeView>(p => p
        .Add(t => t.Rows, rows.Length > 0 ? [.. rows] : Trees.Small)
        .Add(t => t.OnSelect, select ?? (_ => { })));

    private static string[] Names(IRenderedComponent<ProcessTreeView> tree) =>
        [.. tree.FindAll("[data-key] .proc").Select(p => p.FirstChild!.TextContent.Trim())];

    private static Task Act(IRenderedComponent<ProcessTreeView> tree, string act, string key) =>
        tree.Find(".tree").TriggerEventAsync("onrowact", new RowActEventArgs { Act = act, Key = key });

    [Fact]
    public async Task Fold_Process_HidesItsChildrenAndShowsThemAgain()
    {
        var tree = Tree();
        Assert.Equal(["systemd", "sshd", "bash", "vim", "cron"], Names(tree));
        await Act(tree, "fold", "2@2");
        Assert.Equal(["systemd", "sshd", "cron"], Names(tree));
        await Act(tree, "fold", "2@2");
        Assert.Equal(5, Names(tree).Length);
    }

    [Fact]
    public async Task Select_Row_TellsItsPid()
    {
        int selected = 0;
        await Act(Tree(pid => selected = pid), "select", "4@4");
        Assert.Equal(4, selected);
    }

    [Theory]
    [InlineData("select", "4@3")]
    [InlineData("select", "")]
    [InlineData("", "4@4")]
    [InlineData("nonsense", "4@4")]
    public async Task Act_OnNothingThatIsThere_DoesNothing(string act, string key)
    {
        int selected = 0;
        var tree = Tree(pid => selected = pid);
        await Act(tree, act, key);
        Assert.Equal(0, selected);
        Assert.Equal(5, Names(tree).Length);
    }

    [Fact]
    public void Render_MarkWithEpisode_LinksToTheFinding()
    {
        var link = Tree().Find("a.chip");
        Assert.Equal(("orphan", "findings/e1"), (link.TextContent.Trim(), link.GetAttribute("href")));
    }

    [Fact]
    public void Render_HostileName_IsEscaped()
    {
        var tree = Tree(null, Trees.Row(7, "<i>\u202ex\u001b", 0, 0, args: ["a", "\n<script>"]));
        Assert.Empty(tree.FindAll("i, script"));
        Assert.Equal("<i>\\u202ex\\x1b", Names(tree).Single());
        Assert.Contains("\\n<script>", tree.Find(".args").TextContent);
    }

    [Fact]
    public async Task Reveal_ProcessInAFoldedTree_UnfoldsWhatIsAboveIt()
    {
        var tree = Tree();
        await tree.InvokeAsync(() => tree.Instance.FoldAll(true));
        Assert.Equal(["systemd", "sshd", "cron"], Names(tree));
        int at = await tree.InvokeAsync(() => tree.Instance.Reveal(4));
        Assert.Equal(3, at);
    }

    [Fact]
    public void Render_Rows_HaveNoHandlersOfTheirOwn() =>
        Assert.Single(System.Text.RegularExpressions.Regex.Matches(Tree().Markup, "blazor:on"));
}
