using System.Diagnostics;
using System.Globalization;
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
        await using Instance demo = await Instance.StartAsync("demo", chat.Settings, Cancellation);
        Episode first = Assert.Single(await Eventually.GetAsync(() => demo.Api.DeadlocksAsync("open"), open => open.Length > 0, Deadline, Cancellation));
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
            Episode[] open = await Eventually.GetAsync(() => demo.Api.DeadlocksAsync("open"), episodes => episodes.Length > 0, Deadline, Cancellation);
            Episode episode = Assert.Single(open);
            Assert.Equal((first.Id, first.FirstSeen), (episode.Id, episode.FirstSeen));
        }

        Assert.Empty(await demo.Api.DeadlocksAsync("ended"));
        Assert.Single(await Eventually.GetAsync(() => Task.FromResult(chat.Messages), found => found.Length > 0, Deadline, Cancellation));
    }

    [Fact]
    public async Task Episode_HangEnds_EndsAndSoDoesTheDemo()
    {
        await using Instance demo = await Instance.StartAsync("demo", null, Cancellation);
        Assert.Single(await Eventually.GetAsync(() => demo.Api.DeadlocksAsync("open"), open => open.Length > 0, Deadline, Cancellation));

        demo.EndHang();

        Assert.Single(await Eventually.GetAsync(() => demo.Api.DeadlocksAsync("ended"), ended => ended.Length > 0, Deadline, Cancellation));
        Assert.Empty(await demo.Api.DeadlocksAsync("open"));
        Assert.Equal((0, ""), await demo.StopAsync());
    }

    [Fact]
    public async Task Demo_ScriptKilled_LeavesNothingBehind()
    {
        await using Instance demo = await Instance.StartAsync("demo", null, Cancellation);
        Assert.Single(await Eventually.GetAsync(() => demo.Api.DeadlocksAsync("open"), open => open.Length > 0, Deadline, Cancellation));
        int hang = demo.Child("zoo-keeper");

        await demo.KillScriptAsync();

        bool gone = await Eventually.GetAsync(() => Task.FromResult(!Directory.Exists($"/proc/{hang}")), ended => ended, Deadline, Cancellation);
        Assert.True(gone);
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
}
