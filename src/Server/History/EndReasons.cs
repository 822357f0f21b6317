namespace OrphanBoard.Server.History;

/// <summary>How an episode ended. The first three are the agent's words, the others are concluded here.</summary>
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

    public static bool IsAnAgents(string reason) => reason is Exited or Moved or Changed;
}
