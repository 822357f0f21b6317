namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>What a report has to know beside the outcome.</summary>
/// <param name="Style">What whoever reads it can be shown.</param>
/// <param name="Now">When it is written.</param>
/// <param name="Zone">Days and hours are told in it.</param>
public sealed record ReportContext(TextStyle Style, DateTimeOffset Now, TimeZoneInfo Zone)
{
    /// <summary>How often this shape was seen before on this machine; null: there is no store.</summary>
    public SeenCount? Seen { get; init; }

    /// <summary>Folder in which the evidence lies; null: it could not be kept.</summary>
    public string? EvidenceAt { get; init; }

    /// <summary>The capture is in it.</summary>
    public bool HasCapture { get; init; }

    /// <summary>What guard does when it has told of a deadlock.</summary>
    public AfterPanic Then { get; init; }
}

public enum AfterPanic
{
    /// <summary>It ends the command and all that it started.</summary>
    End,

    /// <summary><c>--keep</c>: the specimen stays alive, and guard leaves.</summary>
    Keep,

    /// <summary><c>--on-deadlock=report</c>: nothing; the command goes on.</summary>
    Report,
}
