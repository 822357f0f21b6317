using System.Collections.Concurrent;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Ingest;

/// <summary>The agents' streams: one per host is the current one, the newest.</summary>
public sealed partial class AgentStreams(HistoryFeed history, LiveHosts live, IngestCounters counters, TimeProvider time, ILogger<AgentStreams> log)
{
    /// <summary>Bounded by the number of hosts; a stream stays here after its connection ends, for its host is silent then, not gone.</summary>
    private readonly ConcurrentDictionary<string, AgentStream> _byHost = new(StringComparer.Ordinal);

    public IEnumerable<AgentStream> Current => _byHost.Values;

    internal HistoryFeed History => history;
    internal LiveHosts Live => live;
    internal IngestCounters Counters => counters;
    internal TimeProvider Time => time;

    public AgentStream Open() => new(this);

    /// <summary>Ends what nobody watches. While the store is away that has time.</summary>
    internal async Task EndUnwatched(CancellationToken ct)
    {
        try
        {
            await history.EndUnwatched(ct);
        }
        catch (StoreUnavailableException)
        {
        }
    }

    /// <summary>A host speaks through this stream from now on. Another one of that host, of an agent that was killed, say, is told to end.</summary>
    internal void TakeOver(string hostId, string hostName, AgentStream stream)
    {
        AgentStream? before = null;
        _byHost.AddOrUpdate(hostId, stream, (_, known) =>
        {
            before = known;
            return stream;
        });
        if (before != stream)
            before?.Supersede();
        if (before is not null)
            return;
        string shown = VisibleText.Of(hostName);
        LogNewHost(shown);
    }

    internal void Refused(string? hostName, string reason)
    {
        counters.CountRefused();
        string who = hostName is null ? "an agent" : VisibleText.Of(hostName);
        string why = VisibleText.Of(reason);
        LogRefused(who, why);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Host {Host} is there")]
    private partial void LogNewHost(string host);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused {Host}: {Reason}")]
    private partial void LogRefused(string host, string reason);
}
