using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Procfs;

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

    /// <summary>Gives the program what better back ends need, and what it needs to see all users' processes. Null: it has that, so something else is in the way.</summary>
    internal static string? Backend(BackendChoice choice, CredentialsFile credentials, string program)
    {
        var effective = new CapabilitySet(credentials.Effective);
        var bounding = new CapabilitySet(credentials.Bounding);
        bool bpf = choice.Name != "ebpf" && !(effective.Has(CapabilitySet.Bpf) && effective.Has(CapabilitySet.PerfMon)) && bounding.Has(CapabilitySet.Bpf) && bounding.Has(CapabilitySet.PerfMon);
        bool admin = choice.Name == "proc" && !effective.Has(CapabilitySet.NetAdmin) && bounding.Has(CapabilitySet.NetAdmin);
        return bpf ? $"sudo setcap cap_bpf,cap_perfmon,cap_sys_ptrace,cap_dac_read_search+ep {Quote(program)}"
            : admin ? $"sudo setcap cap_net_admin,cap_sys_ptrace,cap_dac_read_search+ep {Quote(program)}"
            : null;
    }

    /// <summary>A word of the shell.</summary>
    private static string Quote(string path) =>
        path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '_' or '-' or '+') ? path : $"'{path.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
