using System.Globalization;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Board.Words;

/// <summary>What an agent says of itself, as people say it.</summary>
public static class AgentWords
{
    /// <returns><c>eBPF</c>, <c>/proc with taskstats</c>, <c>plain /proc</c>; a name that is not known as it is, empty for none.</returns>
    public static string Backend(string name) => name switch
    {
        "ebpf" => "eBPF",
        "taskstats" => "/proc with taskstats",
        "proc" => "plain /proc",
        _ => name,
    };

    /// <returns><c>0.42 % of a core</c></returns>
    public static string Cpu(double fraction) => fraction < 0.0001
        ? "under 0.01 % of a core"
        : string.Create(CultureInfo.InvariantCulture, $"{fraction * 100:0.##} % of a core");

    /// <returns><c>24 MB</c></returns>
    public static string Memory(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(1, bytes / 1_000_000.0):0} MB");

    /// <returns><c>every 1 s</c>, <c>every 0.2 s</c></returns>
    public static string Every(int milliseconds) => string.Create(CultureInfo.InvariantCulture, $"every {milliseconds / 1000.0:0.###} s");

    public static bool IsSlowed(AgentUsage agent) => agent.IntervalMs > agent.ConfiguredIntervalMs;

    /// <summary>Why it looks less often than it was asked to.</summary>
    public static string Slowed(AgentUsage agent) => string.Create(
        CultureInfo.InvariantCulture,
        $"The agent was over its budget of {agent.CpuBudget * 100:0.##} % of a core: it looks {Every(agent.IntervalMs)} instead of {Every(agent.ConfiguredIntervalMs)}.");

    /// <returns><c>12,004, none missed</c></returns>
    public static string Looks(AgentUsage agent) => agent.LooksMissed == 0
        ? $"{Number(agent.Looks)}, none missed"
        : $"{Number(agent.Looks)}, {Number(agent.LooksMissed)} more were due while one before took too long";

    /// <summary>
    /// What could not be read since the agent's start. What is not permitted is so at every look, so that is told per look. That a process ends
    /// while it is read is no error, and not told.
    /// </summary>
    public static string Reads(AgentUsage agent)
    {
        AgentReads reads = agent.Reads;
        string[] parts =
        [
            .. Part(reads.Denied == 0 ? 0 : Math.Max(1, reads.Denied / Math.Max(1, agent.Looks)), "a look not permitted"),
            .. Part(reads.Failed, "failed"),
            .. Part(reads.Abandoned, "given up because the process did not let go"),
        ];
        return parts.Length == 0 ? "all came to something" : string.Join(", ", parts);
    }

    /// <returns><c>1,204 processes read anew, all as expected</c></returns>
    public static string SelfCheck(AgentUsage agent) => agent switch
    {
        { SelfCheckMismatches: 0 } => $"{Number(agent.SelfChecked)} processes read anew, all as expected",
        _ => $"{Number(agent.SelfChecked)} processes read anew, {Number(agent.SelfCheckMismatches)} had changed unseen",
    };

    /// <summary>How it hears of forks, execs and exits.</summary>
    public static string Events(AgentUsage agent)
    {
        string source = agent.Events switch
        {
            "proc-connector" => "from the kernel's proc connector",
            "ebpf" => "by eBPF",
            "polling" => "by comparing looks: what lives shorter than the time between two is not seen",
            var other => other,
        };
        return agent.EventOverflows == 0 ? source : $"{source}; lost {Number(agent.EventOverflows)} times because they came too fast";
    }

    private static IEnumerable<string> Part(long count, string word) => count == 0 ? [] : [$"{Number(count)} {word}"];

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
