using System.Threading.Channels;
using Microsoft.AspNetCore.Components;

namespace OrphanBoard.Server.Board.Circuits;

/// <summary>
/// A component that shows what changes while it is looked at. It loads when its parameters are set, prerendered or not; only an
/// interactive one subscribes. A burst of changes becomes one load and one render, and none begins before the browser has taken the
/// last one in.
/// </summary>
public abstract class LiveComponent : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _disposed = new();

    /// <summary>Holds at most one wake: a second one while one waits says nothing new.</summary>
    private readonly Channel<bool> _wakes = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private TaskCompletionSource? _rendered;
    private List<IDisposable> _subscriptions = [];
    private bool _live;

    [Inject] protected TimeProvider Time { get; set; } = default!;
    [Inject] private CircuitPresence Presence { get; set; } = default!;

    /// <summary>The instant that relative times on the page are told from; the same for one render.</summary>
    protected DateTimeOffset Now { get; private set; }

    /// <summary>Not sooner than this after the last render.</summary>
    protected virtual TimeSpan Pause => TimeSpan.FromMilliseconds(500);

    /// <summary>Loads anew after this time even if nothing is said to have changed: relative times go on.</summary>
    protected virtual TimeSpan Refresh => TimeSpan.FromSeconds(20);

    /// <summary>Reads what is shown. Runs on the renderer's dispatcher.</summary>
    protected abstract Task Load();

    /// <summary>Subscribes <paramref name="wake"/> to what is shown. Called before the first load, and again after <see cref="Resubscribe"/>.</summary>
    protected abstract IEnumerable<IDisposable> Subscribe(Action wake);

    protected override async Task OnParametersSetAsync()
    {
        // Subscribe first, then read, so that no change falls between the two.
        if (!_live && RendererInfo.IsInteractive)
        {
            _live = true;
            Resubscribe();
            _ = Run();
        }
        await LoadNow();
    }

    protected override void OnAfterRender(bool firstRender) => _rendered?.TrySetResult();

    /// <summary>Ends the subscriptions and makes them anew, for other parameters.</summary>
    protected void Resubscribe()
    {
        if (!_live)
            return;
        Unsubscribe();
        _subscriptions = [.. Subscribe(Wake), Time.CreateTimer(_ => Wake(), null, Refresh, Refresh)];
    }

    private void Wake() => _wakes.Writer.TryWrite(true);

    private async Task LoadNow()
    {
        Now = Time.GetUtcNow();
        await Load();
    }

    private async Task Run()
    {
        CancellationToken ct = _disposed.Token;
        try
        {
            await foreach (bool _ in _wakes.Reader.ReadAllAsync(ct))
            {
                await Presence.Connected.WaitAsync(ct);
                _rendered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                await InvokeAsync(async () =>
                {
                    await LoadNow();
                    StateHasChanged();
                });
                await _rendered.Task.WaitAsync(ct);
                await Task.Delay(Pause, Time, ct);
            }
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            // The page was left.
        }
        catch (Exception e)
        {
            await DispatchExceptionAsync(e);
        }
    }

    private void Unsubscribe()
    {
        foreach (IDisposable subscription in _subscriptions)
            subscription.Dispose();
        _subscriptions = [];
    }

    public void Dispose()
    {
        Unsubscribe();
        if (!_disposed.IsCancellationRequested)
            _disposed.Cancel();
        _disposed.Dispose();
        GC.SuppressFinalize(this);
    }
}
