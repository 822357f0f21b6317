using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using OrphanBoard.Server.Board.Circuits;

namespace OrphanBoard.Board.Tests;

/// <summary>A renderer with a clock of its own.</summary>
public abstract class BoardContext : BunitContext
{
    protected BoardContext()
    {
        Services.AddSingleton<TimeProvider>(Time);
        Services.AddScoped<CircuitPresence>();
        JSInterop.Mode = JSRuntimeMode.Loose;
    }

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 5, 18, 12, 0, 0, TimeSpan.Zero));

    protected DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>As in a circuit, not as prerendered. Ends the time in which services can be added.</summary>
    protected void BeInteractive() => SetRendererInfo(new RendererInfo("Server", true));
}
