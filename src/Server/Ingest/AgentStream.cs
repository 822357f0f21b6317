using System.Collections.Immutable;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Ingest;

/// <summary>
/// One agent's connection: hello, keyframe, then findings and deltas, numbered without gaps. What is acknowledged is in the store, as far as it belongs
/// there. After a gap, or a frame that does not fit, nothing but a keyframe is taken.
/// </summary>
/// <remarks>Frames of one connection come one after the other; the timers of others only mark it silent or flush it.</remarks>
public sealed class AgentStream(AgentStreams streams)
{
    /// <summary>An agent's clock further off than this does not date anything.</summary>
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private Hello? _hello;
    private HostAndBoot? _where;
    private Keyframe? _known;
    private AgentUsage? _agent;
    private ImmutableDictionary<string, string> _episodes = ImmutableDictionary<string, string>.Empty;
    private long _acknowledged = -1;
    private volatile string? _refusal;
    private DateTimeOffset _heard;
    private DateTimeOffset _heldAt;
    private bool _stillThereUnsaved;

    /// <summary>Milliseconds between two looks as the agent said last: it slows down when it costs too much.</summary>
    private int IntervalMs => _agent?.IntervalMs ?? _hello!.IntervalMs;

    /// <summary>Whether <see cref="_known"/> is what the agent believes it to be; if not, only a keyframe helps.</summary>
    private bool _inStep;

    /// <exception cref="StoreUnavailableException">Nothing was taken: the same frame may be sent again.</exception>
    public async Task<StreamAnswer> Take(StreamFrame frame, CancellationToken ct)
    {
        if (_refusal is not null)
            return Refused();
        if (FrameLimits.Check(frame) is { } bad)
            return Refuse(bad);
        streams.Counters.CountFrame(frame);
        try
        {
            return frame.Kind == FrameKind.Hello ? await Greet(frame, ct) : await Go(frame, ct);
        }
        catch (InvalidDataException e)
        {
            return Refuse(e.Message);
        }
    }

    /// <summary>The connection has ended. What it proved is kept; its findings stay open.</summary>
    public Task Close() => SaveStillThere(CancellationToken.None);

    /// <summary>Another stream speaks for this host.</summary>
    internal void Supersede() => _refusal = "another agent speaks for this host: only one may run";

    /// <summary>Marks the host silent after three intervals without a message.</summary>
    public void WatchSilence(DateTimeOffset now)
    {
        lock (_gate)
            if (_hello is not null && now - _heard > 3 * TimeSpan.FromMilliseconds(IntervalMs))
                FallSilent();
    }

    /// <summary>Writes down how long open findings are known to have lasted, if that has moved.</summary>
    internal async Task SaveStillThere(CancellationToken ct)
    {
        HostAndBoot? where;
        Keyframe? known;
        DateTimeOffset heldAt, heard;
        lock (_gate)
        {
            if (!_stillThereUnsaved)
                return;
            _stillThereUnsaved = false;
            (where, known, heldAt, heard) = (_where, _known, _heldAt, _heard);
        }
        try
        {
            await streams.History.StillThere(where!, heldAt, heard, known!.Visibility, ct);
        }
        catch (StoreUnavailableException)
        {
            lock (_gate)
                _stillThereUnsaved = true;
        }
    }

    private async Task<StreamAnswer> Greet(StreamFrame frame, CancellationToken ct)
    {
        Hello hello = FrameBody.Decode(frame.Body, WireJson.Default.Hello);
        if (hello.ProtocolVersion is < WireProtocol.OldestVersion or > WireProtocol.Version)
            return Refuse($"this server speaks protocol versions {WireProtocol.OldestVersion} to {WireProtocol.Version}, the agent {hello.ProtocolVersion}: install an agent of the server's version");
        if (FrameLimits.Check(hello) is { } bad)
            return Refuse(bad);
        if (_where is not null && _where.HostId != hello.Host.Id)
            return Refuse("a connection speaks for one host only");

        await streams.History.HostSaidHello(hello, ct);
        lock (_gate)
        {
            _hello = hello;
            _agent = hello.Agent;
            _where = new HostAndBoot(hello.Host.Id, hello.Host.BootId);
            _inStep = false;
            _heard = streams.Time.GetUtcNow();
        }
        streams.TakeOver(hello.Host.Id, hello.Host.Name, this);
        return Acknowledge(frame, needKeyframe: true);
    }

    private async Task<StreamAnswer> Go(StreamFrame frame, CancellationToken ct)
    {
        if (_hello is null)
            return Refuse("the first frame of a connection must be a hello");
        if (frame.Sequence <= _acknowledged)
            return Answer(needKeyframe: !_inStep);
        bool follows = frame.Sequence == _acknowledged + 1 && _inStep;
        switch (frame.Kind)
        {
            case FrameKind.Keyframe:
                await TakeKeyframe(frame, ct);
                break;
            case FrameKind.Findings when follows:
                await TakeFindings(frame, ct);
                break;
            case FrameKind.Delta when follows:
                if (!TakeDelta(frame))
                    return AskKeyframe();
                break;
            case FrameKind.Goodbye:
                await SayGoodbye(ct);
                break;
            case FrameKind.Findings or FrameKind.Delta:
                return AskKeyframe();
            default:
                return Refuse($"frame kind {(int)frame.Kind} is unknown");
        }
        return Acknowledge(frame, needKeyframe: !_inStep);
    }

    private async Task TakeKeyframe(StreamFrame frame, CancellationToken ct)
    {
        Keyframe keyframe = FrameBody.Decode(frame.Body, WireJson.Default.Keyframe);
        FrameLimits.ThrowIfBad(keyframe);
        DateTimeOffset at = Trust(keyframe.TakenAt);
        Dictionary<string, string> episodes = await streams.History.AllFindings(_where!, at, keyframe.Findings, ct);
        Learn(keyframe, at, episodes.ToImmutableDictionary());
    }

    private async Task TakeFindings(StreamFrame frame, CancellationToken ct)
    {
        FindingChanges changes = FrameBody.Decode(frame.Body, WireJson.Default.FindingChanges);
        FrameLimits.ThrowIfBad(changes, _known!);
        DateTimeOffset at = Trust(changes.TakenAt);
        Dictionary<string, string> touched = await streams.History.Changes(_where!, changes, at, ct);
        Learn(LiveStateDelta.Apply(_known!, changes), at, _episodes.RemoveRange(changes.Ended.Select(e => e.Id)).SetItems(touched));
    }

    /// <returns>False: it does not fit what is known.</returns>
    private bool TakeDelta(StreamFrame frame)
    {
        Delta delta = FrameBody.Decode(frame.Body, WireJson.Default.Delta);
        FrameLimits.ThrowIfBad(delta, _known!);
        Keyframe next;
        try
        {
            next = LiveStateDelta.Apply(_known!, delta);
        }
        catch (InvalidDataException)
        {
            return false;
        }
        FrameLimits.ThrowIfTooMany(next);
        Learn(next, Trust(delta.TakenAt), _episodes);
        return true;
    }

    private async Task SayGoodbye(CancellationToken ct)
    {
        await SaveStillThere(ct);
        lock (_gate)
            FallSilent();
    }

    /// <summary>Holds the gate. The view may be an earlier stream's: this one may not have come to its keyframe.</summary>
    private void FallSilent()
    {
        if (_refusal is null && streams.Live.Find(_hello!.Host.Id) is { State: HostState.Online } view)
            streams.Live.Publish(view with { State = HostState.Silent });
    }

    private void Learn(Keyframe known, DateTimeOffset at, ImmutableDictionary<string, string> episodes)
    {
        lock (_gate)
        {
            _known = known;
            _agent = known.Agent ?? _agent;
            _episodes = episodes;
            _heldAt = at;
            _heard = streams.Time.GetUtcNow();
            _stillThereUnsaved = true;
            _inStep = true;
            Publish();
        }
    }

    /// <summary>Holds the gate, so that views of one host come in order.</summary>
    private void Publish()
    {
        if (_refusal is not null)
            return;
        streams.Live.Publish(new HostView
        {
            Host = _hello!.Host,
            AgentVersion = _hello.AgentVersion,
            Backend = _agent?.Backend ?? _hello.Backend,
            Agent = _agent,
            State = HostState.Online,
            TakenAt = _heldAt,
            LastSeen = _heard,
            Visibility = _known!.Visibility,
            Rows = ProcessTree.Rows(_known.Processes, _known.Findings, _episodes),
            Findings = _known.Findings.ToImmutableDictionary(f => f.Id),
        });
    }

    /// <summary>The agent's clock is a claim: where it is far off, the server's counts.</summary>
    private DateTimeOffset Trust(DateTimeOffset claimed)
    {
        DateTimeOffset now = streams.Time.GetUtcNow();
        return (claimed - now).Duration() <= ClockTolerance ? claimed : now;
    }

    private StreamAnswer Acknowledge(StreamFrame frame, bool needKeyframe)
    {
        _acknowledged = frame.Sequence;
        return Answer(needKeyframe);
    }

    private StreamAnswer AskKeyframe()
    {
        _inStep = false;
        streams.Counters.CountKeyframeAsked();
        return Answer(needKeyframe: true);
    }

    private StreamAnswer Answer(bool needKeyframe) => new(_acknowledged, needKeyframe, null);

    private StreamAnswer Refuse(string reason)
    {
        _refusal = reason;
        streams.Refused(_hello?.Host.Name, reason);
        return Refused();
    }

    private StreamAnswer Refused() => new(_acknowledged, NeedKeyframe: false, _refusal);
}
