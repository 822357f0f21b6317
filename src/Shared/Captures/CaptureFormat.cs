using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Captures;

/// <summary>
/// A capture as bytes: a line of ASCII, then JSON of <see cref="Capture"/> in UTF-8, compressed as zlib (RFC 1950).
/// <code>
/// orphanboard-capture 3
/// ...
/// </code>
/// The line tells what it is and in which version before anything is unpacked.
/// </summary>
public static class CaptureFormat
{
    /// <summary>
    /// Version 2 added sockets, locks, System V objects, namespaces, containers, job cookies and more of a suspect's descriptors. All of it may be missing, so a
    /// capture of version 1 is read as one in which nobody asked. Version 3 is compressed as zlib, which the base class library brings along anyway.
    /// </summary>
    public const int Version = 3;

    /// <summary>The last version that was compressed with Brotli (RFC 7932).</summary>
    private const int LastBrotli = 2;

    /// <summary>A capture that is larger after decompression is neither written nor read, bytes. A host of 10,000 processes and 220,000 fds takes about 50 MiB.</summary>
    public const int MaxPlainBytes = 192 * 1024 * 1024;

    /// <summary>Bytes of a compressed capture that are read at most.</summary>
    public const int MaxPackedBytes = 64 * 1024 * 1024;

    private const string Name = "orphanboard-capture";
    private const int MaxHeaderBytes = 64;
    private const string TooLarge = "it is too large for a capture";

    /// <exception cref="InvalidDataException">It is larger than <see cref="MaxPlainBytes"/>: what was written so far is no capture.</exception>
    public static void Encode(Capture capture, Stream output)
    {
        output.Write(Encoding.ASCII.GetBytes($"{Name} {Version}\n"));
        using var zlib = new ZLibStream(output, CompressionLevel.Optimal, leaveOpen: true);
        using var bounded = new BoundedStream(zlib, MaxPlainBytes, "this host is too large for a capture");
        JsonSerializer.Serialize(bounded, capture, CaptureJson.Default.Capture);
    }

    /// <exception cref="InvalidDataException">Not a capture, not whole, of a newer version, too large, or without sense; the message is one line.</exception>
    public static Capture Decode(Stream input)
    {
        using var packed = new BoundedStream(input, MaxPackedBytes, TooLarge);
        int version = ReadHeader(packed);
        Capture? capture;
        string? why = null;
        try
        {
            using Stream unpacked = version <= LastBrotli ? new BrotliReader(packed) : new ZLibStream(packed, CompressionMode.Decompress);
            using var plain = new BoundedStream(unpacked, MaxPlainBytes, TooLarge);
            capture = JsonSerializer.Deserialize(plain, CaptureJson.Default.Capture);
            if (capture is not null)
            {
                capture = capture with { First = WithBirths(capture.First), Last = WithBirths(capture.Last) };
                why = CaptureSense.WhyNone(capture);
            }
        }
        // What the decoders throw at damaged input; their messages go into detail of no use to whoever has the file.
        catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException or FormatException or OverflowException
            or IOException // zlib's own has no name outside the library
            || (e is InvalidDataException && e.Message != TooLarge))
        {
            throw new InvalidDataException("it is damaged or not whole", e);
        }
        if (capture is null)
            throw new InvalidDataException("it holds nothing");
        return why is null ? capture : throw new InvalidDataException($"it makes no sense as a capture: {why}");
    }

    /// <summary>Version 1 knew of no births.</summary>
    private static Snapshot WithBirths(Snapshot look) => look.Births.IsDefault ? look with { Births = [] } : look;

    /// <returns>The version.</returns>
    private static int ReadHeader(Stream input)
    {
        Span<byte> header = stackalloc byte[MaxHeaderBytes];
        int length = 0;
        while (length < MaxHeaderBytes && input.ReadByte() is >= 0 and var next && next != '\n')
            header[length++] = (byte)next;
        if (length == 0)
            throw new InvalidDataException("it is empty");
        string[] words = Encoding.Latin1.GetString(header[..length]).Split(' ');
        if (words is not [Name, var text] || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version < 1)
            throw new InvalidDataException("it is no capture of orphan-agent");
        if (version > Version)
            throw new InvalidDataException($"it is a capture of format version {version}, and this orphan-agent reads up to {Version}: use a newer one");
        return version;
    }
}

/// <summary>Generated JSON of a capture: enum values by name, so that a later version may add some. Metadata only: half the code, and a capture is written once.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(Capture))]
internal sealed partial class CaptureJson : JsonSerializerContext;
