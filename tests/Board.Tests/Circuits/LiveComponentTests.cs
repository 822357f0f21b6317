using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using Microsoft.Extensions.DependencyInjection;
using OrphanBoard.Server.Board.Circuits;

namespace OrphanBoard.Board.Tests.Circuits;

public sealed class LiveComponentTests : BoardContext
{
    /// <summary>What it shows is told to have changed from outside.</summary>
    internal sealed class Source
    {
        public Action? Changed { get; set; }
        public int Subscriptions { get; set; }
        public int Loads { get; set; }
        public TaskCompletionSource? Hold { get; set; }
        public TaskCompletionSource Held { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    internal sealed class Probe : LiveComponent
    {
        [Inject] public Source Source { get; set; } = default!;

        protected override IEnumerable<IDisposable> Subscribe(Action wake)
        {
            Source.Changed = wake;
            Source.Subscriptions++;
            return [new OnDispose(() => Source.Subscriptions--)];
        }

        protected override async Task Load()
        {
            Source.Loads++;
            if (Source.Hold is { } hold)
            {
                Source.Held.SetResult();
                await hold.Task;
            }
        }

        protected override void BuildRenderTree(RenderTreeBuilder builder) => builder.AddContent(0, Source.Loads);
    }

    private sealed class OnDispose(Action action) : IDisposable
    {
        public void Dispose() => action();
    }

    private readonly Source _source = new();

    public LiveComponentTests()
    {
        Services.AddSingleton(_source);
        BeInteractive();
    }

    [Fact]
    public async Task Render_Interactive_SubscribesOnceAndEndsItWithThePage()
    {
        Render<Probe>();
        Assert.Equal(1, _source.Subscriptions);
        await DisposeComponentsAsync();
        Assert.Equal(0, _source.Subscriptions);
    }

    [Fact]
    public void Render_Prerendered_LoadsButDoesNotSubscribe()
    {
        SetRendererInfo(new RendererInfo("Static", false));
        Assert.Equal("1", Render<Probe>().Markup);
        Assert.Equal(0, _source.Subscriptions);
    }

    [Fact]
    public async Task Changed_Burst_IsOneLoadWhileOneRunsAndOneAfterIt()
    {
        var probe = Render<Probe>();
        _source.Hold = new TaskCompletionSource();
        _source.Changed!();
        await _source.Held.Task.WaitAsync(Deadline, Xunit.TestContext.Current.CancellationToken);
        for (int i = 0; i < 100; i++)
            _source.Changed();
        TaskCompletionSource hold = _source.Hold;
        _source.Hold = null;
        hold.SetResult();
        await Time.TimerSet(TimeSpan.FromMilliseconds(500), Xunit.TestContext.Current.CancellationToken).WaitAsync(Deadline, Xunit.TestContext.Current.CancellationToken);
        Time.Advance(TimeSpan.FromMilliseconds(500));
        probe.WaitForAssertion(() => Assert.Equal("3", probe.Markup), Deadline);
    }

    [Fact]
    public async Task Changed_WhileTheBrowserIsAway_LoadsWhenItIsBack()
    {
        var presence = Services.GetRequiredService<CircuitPresence>();
        var probe = Render<Probe>();
        await presence.OnConnectionDownAsync(null!, Xunit.TestContext.Current.CancellationToken);
        _source.Changed!();
        Assert.False(presence.Connected.IsCompleted);
        Assert.Equal(1, _source.Loads);
        await presence.OnConnectionUpAsync(null!, Xunit.TestContext.Current.CancellationToken);
        probe.WaitForAssertion(() => Assert.Equal("2", probe.Markup), Deadline);
    }

    [Fact]
    public void Time_Passes_RefreshesWithoutAChange()
    {
        var probe = Render<Probe>();
        Time.Advance(TimeSpan.FromSeconds(21));
        probe.WaitForAssertion(() => Assert.Equal("2", probe.Markup), Deadline);
    }
}
