using System.Collections.Immutable;
using System.Net;
using OrphanBoard.Server.Settings;

namespace OrphanBoard.Server.Alerts;

public enum WebhookKind { Generic, Slack }

/// <summary>Where messages go. The URL is a credential: it is never logged or shown.</summary>
/// <param name="Name">Unique; deliveries are remembered under it.</param>
/// <param name="Kind">Form of the body.</param>
/// <param name="Url">https, or http to an allow-listed address.</param>
/// <param name="Secret">Key of the signature (Standard Webhooks: what stands after <c>whsec_</c>, decoded), or null: unsigned.</param>
public sealed record WebhookEndpoint(string Name, WebhookKind Kind, Uri Url, ImmutableArray<byte>? Secret)
{
    private const string SecretPrefix = "whsec_";

    public override string ToString() => $"webhook '{Name}' ({Url.Host})";

    /// <exception cref="SettingsException">One of them is incomplete or could never be reached.</exception>
    public static ImmutableArray<WebhookEndpoint> Parse(IReadOnlyList<SettingsFile.EndpointSection> sections, AddressAllowList allow)
    {
        ImmutableArray<WebhookEndpoint> endpoints = [.. sections.Select((s, i) => Parse(s, i, allow))];
        if (endpoints.GroupBy(e => e.Name, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { } twice)
            throw new SettingsException($"webhooks.endpoints: the name '{twice.Key}' is there twice; give each endpoint a name of its own");
        return endpoints;
    }

    private static WebhookEndpoint Parse(SettingsFile.EndpointSection section, int index, AddressAllowList allow)
    {
        string where = $"webhooks.endpoints[{index}]";
        string name = section.Name is { Length: > 0 and <= 100 } n ? n : throw new SettingsException($"{where}: 'name' is missing or longer than 100 characters");
        WebhookKind kind = section.Kind?.ToLowerInvariant() switch
        {
            "generic" => WebhookKind.Generic,
            "slack" => WebhookKind.Slack,
            _ => throw new SettingsException($"{where} ({name}): kind '{section.Kind}' is not one of generic, slack"),
        };
        return new WebhookEndpoint(name, kind, ParseUrl(section.Url, $"{where} ({name})", allow), ParseSecret(section.Secret, $"{where} ({name})"));
    }

    private static Uri ParseUrl(string? text, string where, AddressAllowList allow)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https") || url.Host.Length == 0)
            throw new SettingsException($"{where}: 'url' is not an http or https address");
        if (url.UserInfo.Length > 0)
            throw new SettingsException($"{where}: 'url' must not hold a user name or password");
        bool literal = IPAddress.TryParse(url.IdnHost.Trim('[', ']'), out IPAddress? address);
        if (literal && !allow.Contains(address!) && (url.Scheme == "http" || !PublicAddress.Is(address!)))
            throw new SettingsException($"{where}: {address} is not a public https address; if it is meant, add it to webhooks.allow");
        return url;
    }

    private static ImmutableArray<byte>? ParseSecret(string? text, string where)
    {
        if (string.IsNullOrEmpty(text))
            return null;
        byte[] key = new byte[text.Length];
        return text.StartsWith(SecretPrefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(text[SecretPrefix.Length..], key, out int length)
            && length >= 16
            ? [.. key[..length]]
            : throw new SettingsException($"{where}: 'secret' is not {SecretPrefix} and at least 16 bytes in base64");
    }
}
