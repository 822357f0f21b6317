namespace OrphanBoard.Agent.Doctoring;

/// <summary>Commands that mend.</summary>
internal static class Mend
{
    /// <summary>
    /// Gives the program the two capabilities that it lacks. Where the bounding set has not got them no program can be given them: whoever made
    /// the container has to.
    /// </summary>
    internal static string Rights(SightFacts facts) => facts.Bounding.SeesAllUsers
        ? $"sudo setcap cap_sys_ptrace,cap_dac_read_search+ep {Quote(facts.Program)}"
        : "docker run --cap-add=SYS_PTRACE --cap-add=DAC_READ_SEARCH ...";

    /// <summary>A word of the shell.</summary>
    private static string Quote(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+') ? path : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
