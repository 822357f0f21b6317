using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using OrphanBoard.EndToEnd.Running;

namespace OrphanBoard.EndToEnd;

/// <summary>Every main page in both themes and two widths: accessible, without a complaint in the console; a picture of each is left.</summary>
public sealed class AppearanceTests(DemoFixture fixture) : IClassFixture<DemoFixture>
{
    public static TheoryData<string> Pages => ["overview", "findings", "ended", "finding", "guarded", "hosts", "host", "fingerprints", "fingerprint", "compare", "missing"];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Page_BothThemesAndWidths_IsAccessibleAndFits(string name)
    {
        Directory.CreateDirectory(Places.Screenshots);
        // All four at once: each waits for the network most of the time.
        await Task.WhenAll(
            from theme in new[] { ColorScheme.Light, ColorScheme.Dark }
            from width in new[] { 1440, 390 }
            select IsAccessibleAndFits(name, theme, width));
        // The browser itself writes down that the missing page answered 404.
        string[] complaints = [.. fixture.Browser.Complaints.Where(complaint => !complaint.Contains("status of 404"))];
        Assert.Empty(complaints);
    }

    private async Task IsAccessibleAndFits(string name, ColorScheme theme, int width)
    {
        IPage page = await fixture.Browser.OpenAsync(new Uri(fixture.Demo.Api.Address, PathOf(name)), theme, width);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        await page.ScreenshotAsync(new() { Path = Path.Combine(Places.Screenshots, $"{name}-{theme}-{width}.png".ToLowerInvariant()), FullPage = true });

        AxeResult result = await page.RunAxe();
        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(violation => $"{theme} {width}: {violation.Id}: {violation.Help} at {violation.Nodes[0].Html}")));
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{name} is wider than a window of {width}");
        await page.Context.DisposeAsync();
    }

    private string PathOf(string name) => name switch
    {
        "overview" => "",
        "finding" => $"findings/{fixture.Episode.Id}",
        "ended" => "findings?state=ended",
        "guarded" => $"findings/{fixture.Guarded}",
        "host" => $"hosts/{fixture.Episode.HostId}",
        "fingerprint" => $"fingerprints/{fixture.Episode.Shape}",
        "compare" => $"compare?a={fixture.Episode.Id}&b={fixture.Episode.Id}",
        "missing" => "findings/there-is-none",
        _ => name,
    };
}
