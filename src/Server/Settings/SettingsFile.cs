using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrphanBoard.Server.Settings;

/// <summary>The form of <c>orphanboard.json</c>; environment variables have the same names (<c>ORPHANBOARD_WEBHOOKS__ENDPOINTS__0__URL</c>).</summary>
public sealed class SettingsFile
{
    public int? Port { get; set; }
    public string? PublicUrl { get; set; }
    public MetricsSection? Metrics { get; set; }
    public WebhooksSection? Webhooks { get; set; }

    public sealed class MetricsSection
    {
        public bool Anonymous { get; set; }
    }

    public sealed class WebhooksSection
    {
        public string[]? Allow { get; set; }
        public EndpointSection[]? Endpoints { get; set; }
    }

    public sealed class EndpointSection
    {
        public string? Name { get; set; }
        public string? Kind { get; set; }
        public string? Url { get; set; }
        public string? Secret { get; set; }
    }

    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNameCaseInsensitive = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads the file only to find what is wrong with it: the configuration system knows neither lines nor unknown names.</summary>
    /// <exception cref="SettingsException">Unreadable, no JSON, or with a setting that does not exist.</exception>
    public static void Check(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            JsonSerializer.Deserialize<SettingsFile>(file, Strict);
        }
        catch (JsonException e)
        {
            throw new SettingsException($"{path}, line {(e.LineNumber ?? 0) + 1}: {Explain(e)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"cannot read {path}: {e.Message}");
        }
    }

    private static string Explain(JsonException e)
    {
        string path = e.Path is { Length: > 2 } at ? at[2..] : "";
        if (e.Message.Contains("could not be mapped", StringComparison.Ordinal))
            return $"unknown setting '{path}' (the settings are listed in docs/configuration.md)";
        if (e.Message.StartsWith("Duplicate property", StringComparison.Ordinal))
            return path.Length > 0 ? $"'{path}' is there twice" : "a setting is there twice";
        if (e.Message.Contains("could not be converted", StringComparison.Ordinal))
            return path.Length > 0 ? $"'{path}' has a value of the wrong kind" : "the file must hold one JSON object";

        // "'}' is invalid after a property name. Path: $ | LineNumber: 1 | BytePositionInLine: 8."
        int detail = e.Message.IndexOf(" Path:", StringComparison.Ordinal) is >= 0 and int p ? p : e.Message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return $"not valid JSON: {(detail > 0 ? e.Message[..detail] : e.Message)}";
    }
}
