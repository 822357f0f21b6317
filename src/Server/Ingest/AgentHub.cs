using Microsoft.AspNetCore.SignalR;
using OrphanBoard.Server.History;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Ingest;

/// <summary>Where agents push frames. The work is behind it, in <see cref="AgentStream"/>.</summary>
public sealed class AgentHub(AgentStreams streams) : Hub
{
    private const string StreamItem = "stream";

    public override Task OnConnectedAsync()
    {
        Context.Items[StreamItem] = streams.Open();
        return base.OnConnectedAsync();
    }

    [HubMethodName(WireProtocol.PushMethod)]
    public async Task<StreamAnswer> Push(StreamFrame frame)
    {
        try
        {
            return await ((AgentStream)Context.Items[StreamItem]!).Take(frame, Context.ConnectionAborted);
        }
        catch (StoreUnavailableException e)
        {
            throw new HubException("retry later: " + e.Message, e);
        }
    }

    public override async Task OnDisconnectedAsync(Exception? exception)
    {
        await ((AgentStream)Context.Items[StreamItem]!).Close();
        await base.OnDisconnectedAsync(exception);
    }
}
