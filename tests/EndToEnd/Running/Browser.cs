using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>Headless Chromium as the distribution has it.</summary>
internal sealed class Browser : IAsyncDisposable
{
    private static readonly string[] Arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly ConcurrentQueue<string> _complaints = new();
    private string? _signedIn;

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Errors that pages wrote to their consoles, violations of the content security policy among them.</summary>
    public string[] Complaints => [.. _complaints];

    public static async Task<Browser> StartAsync()
    {
        IPlaywright playwright = await Playwright.CreateAsync();
        return new Browser(playwright, await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Places.Browser, Args = Arguments }));
    }

    /// <summary>Opens a one-time address; pages opened later are signed in.</summary>
    public async Task SignInAsync(Uri login)
    {
        await using IBrowserContext context = await _browser.NewContextAsync();
        IPage page = await context.NewPageAsync();
        await page.GotoAsync(login.AbsoluteUri);
        Assert.DoesNotContain("/login", page.Url);
        _signedIn = await context.StorageStateAsync();
    }

    /// <summary>A signed-in page in a context of its own, which ends with it.</summary>
    public async Task<IPage> OpenAsync(Uri address, ColorScheme theme = ColorScheme.Light, int width = 1440)
    {
        IBrowserContext context = await _browser.NewContextAsync(new()
        {
            StorageState = _signedIn,
            ColorScheme = theme,
            ReducedMotion = ReducedMotion.Reduce,
            ViewportSize = new() { Width = width, Height = width < 720 ? 844 : 900 },
        });
        IPage page = await context.NewPageAsync();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
                _complaints.Enqueue($"{page.Url}: {message.Text}");
        };
        page.PageError += (_, error) => _complaints.Enqueue($"{page.Url}: {error}");
        await page.GotoAsync(address.AbsoluteUri);
        return page;
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

}
