using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Doctoring;

/// <summary>How a look reads, and how what happens between two looks is heard of.</summary>
internal static class BackendCheck
{
    /// <summary>Every back end sees the same of still processes: a lesser one costs more, and proves less of who holds what. So no line of these is partial sight.</summary>
    internal static Check Examine(BackendChoice choice) => choice.WhyNotBetter is { } why
        ? new Check("backend", CheckLevel.Note, $"looks go through {choice.InWords}", Sentence(why), choice.Mend)
        : new Check("backend", CheckLevel.Ok, $"looks go through {choice.InWords}");

    internal static Check Examine(EventsChoice choice) => choice.Source switch
    {
        EventsChoice.Connector => new Check("events", CheckLevel.Ok, "the kernel's proc connector tells of forks, execs and exits"),
        EventsChoice.Ebpf => new Check("events", CheckLevel.Ok, "eBPF tells of forks, execs and exits"),
        _ => new Check("events", CheckLevel.Note, "forks, execs and exits are found by comparing looks",
            $"A parent that lives shorter than the time between two looks is not seen, and its children are orphans of nobody known.{(choice.WhyNotBetter is { } why ? $" {Sentence(why)}" : "")}"),
    };

    private static string Sentence(string text) => $"{char.ToUpperInvariant(text[0])}{text[1..]}.";
}
