using System.Text.Json;
using Microsoft.Playwright;
using OrphanBoard.EndToEnd.Pages;
using OrphanBoard.EndToEnd.Running;

namespace OrphanBoard.EndToEnd;

/// <summary>The founding hang from /proc to the API, the board and the chat.</summary>
public sealed class FoundingHangTests(DemoFixture fixture) : IClassFixture<DemoFixture>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Api_DemoRuns_TellsTheProvenDeadlockWithinFiveSeconds()
    {
        Episode episode = fixture.Episode;
        Assert.Equal(("deadlock", "proven", "eof-held-by-duplicate"), (episode.Class, episode.Confidence, episode.Rule));
        Assert.True(fixture.ToApi < TimeSpan.FromSeconds(5), $"took {fixture.ToApi.TotalSeconds:0.0} s");

        JsonElement finding = (await fixture.Demo.Api.GetAsync($"episodes/{episode.Id}")).GetProperty("finding");
        JsonElement culprit = finding.GetProperty("culprit");
        Assert.Equal(4, culprit.GetProperty("fd").GetInt32());
        JsonElement holder = finding.GetProperty("participants").EnumerateArray().Single(process => process.GetProperty("pid").GetInt32() == culprit.GetProperty("pid").GetInt32());
        Assert.Equal("served-child", holder.GetProperty("comm").GetString());
        Assert.Equal(3, finding.GetProperty("pids").GetArrayLength());
    }

    [Fact]
    public async Task FindingPage_DemoRuns_ShowsSentencesCulpritAndFdTable()
    {
        IPage page = await fixture.Browser.OpenAsync(new Uri(fixture.Demo.Api.Address, $"findings/{fixture.Episode.Id}"));
        var finding = new FindingPage(page);

        await Assertions.Expect(finding.Title).ToHaveTextAsync(fixture.Episode.Summary);
        string story = string.Join('\n', await finding.Sentences.AllInnerTextsAsync());
        foreach (string word in new[] { "runner", "contract-tests", "served-child", "fd 1", "fd 4" })
            Assert.Contains(word, story);
        await Assertions.Expect(finding.Culprit).ToContainTextAsync("fd 4");

        FdRow[] table = await finding.FdTableAsync("served-child");
        Assert.Equal(["0 READ", "1 WRITE", "2 WRITE", "3 READ", "4 WRITE", "5 WRITE", "29 READ"], table.OrderBy(row => row.Fd).Select(row => $"{row.Fd} {row.End}"));
        Assert.Equal(ObjectOf(0), ObjectOf(3));
        Assert.Equal(ObjectOf(1), ObjectOf(4));
        Assert.Equal(ObjectOf(2), ObjectOf(5));
        Assert.Equal(4, table.Select(row => row.Object).Distinct().Count());
        Assert.Contains("culprit", table.Single(row => row.Fd == 4).Text);
        await page.Context.DisposeAsync();

        string ObjectOf(int fd) => table.Single(row => row.Fd == fd).Object;
    }

    [Fact]
    public async Task SecondStart_SameStore_IsTheSameFingerprintAndTellsTheChatOnce()
    {
        IPage overview = await fixture.Browser.OpenAsync(fixture.Demo.Api.Address);
        int runner;
        await using (Hang again = await Hang.StartAsync(Cancellation))
        {
            Episode second = Assert.Single(await Eventually.GetAsync(
                () => fixture.Demo.Api.DeadlocksAsync(again.Runner, "open"), episodes => episodes.Length > 0, TimeSpan.FromSeconds(5), Cancellation));
            Assert.NotEqual(fixture.Episode.Id, second.Id);
            runner = again.Runner;
            Assert.Equal(fixture.Episode.Shape, second.Shape);

            // The page was open before it happened.
            await Assertions.Expect(overview.Locator($"a[href$='findings/{second.Id}']").First).ToBeVisibleAsync(new() { Timeout = 10_000 });

            JsonElement compared = await fixture.Demo.Api.GetAsync($"compare?a={fixture.Episode.Id}&b={second.Id}");
            Assert.True(compared.GetProperty("sameShape").GetBoolean());
            IPage compare = await fixture.Browser.OpenAsync(new Uri(fixture.Demo.Api.Address, $"compare?a={fixture.Episode.Id}&b={second.Id}"));
            await Assertions.Expect(compare.Locator($"a[href$='findings/{second.Id}']").First).ToBeVisibleAsync();
            await compare.Context.DisposeAsync();
        }

        Episode[] ended = await Eventually.GetAsync(() => fixture.Demo.Api.DeadlocksAsync(runner, "ended"), episodes => episodes.Length > 0, TimeSpan.FromSeconds(10), Cancellation);
        Assert.Equal("exited", Assert.Single(ended).EndReason);
        await overview.Context.DisposeAsync();

        Assert.Single(await Eventually.GetAsync(() => Task.FromResult(fixture.Chat.MessagesAbout(fixture.Episode.Shape)), found => found.Length > 0, TimeSpan.FromSeconds(10), Cancellation));
    }

    [Fact]
    public async Task HostPage_DemoRuns_ShowsTheLiveTree()
    {
        IPage page = await fixture.Browser.OpenAsync(new Uri(fixture.Demo.Api.Address, $"hosts/{fixture.Episode.HostId}?q=served-child"));
        await Assertions.Expect(page.GetByText("served-child").First).ToBeVisibleAsync(new() { Timeout = 10_000 });
        await page.Context.DisposeAsync();
    }
}
