namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What a proof may rest on beyond what was seen; the words of <see cref="Findings.Finding.Assumptions"/>.</summary>
public static class Assumption
{
    /// <summary>No alarm(2) or setitimer(2) is pending in a member: /proc does not show them.</summary>
    public const string NoItimer = "no-itimer";

    /// <summary>No end is under way in a unix socket's control message (SCM_RIGHTS), nor was handed on that way between the reads.</summary>
    public const string NoFdInFlight = "no-fd-in-flight";

    /// <summary>No other thread of a member has replaced (dup2) an fd under a call that was already blocked on it.</summary>
    public const string FdNotReused = "fd-not-reused";

    /// <summary>Init, whose fd table may not be read, holds no end: no holder is its child, and it inherits from nobody.</summary>
    public const string InitHoldsNoEnd = "init-holds-no-end";

    /// <summary>A member in wait(-1) is no subreaper, so that only its own children can wake it.</summary>
    public const string NoSubreaper = "no-subreaper";
}
