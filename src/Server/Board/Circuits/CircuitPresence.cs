using Microsoft.AspNetCore.Components.Server.Circuits;

namespace OrphanBoard.Server.Board.Circuits;

/// <summary>
/// Whether a browser is at the other end of this circuit. One that was killed keeps its circuit until the retention is over; nothing
/// is rendered for it meanwhile.
/// </summary>
public sealed class CircuitPresence : CircuitHandler
{
    private volatile TaskCompletionSource _connected = Completed();

    /// <summary>Completes at once while a browser is there, otherwise when it is back.</summary>
    public Task Connected => _connected.Task;

    public override Task OnConnectionUpAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        _connected.TrySetResult();
        return Task.CompletedTask;
    }

    public override Task OnConnectionDownAsync(Circuit circuit, CancellationToken cancellationToken)
    {
        _connected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return Task.CompletedTask;
    }

    private static TaskCompletionSource Completed()
    {
        var source = new TaskCompletionSource();
        source.SetResult();
        return source;
    }
}
