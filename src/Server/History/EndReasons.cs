using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.History;

/// <summary>How an episode ended. The first three are the agent's words, the last is guard's, the others are concluded here.</summary>
public static class EndReasons
{
    /// <summary>Its processes have ended.</summary>
    public const string Exited = "exited";

    /// <summary>Its processes go on.</summary>
    public const string Moved = "moved";

    /// <summary>It is now told as another finding.</summary>
    public const string Changed = "changed";

    /// <summary>Gone when the agent was back: nobody looked when it ended.</summary>
    public const string Unseen = "unseen";

    /// <summary>The host has booted anew.</summary>
    public const string Reboot = "reboot";

    /// <summary>A guarded run has ended its processes.</summary>
    public const string ByGuard = EndedFinding.ByGuard;

    public static bool IsGuards(string reason) => reason is Exited or ByGuard;

    public static bool IsAnAgents(string reason) => reason is Exited or Moved or Changed;
}
