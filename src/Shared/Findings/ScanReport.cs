using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Captures;

namespace OrphanBoard.Shared.Findings;

/// <summary>What <c>orphan-agent scan --json</c> prints and <c>guard --json</c> writes: one diagnosis of one host. Schema: docs/contract/scan.schema.json.</summary>
public sealed record ScanReport
{
    /// <inheritdoc/>
    public override string ToString() => nameof(ScanReport);

    public const string SchemaName = "orphanboard.scan/1";

    public string Schema { get; init; } = SchemaName;
    public required ReportHost Host { get; init; }
    public required DateTimeOffset TakenAt { get; init; }

    /// <summary>Wall time of the whole diagnosis, both looks included, milliseconds.</summary>
    public required double DurationMs { get; init; }
    public required Visibility Visibility { get; init; }
    public required ImmutableArray<Finding> Findings { get; init; }

    /// <summary>Null: a run under guard was over before anybody looked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public required ReportCut? Cut { get; init; }

    /// <summary>The run, in what <c>guard --json</c> writes; null elsewhere.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GuardReport? Guard { get; init; }
}

/// <summary>The host in a report.</summary>
public sealed record ReportHost(string Name, string BootId, string Kernel);

/// <summary>How much of the host could be seen.</summary>
/// <param name="Processes">Processes read, kernel threads left out.</param>
/// <param name="Threads">Threads read.</param>
/// <param name="Fds">File descriptors read.</param>
/// <param name="FdTablesUnreadable">Processes whose fd table is hidden, in whole or in part.</param>
/// <param name="WaitsUnreadable">Threads whose blocked call is hidden.</param>
/// <param name="Complete">True only when nothing that could change a verdict was unreadable.</param>
public sealed record Visibility(int Processes, int Threads, int Fds, int FdTablesUnreadable, int WaitsUnreadable, bool Complete)
{
    /// <summary>Processes of which a read blocked and had to be given up: the memory lock is held, or an execve does not come to its end.</summary>
    public int ReadsAbandoned { get; init; }
}

/// <summary>How the consistent cut was made.</summary>
/// <param name="Backend">ebpf, taskstats or proc.</param>
/// <param name="First">Start of the first look, RFC 3339.</param>
/// <param name="Last">End of the last look, RFC 3339.</param>
/// <param name="Relists">How often outsiders that had run were read again.</param>
public sealed record ReportCut(string Backend, string First, string Last, int Relists)
{
    public static ReportCut Of(Capture looks) =>
        new(looks.Backend, Rfc3339(looks.First.TakenAt), Rfc3339(looks.Last.TakenAt + looks.Last.Duration), 0);

    private static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
}
