using System.Collections.Immutable;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Support;

/// <summary>Speaks to the hub as an agent does: a real connection, frames by hand.</summary>
public sealed class TestAgent : IAsyncDisposable
{
    private readonly HubConnection _hub;
    private long _sequence;

    private TestAgent(HubConnection hub, string hostId, string? bootId)
    {
        _hub = hub;
        Host = new HostIdentity(hostId, hostId + ".test", bootId ?? Samples.Boot, "6.18.44", "x86_64", 100, Samples.BootTime);
    }

    public HostIdentity Host { get; }
    public TimeProvider Time { get; set; } = TimeProvider.System;

    public static async Task<TestAgent> Connect(Uri server, string token, string hostId, string? bootId = null)
    {
        HubConnection hub = new HubConnectionBuilder()
            .WithUrl(new Uri(server, WireProtocol.HubPath), HttpTransportType.WebSockets, o =>
            {
                o.SkipNegotiation = true;
                o.AccessTokenProvider = () => Task.FromResult<string?>(token);
            })
            .AddJsonProtocol(o => o.PayloadSerializerOptions = new(WireJson.Default.Options))
            .Build();
        await hub.StartAsync(TestContext.Current.CancellationToken);
        return new TestAgent(hub, hostId, bootId);
    }

    public Task<StreamAnswer> Hello(int version = WireProtocol.Version, int intervalMs = 1000, AgentUsage? usage = null) => Push(
        FrameKind.Hello, FrameBody.Encode(new Hello(version, Guid.NewGuid(), Host, "0.1.0", 4711, "proc", intervalMs, usage), WireJson.Default.Hello));

    /// <summary>Hello and a keyframe: what each connection begins with.</summary>
    public async Task<StreamAnswer> Begin(params Finding[] findings)
    {
        await Hello();
        return await Keyframe(findings);
    }

    public Task<StreamAnswer> Keyframe(params Finding[] findings) => Keyframe(Samples.Keyframe(Time.GetUtcNow(), findings));

    public Task<StreamAnswer> Keyframe(Keyframe keyframe) => Push(FrameKind.Keyframe, FrameBody.Encode(keyframe, WireJson.Default.Keyframe));

    public Task<StreamAnswer> Opened(params Finding[] findings) => Findings(new FindingChanges(Time.GetUtcNow(), [.. findings], []));

    public Task<StreamAnswer> Ended(Finding finding, string reason) => Findings(new FindingChanges(Time.GetUtcNow(), [], [new EndedFinding(finding.Id, reason)]));

    public Task<StreamAnswer> Findings(FindingChanges changes) => Push(FrameKind.Findings, FrameBody.Encode(changes, WireJson.Default.FindingChanges));

    /// <summary>Nothing has changed.</summary>
    public Task<StreamAnswer> Heartbeat() => Delta([], []);

    public Task<StreamAnswer> Delta(ImmutableArray<ProcessDelta> changed, ImmutableArray<ProcessKey> removed, AgentUsage? usage = null) =>
        Push(FrameKind.Delta, FrameBody.Encode(new Delta(Time.GetUtcNow(), null, changed, removed, usage), WireJson.Default.Delta));

    public Task<StreamAnswer> Goodbye() => Push(FrameKind.Goodbye, []);

    /// <summary>A frame is lost: the next one has a gap before it.</summary>
    public void SkipSequence() => _sequence++;

    public Task<StreamAnswer> Push(FrameKind kind, byte[] body) => Push(new StreamFrame(_sequence++, 0, Time.GetUtcNow(), kind, body));

    public Task<StreamAnswer> Push(StreamFrame frame) => _hub.InvokeAsync<StreamAnswer>(WireProtocol.PushMethod, frame, TestContext.Current.CancellationToken);

    public ValueTask DisposeAsync() => _hub.DisposeAsync();
}
