using Microsoft.AspNetCore.Components;

namespace OrphanBoard.Server.Board.Hosts;

/// <summary>One event for all rows: a handler per row would double what is sent. Registered in orphanboard-server.lib.module.js.</summary>
public sealed class RowActEventArgs : EventArgs
{
    /// <summary>The nearest <c>data-act</c> of what was clicked.</summary>
    public string Act { get; set; } = "";

    /// <summary>The nearest <c>data-key</c> around that.</summary>
    public string Key { get; set; } = "";
}

[EventHandler("onrowact", typeof(RowActEventArgs), enableStopPropagation: true, enablePreventDefault: true)]
public static class EventHandlers;
