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
        // Both at once: each waits for the network for some of the time.
        await Task.WhenAll(LooksWell(name, ColorScheme.Light), LooksWell(name, ColorScheme.Dark));
        // The browser itself writes down that the missing page answered 404.
        string[] complaints = [.. fixture.Browser.Complaints.Where(complaint => !complaint.Contains("status of 404"))];
        Assert.Empty(complaints);
    }

    /// <summary>Opened wide, and made narrow as a window is.</summary>
    private async Task LooksWell(string name, ColorScheme theme)
    {
        IPage page = await fixture.Browser.OpenAsync(new Uri(fixture.Demo.Api.Address, PathOf(name)), theme);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        await IsAccessibleAndFits(page, name, theme, 1440);
        await page.SetViewportSizeAsync(390, 844);
        await IsAccessibleAndFits(page, name, theme, 390);
        await page.Context.DisposeAsync();
    }

    private static async Task IsAccessibleAndFits(IPage page, string name, ColorScheme theme, int width)
    {
        await page.ScreenshotAsync(new() { Path = Path.Combine(Places.Screenshots, $"{name}-{theme}-{width}.png".ToLowerInvariant()), FullPage = true });
        Assert.True(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), $"{name} is wider than a window of {width}");
        // Colours are the theme's and the layout is the width's: each theme and each width is gone through once, which takes longer than all the rest.
        if (theme == ColorScheme.Light != (width == 1440))
            return;
        AxeResult result = await page.RunAxe();
        Assert.True(result.Violations.Length == 0, string.Join('\n', result.Violations.Select(violation => $"{theme} {width}: {violation.Id}: {violation.Help} at {violation.Nodes[0].Html}")));
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
