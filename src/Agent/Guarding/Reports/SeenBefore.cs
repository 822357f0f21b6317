using System.Text.Json;
using System.Text.Json.Serialization;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <param name="Times">How often before; 0: never.</param>
/// <param name="First">The first of them that is still known; no meaning without one.</param>
/// <param name="Last">The last of them.</param>
/// <param name="LastCommand">What was run then, one line.</param>
public sealed record SeenCount(int Times, DateTimeOffset First, DateTimeOffset Last, string LastCommand);

/// <summary>
/// The panics of this user on this machine: <c>seen.jsonl</c> in <see cref="StateDirectory"/>, an object a line, added by guards that run at the same time.
/// <code>
/// {"time":"2026-11-24T14:03:12Z","shape":"v1-...","rule":"eof-held-by-duplicate","command":"cargo test"}
/// </code>
/// It is a help and no more: where it cannot be read or written there is none, and nobody is told. What is no such line is skipped.
/// </summary>
/// <param name="directory">That of <see cref="StateDirectory"/>; null: there is none.</param>
public sealed class SeenBefore(string? directory)
{
    /// <summary>Past so many bytes the file is cut to the newest half of it. Lines that others add in that very moment may be lost.</summary>
    private const int MaxBytes = 1024 * 1024;

    private const int MaxCommand = 200;

    private readonly string? _file = directory is null ? null : Path.Combine(directory, "seen.jsonl");

    /// <summary>Null: there is no store. Ask before <see cref="Add"/>, which counts as well.</summary>
    public SeenCount? Count(string shape)
    {
        if (_file is null)
            return null;
        try
        {
            SeenLine[] same = [.. Lines(RegularFile.ReadEnd(_file, 2 * MaxBytes) ?? []).Select(Parse).OfType<SeenLine>().Where(line => line.Shape == shape).OrderBy(line => line.Time)];
            return same is [var first, ..] ? new SeenCount(same.Length, first.Time, same[^1].Time, same[^1].Command) : new SeenCount(0, default, default, "");
        }
        catch (Exception e) when (StateDirectory.IsFailure(e))
        {
            return null;
        }
    }

    public void Add(GuardOutcome outcome, Finding finding, DateTimeOffset now)
    {
        if (_file is null)
            return;
        string command = string.Join(' ', outcome.Command);
        var line = new SeenLine(now.ToUniversalTime(), finding.Fingerprint.Shape, finding.Rule, Shown.Fit(command, MaxCommand, TextStyle.File));
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!, StateDirectory.Private);
            // An empty line first: should a line before have been cut, this one is none the less a line of its own.
            byte[] bytes = [(byte)'\n', .. JsonSerializer.SerializeToUtf8Bytes(line, SeenJson.Default.SeenLine), (byte)'\n'];
            if (RegularFile.Append(_file, bytes) > MaxBytes)
                Compact(_file);
        }
        catch (Exception e) when (StateDirectory.IsFailure(e))
        {
        }
    }

    private static void Compact(string file)
    {
        IEnumerable<ArraySegment<byte>> whole = Lines(RegularFile.ReadEnd(file, MaxBytes / 2) ?? []).Where(line => Parse(line) is not null);
        WholeFile.Write(file, whole.SelectMany(line => line.Append((byte)'\n')).ToArray());
    }

    private static IEnumerable<ArraySegment<byte>> Lines(byte[] content)
    {
        for (int start = 0; start < content.Length;)
        {
            int end = Array.IndexOf(content, (byte)'\n', start);
            if (end < 0)
                end = content.Length;
            if (end > start)
                yield return new ArraySegment<byte>(content, start, end - start);
            start = end + 1;
        }
    }

    private static SeenLine? Parse(ArraySegment<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line.AsSpan(), SeenJson.Default.SeenLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

internal sealed record SeenLine(DateTimeOffset Time, string Shape, string Rule, string Command);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(SeenLine))]
internal sealed partial class SeenJson : JsonSerializerContext;
