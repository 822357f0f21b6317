using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using OrphanBoard.EndToEnd.Running;

namespace OrphanBoard.EndToEnd;

/// <summary>Deaths of any part, and what is left of them: nothing.</summary>
public sealed class RecoveryTests
{
    /// <summary>How often server or agent are killed; ORPHANBOARD_KILLS asks for more.</summary>
    private static readonly int Kills = int.Parse(Environment.GetEnvironmentVariable("ORPHANBOARD_KILLS") ?? "6", CultureInfo.InvariantCulture);
    private static readonly string[][] Victims = [["orphanboard-server"], ["orphan-agent"], ["orphanboard-server", "orphan-agent"]];
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Episode_ServerAndAgentKilledAtRandomMoments_IsThereOnceWithItsFirstSeenTime()
    {
        await using var chat = new WebhookReceiver();
        (Instance demo, int runner, Episode first) = await Instance.StartDemoAsync(chat.Settings, Cancellation);
        await using Instance running = demo;
        var random = new Random(20260518);

        for (int round = 0; round < Kills; round++)
        {
            TimeSpan moment = TimeSpan.FromMilliseconds(random.Next(3000));
            long begin = Stopwatch.GetTimestamp();
            await Eventually.GetAsync(() => Task.FromResult(Stopwatch.GetElapsedTime(begin)), passed => passed > moment, Deadline, Cancellation);
            DateTimeOffset killedAt = DateTimeOffset.UtcNow;
            foreach (string victim in Victims[random.Next(Victims.Length)])
                demo.Kill(victim);

            DateTimeOffset heard = await Eventually.GetAsync(demo.Api.LastSeenAsync, seen => seen > killedAt, Deadline, Cancellation);
            Assert.True(heard > killedAt, $"round {round}: the host did not come back\n{demo.Said}");
            Episode[] open = await Eventually.GetAsync(() => demo.Api.DeadlocksAsync(runner, "open"), episodes => episodes.Length > 0, Deadline, Cancellation);
            Episode episode = Assert.Single(open);
            Assert.Equal((first.Id, first.FirstSeen), (episode.Id, episode.FirstSeen));
        }

        Assert.Empty(await demo.Api.DeadlocksAsync(runner, "ended"));
        Assert.Single(await Eventually.GetAsync(() => Task.FromResult(chat.MessagesAbout(first.Shape)), found => found.Length > 0, Deadline, Cancellation));
    }

    [Fact]
    public async Task Episode_HangEnds_EndsAndSoDoesTheDemo()
    {
        (Instance demo, int runner, _) = await Instance.StartDemoAsync(null, Cancellation);
        await using Instance running = demo;

        demo.EndHang();

        Assert.Single(await Eventually.GetAsync(() => demo.Api.DeadlocksAsync(runner, "ended"), ended => ended.Length > 0, Deadline, Cancellation));
        Assert.Empty(await demo.Api.DeadlocksAsync(runner, "open"));
        Assert.Equal((0, ""), await demo.StopAsync());
    }

    [Fact]
    public async Task Demo_ScriptKilled_LeavesNothingBehind()
    {
        (Instance demo, int runner, _) = await Instance.StartDemoAsync(null, Cancellation);
        await using Instance running = demo;
        int keeper = demo.Child("zoo-keeper");

        await demo.KillScriptAsync();

        foreach (int pid in new[] { keeper, runner })
            Assert.True(await Eventually.GetAsync(() => Task.FromResult(!Directory.Exists($"/proc/{pid}")), gone => gone, Deadline, Cancellation), $"{pid} still runs");
    }

    [Fact]
    public async Task Up_RestartedOnItsStore_KeepsTheApiToken()
    {
        await using Instance demo = await Instance.StartAsync("up", null, Cancellation);
        string before = await File.ReadAllTextAsync(Path.Combine(demo.Data, "api-token"), Cancellation);

        demo.Kill("orphanboard-server");
        await Eventually.GetAsync(() => Task.FromResult(demo.HasChild("--quiet-login")), there => there, Deadline, Cancellation);
        await Eventually.GetAsync(demo.Api.LastSeenAsync, seen => seen != default, Deadline, Cancellation);

        Assert.Equal(before, await File.ReadAllTextAsync(Path.Combine(demo.Data, "api-token"), Cancellation));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(demo.Data, "api-token")));
        Assert.Equal((0, ""), await demo.StopAsync());
    }

    [Fact]
    public async Task Page_ServerRestarted_ComesBackByItself()
    {
        await using Instance up = await Instance.StartAsync("up", null, Cancellation);
        await using Browser browser = await Browser.StartAsync();
        await browser.SignInAsync(up.Login);
        IPage page = await browser.OpenAsync(new Uri(up.Api.Address, "findings?state=ended"));
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);

        IResponse anew = await page.RunAndWaitForResponseAsync(
            () => Task.Run(() => up.Kill("orphanboard-server")), answer => answer.Request.IsNavigationRequest, new() { Timeout = (float)Deadline.TotalMilliseconds });

        Assert.Equal((200, page.Url), (anew.Status, anew.Url));
        Assert.EndsWith("/findings?state=ended", anew.Url);
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Findings");
        Assert.Equal((0, ""), await up.StopAsync());
    }
}
