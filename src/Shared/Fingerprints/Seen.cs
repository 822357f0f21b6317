using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// What of a core could be seen. What could not is a value of its own in the text, so that it is equal to nothing that was seen; two findings of
/// which not the same was seen are compared only by what was seen of both.
/// </summary>
[Flags]
internal enum Seen
{
    Nothing = 0,

    /// <summary>The command lines of all: names that are not cut.</summary>
    Names = 1,

    /// <summary>The fd tables of all.</summary>
    Fds = 2,

    All = Names | Fds,
}

internal static class SeenOf
{
    public static Seen Core(FindingCore core)
    {
        Seen seen = Seen.All;
        if (core.Core.Any(HidesName))
            seen &= ~Seen.Names;
        if (core.Core.Any(participant => participant.FdsHidden))
            seen &= ~Seen.Fds;
        return seen;
    }

    /// <summary>A zombie has no command line any more, for nobody.</summary>
    public static bool HidesName(Participant participant) => participant.Cmdline is null && participant.State != "Z";

    public static string Spell(Seen seen) => seen switch
    {
        Seen.All => "names and fds",
        Seen.Names => "names",
        Seen.Fds => "fds",
        _ => "waits only",
    };
}
