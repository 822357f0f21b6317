namespace OrphanBoard.Server.Settings;

/// <summary>The server cannot start as it was asked to. The message is one line: what, where, what to do.</summary>
public sealed class SettingsException(string message, int exitCode = SettingsException.Failed) : Exception(message)
{
    public const int Failed = 1;
    public const int BadUsage = 2;

    /// <summary>1: it failed, 2: bad usage.</summary>
    public int ExitCode { get; } = exitCode;
}
