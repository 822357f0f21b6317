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

    public static string Compare(string a, string b) => $"compare?a={Uri.EscapeDataString(a)}&b={Uri.EscapeDataString(b)}";
}
