using System.Text.Json;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Wire;

public static class WireProtocol
{
    /// <summary>Version 2 compresses bodies as zlib; version 1 did with Brotli, and is understood.</summary>
    public const int Version = 2;

    public const int OldestVersion = 1;

    /// <summary>Path of the agents' hub.</summary>
    public const string HubPath = "/hubs/agent";

    /// <summary>The hub's one method: <see cref="StreamFrame"/> -> <see cref="StreamAnswer"/>.</summary>
    public const string PushMethod = "Push";

    /// <summary>A body larger than this after decompression is refused, bytes.</summary>
    public const int MaxBodyBytes = 64 * 1024 * 1024;
}

[JsonConverter(typeof(KebabCase<FrameKind>))]
public enum FrameKind { Hello, Keyframe, Delta, Findings, Goodbye }

/// <summary>One message of an agent's stream. The body is opaque to the transport.</summary>
/// <param name="Sequence">Counts from 0 (the hello) within a run, without gaps.</param>
/// <param name="MonotonicMs">The agent's CLOCK_BOOTTIME, milliseconds: orders what the wall clock cannot.</param>
/// <param name="Wall">The agent's wall clock: a claim.</param>
/// <param name="Kind">What <paramref name="Body"/> is.</param>
/// <param name="Body">UTF-8 JSON of the message, compressed (<see cref="FrameBody"/>); empty for <see cref="FrameKind.Goodbye"/>.</param>
public sealed record StreamFrame(long Sequence, long MonotonicMs, DateTimeOffset Wall, FrameKind Kind, byte[] Body);

/// <summary>The server's answer to each frame.</summary>
/// <param name="AcknowledgedSequence">The last frame that was taken in.</param>
/// <param name="NeedKeyframe">A frame was missing or could not be applied: send a <see cref="Keyframe"/> next.</param>
/// <param name="Refused">Why the agent must not go on (a version that is not understood, say), or null.</param>
public sealed record StreamAnswer(long AcknowledgedSequence, bool NeedKeyframe, string? Refused);

/// <summary>JSON of the wire, the hub's own types among it: nulls are left out.</summary>
public static class WireJson
{
    public static SharedJson Default { get; } = new(new JsonSerializerOptions(SharedJson.Default.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull });
}
