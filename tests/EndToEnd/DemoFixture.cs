using System.Diagnostics;
using OrphanBoard.EndToEnd.Running;

namespace OrphanBoard.EndToEnd;

/// <summary>One demo with a chat and a signed-in browser, shared by the tests that only look.</summary>
public sealed class DemoFixture : IAsyncLifetime
{
    internal WebhookReceiver Chat { get; } = new();
    internal Instance Demo { get; private set; } = null!;
    internal Browser Browser { get; private set; } = null!;

    /// <summary>The founding hang's episode.</summary>
    internal Episode Episode { get; private set; } = null!;

    /// <summary>Id of the episode of a hang like it that a command under guard was stopped for, on a host without an agent.</summary>
    internal string Guarded { get; private set; } = null!;

    /// <summary>From the printed address, before which the hang was not even started, to its episode in the API.</summary>
    internal TimeSpan ToApi { get; private set; }

    public async ValueTask InitializeAsync()
    {
        (Demo, _, Episode) = await Instance.StartDemoAsync(Chat.Settings, CancellationToken.None);
        ToApi = Stopwatch.GetElapsedTime(Demo.ReadyAt);
        Guarded = await GuardedRuns.TellAsync(Demo, Episode);
        Browser = await Browser.StartAsync();
        await Browser.SignInAsync(Demo.Login);
    }

    public async ValueTask DisposeAsync()
    {
        if (Browser is not null)
            await Browser.DisposeAsync();
        if (Demo is not null)
            await Demo.DisposeAsync();
        await Chat.DisposeAsync();
    }
}
