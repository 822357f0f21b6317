using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Captures;

/// <summary>The two looks that a scan takes, kept so that any machine can diagnose them.</summary>
/// <param name="AgentVersion">Version of the agent that looked.</param>
/// <param name="Backend">How it read: ebpf, taskstats or proc.</param>
/// <param name="Redacted">Whether <see cref="CaptureRedaction"/> has replaced the names in it.</param>
/// <param name="First">The earlier look.</param>
/// <param name="Last">The later look, with the costly facts of the suspects of the earlier one.</param>
public sealed record Capture(string AgentVersion, string Backend, bool Redacted, Snapshot First, Snapshot Last);
