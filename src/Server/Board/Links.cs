using System.Globalization;

namespace OrphanBoard.Server.Board;

/// <summary>Addresses of the board's pages, relative to its base.</summary>
public static class Links
{
    public const string Findings = "findings";
    public const string Fingerprints = "fingerprints";

    public static string Host(string id) => $"hosts/{Uri.EscapeDataString(id)}";

    public static string Process(string hostId, int pid) => string.Create(CultureInfo.InvariantCulture, $"{Host(hostId)}?pid={pid}");

    public static string Finding(string episodeId) => $"findings/{Uri.EscapeDataString(episodeId)}";

    public static string Fingerprint(string shape) => $"fingerprints/{Uri.EscapeDataString(shape)}";

    /// <summary>An address that a host told, as one that may be followed: a page of the web and nothing else. Null: it is none.</summary>
    public static string? Web(string? address) =>
        Uri.TryCreate(address, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" && uri.UserInfo.Length == 0 ? uri.AbsoluteUri : null;

    public static string Compare(string a, string b) => $"compare?a={Uri.EscapeDataString(a)}&b={Uri.EscapeDataString(b)}";
}
