using System.Text;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Wire;
using static OrphanBoard.Server.Api.MetricsApi;

namespace OrphanBoard.Server.Api;

/// <summary>
/// The part of <c>/metrics</c> that agents tell of themselves, per host. A host that is silent has none: what stands still is not shown as if it were
/// measured. Described in docs/api.md.
/// </summary>
internal static class AgentMetrics
{
    internal static void Write(StringBuilder text, IReadOnlyList<HostView> hosts)
    {
        (HostView Host, AgentUsage Agent)[] agents = [.. hosts.Where(h => h is { State: HostState.Online, Agent: not null }).Select(h => (h, h.Agent!))];
        if (agents.Length == 0)
            return;

        Header(text, "orphanboard_agent_info", "gauge", "1, with what the agent is in its labels.");
        foreach ((HostView host, AgentUsage agent) in agents)
            Line(text, $"orphanboard_agent_info{{{Host(host)},version=\"{Escape(host.AgentVersion)}\",backend=\"{Escape(agent.Backend)}\",events=\"{Escape(agent.Events)}\"}}", 1);

        Each("cpu_seconds_total", "counter", "CPU used by the agent and its helpers.", a => a.CpuSeconds);
        Each("cpu_ratio", "gauge", "CPU used over the last ten seconds or so, as a fraction of one core.", a => a.CpuFraction);
        Each("cpu_budget_ratio", "gauge", "CPU past which the agent slows down, as a fraction of one core.", a => a.CpuBudget);
        Each("look_cpu_seconds", "gauge", "CPU of the last look.", a => a.LookCpuMs / 1000);
        Each("resident_memory_bytes", "gauge", "Resident memory of the agent.", a => a.RssBytes);
        Each("allocated_bytes_total", "counter", "Bytes allocated on the agent's managed heap.", a => a.AllocatedBytes);
        Each("interval_seconds", "gauge", "Time between two looks, now.", a => a.IntervalMs / 1000.0);
        Each("configured_interval_seconds", "gauge", "Time between two looks, as configured.", a => a.ConfiguredIntervalMs / 1000.0);
        Each("looks_total", "counter", "Looks taken.", a => a.Looks);
        Each("looks_missed_total", "counter", "Looks that were due and not taken.", a => a.LooksMissed);
        Each("self_checked_total", "counter", "Processes read anew to check what was taken as unchanged.", a => a.SelfChecked);
        Each("self_check_mismatches_total", "counter", "Those of them that had changed after all.", a => a.SelfCheckMismatches);
        Each("event_overflows_total", "counter", "Times that events were lost because they came too fast.", a => a.EventOverflows);
        Each("left_behind", "gauge", "Busy processes that the last look left as they were.", a => a.LeftBehind);

        const string reads = "orphanboard_agent_read_errors_total";
        Header(text, reads, "counter", "Reads that came to nothing, by kind.");
        foreach ((HostView host, AgentUsage agent) in agents)
        {
            Read(host, "denied", agent.Reads.Denied);
            Read(host, "failed", agent.Reads.Failed);
            Read(host, "vanished", agent.Reads.Vanished);
            Read(host, "abandoned", agent.Reads.Abandoned);
        }

        void Each(string name, string type, string help, Func<AgentUsage, double> value)
        {
            Header(text, $"orphanboard_agent_{name}", type, help);
            foreach ((HostView host, AgentUsage agent) in agents)
                Line(text, $"orphanboard_agent_{name}{{{Host(host)}}}", value(agent));
        }

        void Read(HostView host, string kind, long count) => Line(text, $"{reads}{{{Host(host)},kind=\"{kind}\"}}", count);
    }

    /// <summary>The id, because two machines may have one name.</summary>
    private static string Host(HostView host) => $"host_id=\"{Escape(host.Host.Id)}\",host=\"{Escape(host.Host.Name)}\"";

    /// <summary>A label's value: backslash, quote and line feed are escaped.</summary>
    private static string Escape(string text) =>
        text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
}
