using System.Threading.Channels;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrphanBoard.Server.Board.Circuits;

namespace OrphanBoard.Board.Tests;

/// <summary>A clock that tells when a timer is set: to move it before that would move nothing.</summary>
public sealed class BoardTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly Channel<TimeSpan> _timers = Channel.CreateUnbounded<TimeSpan>();

    /// <summary>Completes when a timer of this length has been set.</summary>
    public async Task TimerSet(TimeSpan length, CancellationToken ct)
    {
        while (await _timers.Reader.ReadAsync(ct) != length)
        {
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ITimer timer = base.CreateTimer(callback, state, dueTime, period);
        _timers.Writer.TryWrite(dueTime);
        return timer;
    }
}

/// <summary>A renderer with a clock of its own.</summary>
public abstract class BoardContext : BunitContext
{
    protected BoardContext()
    {
        Services.AddSingleton<TimeProvider>(Time);
        Services.AddScoped<CircuitPresence>();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    protected BoardTime Time { get; } = new(new DateTimeOffset(2026, 5, 18, 12, 0, 0, TimeSpan.Zero));

    /// <summary>For what happens on other threads of a busy machine; nothing waits for it to pass.</summary>
    protected static TimeSpan Deadline => TimeSpan.FromSeconds(30);

    protected DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>As in a circuit, not as prerendered. Ends the time in which services can be added.</summary>
    protected void BeInteractive() => SetRendererInfo(new RendererInfo("Server", true));
}
