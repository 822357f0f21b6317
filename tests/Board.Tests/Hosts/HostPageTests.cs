using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using OrphanBoard.Server.Board.Hosts;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Live;

namespace OrphanBoard.Board.Tests.Hosts;

/// <summary>The page on real live hosts and a real store.</summary>
public sealed class HostPageTests : BoardContext
{
    private readonly string _store = Path.Combine(Path.GetTempPath(), $"board-{Guid.NewGuid():N}.db");
    private readonly LiveHosts _live = new();

    public HostPageTests()
    {
        Services.AddSingleton(_live);
        Services.AddHistory(_store);
        BeInteractive();
        _live.Publish(Trees.View("h1", Trees.Small, Now));
    }

    private Task<IRenderedComponent<HostPage>> Page(string query = "")
    {
        Services.GetRequiredService<NavigationManager>().NavigateTo($"hosts/h1{query}");
        return Task.FromResult(Render<HostPage>(p => p.Add(h => h.HostId, "h1")));
    }

    [Fact]
    public async Task Render_LiveHost_ShowsItsProcessesAndTotals()
    {
        var page = await Page();
        Assert.Equal("box", page.Find("h1").TextContent);
        Assert.Equal(5, page.FindAll("[data-key]").Count);
        Assert.Equal("1", page.Find(".total.orphan dd").TextContent);
    }

    [Fact]
    public async Task Render_AgentThatSaysNothingOfItself_HasNoLineForIt() => Assert.Empty((await Page()).FindAll(".agent"));

    [Fact]
    public async Task Render_PidInTheAddress_OpensItsPanel()
    {
        var page = await Page("?pid=4");
        Assert.Contains("vim notes.txt", page.Find(".process-panel").TextContent);
        Assert.Equal("4", page.Find(".tree-row.selected .c-pid").TextContent);
    }

    [Fact]
    public async Task Render_PidThatIsGone_SaysSo() =>
        Assert.Contains("not there any more", (await Page("?pid=4711")).Find(".process-panel").TextContent);

    [Fact]
    public async Task Publish_NewView_IsShown()
    {
        var page = await Page();
        _live.Publish(Trees.View("h1", [Trees.Row(1, "init", 0, 0)], Now));
        page.WaitForAssertion(() => Assert.Single(page.FindAll("[data-key]")), Deadline);
    }

    [Fact]
    public async Task Publish_AfterDispose_RendersNothing()
    {
        var page = await Page();
        int renders = page.RenderCount;
        await DisposeComponentsAsync();
        _live.Publish(Trees.View("h1", [], Now));
        Assert.Equal(renders, page.RenderCount);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        File.Delete(_store);
    }
}
