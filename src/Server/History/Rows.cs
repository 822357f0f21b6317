using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Server.History;

/// <summary>A host as it last said it is.</summary>
public sealed class HostRow
{
    public required string Id { get; set; }
    public required string Name { get; set; }
    public required string BootId { get; set; }
    public required string Kernel { get; set; }
    public required string Architecture { get; set; }
    public required string AgentVersion { get; set; }
    public required string Backend { get; set; }
    public long FirstSeenMs { get; set; }
    public long LastSeenMs { get; set; }
    public int Processes { get; set; }
    public int Threads { get; set; }
    public int Fds { get; set; }

    /// <summary>Whether an agent has ever streamed for it; if not, it is known through guarded runs alone.</summary>
    public bool Watched { get; set; }

    public static HostRow New(HostIdentity host, long nowMs) =>
        new() { Id = host.Id, Name = "", BootId = "", Kernel = "", Architecture = "", AgentVersion = "", Backend = "", FirstSeenMs = nowMs };

    public void Describe(HostIdentity host, string agentVersion, string backend)
    {
        Name = host.Name;
        BootId = host.BootId;
        Kernel = host.Kernel;
        Architecture = host.Architecture;
        AgentVersion = agentVersion;
        Backend = backend;
    }
}

/// <summary>One boot of a host.</summary>
public sealed class BootRow
{
    public required string HostId { get; set; }
    public required string BootId { get; set; }

    /// <summary>When the kernel booted, as the agent says.</summary>
    public long BootTimeMs { get; set; }
    public long FirstSeenMs { get; set; }
}

/// <summary>One finding on one host over time. What is said of it (class to summary) is that of its strongest evidence.</summary>
public sealed class EpisodeRow
{
    public required string Id { get; set; }
    public required string HostId { get; set; }
    public required string BootId { get; set; }
    public required string FindingId { get; set; }
    public required string Class { get; set; }
    public required string Confidence { get; set; }
    public required string Rule { get; set; }
    public required string Family { get; set; }
    public required string Shape { get; set; }
    public required string Exact { get; set; }
    public string? Culprit { get; set; }
    public required string Summary { get; set; }
    public long FirstSeenMs { get; set; }
    public long LastSeenMs { get; set; }

    /// <summary>Null while it is open.</summary>
    public long? EndedMs { get; set; }
    public string? EndReason { get; set; }
}

/// <summary>A finding exactly as it was diagnosed.</summary>
public sealed class EvidenceRow
{
    public const string First = "first";

    /// <summary>The newest of those with the highest confidence.</summary>
    public const string Strongest = "strongest";

    public required string EpisodeId { get; set; }

    /// <summary><see cref="First"/> or <see cref="Strongest"/>.</summary>
    public required string Kind { get; set; }
    public long TakenMs { get; set; }

    /// <summary>JSON as in docs/contract/scan.schema.json.</summary>
    public required string Finding { get; set; }
}

/// <summary>A command that ran under guard, and what it ran for.</summary>
public sealed class GuardRunRow
{
    /// <summary>Guard's own: a run that is told twice is one.</summary>
    public required string Id { get; set; }
    public required string HostId { get; set; }

    /// <summary>Argument vector, JSON.</summary>
    public required string Command { get; set; }

    /// <summary>Name of the CI system; null: it ran in none that is known.</summary>
    public string? JobSystem { get; set; }
    public string? JobName { get; set; }
    public string? JobUrl { get; set; }
    public string? JobCookie { get; set; }
    public string? Commit { get; set; }
    public string? Branch { get; set; }
    public int ExitCode { get; set; }
    public required string EndedBy { get; set; }
    public long StartedMs { get; set; }
    public long EndedMs { get; set; }
}

/// <summary>A guarded run told of this episode. A guard within a guard makes two of one episode.</summary>
public sealed class GuardFindingRow
{
    public required string RunId { get; set; }
    public required string EpisodeId { get; set; }
}

/// <summary>A shape and its counts, which change in the transaction of its episodes.</summary>
public sealed class FingerprintRow
{
    public required string Shape { get; set; }
    public required string Family { get; set; }

    /// <summary>The canonical text that <see cref="Shape"/> is the hash of.</summary>
    public required string Text { get; set; }
    public required string Title { get; set; }
    public long FirstSeenMs { get; set; }
    public long LastSeenMs { get; set; }

    /// <summary>When the newest of its episodes began.</summary>
    public long LastOpenedMs { get; set; }

    /// <summary>When it last came back after it had been quiet for so long that it counted as gone; null: never.</summary>
    public long? ReturnedMs { get; set; }
    public int Episodes { get; set; }
    public int OpenEpisodes { get; set; }
    public int Hosts { get; set; }

    /// <summary>Whether messages about it, as a new one, have been put into the outbox (or would have been, had there been an endpoint).</summary>
    public bool Announced { get; set; }
}

/// <summary>How many episodes of a shape began on a day.</summary>
public sealed class FingerprintDayRow
{
    public required string Shape { get; set; }

    /// <summary>UTC day: days since 1970-01-01.</summary>
    public int Day { get; set; }
    public int Count { get; set; }
}

/// <summary>A message to be delivered, written in the transaction of what it tells.</summary>
public sealed class OutboxRow
{
    public const string Pending = "pending";
    public const string Delivered = "delivered";
    public const string Dead = "dead";

    public long Id { get; set; }
    public required string Shape { get; set; }

    /// <summary><c>new</c>.</summary>
    public required string Transition { get; set; }

    /// <summary>Name of the webhook endpoint.</summary>
    public required string Channel { get; set; }

    /// <summary>The same over retries, so that a receiver can tell a repeated delivery.</summary>
    public required string WebhookId { get; set; }

    /// <summary>What to tell, JSON.</summary>
    public required string Data { get; set; }
    public long CreatedMs { get; set; }
    public long NextAttemptMs { get; set; }
    public int Attempts { get; set; }

    /// <summary><see cref="Pending"/>, <see cref="Delivered"/> or <see cref="Dead"/>.</summary>
    public required string State { get; set; }
    public string? LastError { get; set; }
}

/// <summary>A webhook endpoint that must not be used any more.</summary>
public sealed class ChannelRow
{
    public required string Name { get; set; }

    /// <summary>SHA-256 of the URL it is about: with another URL it is another endpoint.</summary>
    public required string UrlHash { get; set; }
    public long DisabledMs { get; set; }
    public required string Reason { get; set; }
}
