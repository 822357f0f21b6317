using System.Collections.Immutable;

namespace OrphanBoard.Agent.Looking;

/// <summary>Which back end a look uses, as probed.</summary>
/// <param name="Name">ebpf, taskstats or proc.</param>
/// <param name="NotChosen">The better ones, best first, and why not each: half a sentence.</param>
/// <param name="Mend">The one command after which a better one would be chosen; null where no command does.</param>
public sealed record BackendChoice(string Name, ImmutableArray<(string Name, string Why)> NotChosen, string? Mend)
{
    /// <summary>In words: <c>eBPF</c>, <c>/proc with taskstats</c>, <c>plain /proc</c>.</summary>
    public string InWords => WordsOf(Name);

    /// <summary>One line; null where there is no better one.</summary>
    public string? WhyNotBetter => NotChosen.IsEmpty ? null : string.Join("; ", NotChosen.Select(other => $"not {WordsOf(other.Name)}: {other.Why}"));

    private static string WordsOf(string name) => name switch
    {
        "ebpf" => "eBPF",
        "taskstats" => "/proc with taskstats",
        "proc" => "plain /proc",
        _ => name,
    };
}

/// <summary>How forks, execs and exits are heard of, as probed.</summary>
/// <param name="Source">proc-connector, ebpf or polling.</param>
/// <param name="WhyNotBetter">Why only polling, half a sentence; null where it is not.</param>
public sealed record EventsChoice(string Source, string? WhyNotBetter)
{
    public const string Connector = "proc-connector", Ebpf = "ebpf", Polling = "polling";
}
