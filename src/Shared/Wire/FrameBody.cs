using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OrphanBoard.Shared.Wire;

/// <summary>Body of a frame: JSON, compressed as zlib (RFC 1950); by agents of <see cref="WireProtocol.OldestVersion"/> with Brotli.</summary>
public static class FrameBody
{
    public static byte[] Encode<T>(T message, JsonTypeInfo<T> type)
    {
        using var encoder = new FrameEncoder();
        return encoder.Encode(message, type);
    }

    /// <exception cref="InvalidDataException">Not compressed so, not JSON of this message, or larger than <see cref="WireProtocol.MaxBodyBytes"/>.</exception>
    public static T Decode<T>(byte[] body, JsonTypeInfo<T> type)
    {
        try
        {
            using Stream unpacked = Unpack(body);
            using var plain = new MemoryStream();
            Span<byte> chunk = stackalloc byte[8192];
            for (int read; (read = unpacked.Read(chunk)) > 0;)
            {
                if (plain.Length + read > WireProtocol.MaxBodyBytes)
                    throw new InvalidDataException($"frame body is larger than {WireProtocol.MaxBodyBytes} bytes");
                plain.Write(chunk[..read]);
            }
            return JsonSerializer.Deserialize(plain.GetBuffer().AsSpan(0, (int)plain.Length), type)
                ?? throw new InvalidDataException($"frame body is null, not a {typeof(T).Name}");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException)
        {
            throw new InvalidDataException($"frame body is no {typeof(T).Name}: {e.Message}", e);
        }
    }

    /// <summary>The lower half of zlib's first byte is 8. That of Brotli is so only with a window of 64 KiB, which no agent used.</summary>
    private static Stream Unpack(byte[] body)
    {
        var packed = new MemoryStream(body, writable: false);
        return body is [var first, ..] && (first & 0xf) == 8 ? new ZLibStream(packed, CompressionMode.Decompress) : new BrotliStream(packed, CompressionMode.Decompress);
    }
}

/// <summary>Makes frame bodies one after the other, in the same memory. Not for use by two threads at once.</summary>
public sealed class FrameEncoder : IDisposable
{
    /// <summary>Text that waits to be compressed; once a frame needed more than this, its memory is given back.</summary>
    private const int ChunkBytes = 64 * 1024;

    private readonly Utf8JsonWriter _writer = new(Stream.Null);
    private ArrayBufferWriter<byte> _json = new(4096);
    private MemoryStream _packed = new();

    /// <summary>The body of a message.</summary>
    public byte[] Encode<T>(T message, JsonTypeInfo<T> type)
    {
        _json.ResetWrittenCount();
        _writer.Reset(_json);
        JsonSerializer.Serialize(_writer, message, type);
        using (ZLibStream zlib = Packing())
            Drain(zlib);
        return Packed();
    }

    /// <summary>
    /// The body of a keyframe whose processes come one by one: at no time are all of them there in the form in which they are shown, nor as text.
    /// </summary>
    /// <param name="rest">Everything but the processes; it has none itself.</param>
    public byte[] Encode(Keyframe rest, LiveProcesses processes)
    {
        using (ZLibStream zlib = Packing())
        {
            _json.ResetWrittenCount();
            _writer.Reset(_json);
            _writer.WriteStartObject();
            _writer.WriteString("takenAt"u8, rest.TakenAt);
            Write("visibility"u8, rest.Visibility, WireJson.Default.Visibility);
            _writer.WriteStartArray("processes"u8);
            foreach (ProcessState process in processes.States)
            {
                JsonSerializer.Serialize(_writer, process, WireJson.Default.ProcessState);
                if (_json.WrittenCount + _writer.BytesPending > ChunkBytes)
                    Drain(zlib);
            }
            _writer.WriteEndArray();
            Write("findings"u8, rest.Findings, WireJson.Default.ImmutableArrayFinding);
            if (rest.Agent is { } agent)
                Write("agent"u8, agent, WireJson.Default.AgentUsage);
            _writer.WriteEndObject();
            Drain(zlib);
        }
        return Packed();
    }

    public void Dispose() => _writer.Dispose();

    private void Write<T>(ReadOnlySpan<byte> name, T value, JsonTypeInfo<T> type)
    {
        _writer.WritePropertyName(name);
        JsonSerializer.Serialize(_writer, value, type);
    }

    private ZLibStream Packing()
    {
        _packed.SetLength(0);
        return new ZLibStream(_packed, CompressionLevel.Fastest, leaveOpen: true);
    }

    private byte[] Packed()
    {
        byte[] body = _packed.ToArray();
        if (_json.Capacity > ChunkBytes || _packed.Capacity > ChunkBytes)
            (_json, _packed) = (new ArrayBufferWriter<byte>(4096), new MemoryStream());
        return body;
    }

    private void Drain(ZLibStream zlib)
    {
        _writer.Flush();
        zlib.Write(_json.WrittenSpan);
        _json.ResetWrittenCount();
    }
}
