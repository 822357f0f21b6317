namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>Where what outlives a run is kept.</summary>
public static class StateDirectory
{
    /// <summary><c>${XDG_STATE_HOME:-~/.local/state}/orphanboard</c>; null where neither variable leads anywhere. A relative XDG_STATE_HOME counts as none, as its specification has it.</summary>
    /// <param name="environment">Value of a variable, null where it is not set.</param>
    public static string? Of(Func<string, string?> environment)
    {
        if (environment("XDG_STATE_HOME") is { } state && state.StartsWith('/'))
            return Path.Combine(state, "orphanboard");
        return environment("HOME") is { } home && home.StartsWith('/') ? Path.Combine(home, ".local/state/orphanboard") : null;
    }

    internal const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>What can go wrong with files that are nice to have.</summary>
    internal static bool IsFailure(Exception e) => e is IOException or UnauthorizedAccessException or Linux.LinuxException or InvalidDataException or NotSupportedException;
}
