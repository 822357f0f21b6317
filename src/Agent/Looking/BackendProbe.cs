using System.Collections.Immutable;

namespace OrphanBoard.Agent.Looking;

/// <summary>Which back end is used: the first that works, or the one that was asked for.</summary>
internal static class BackendProbe
{
    /// <summary>Spelled as in <c>--backend</c> and in the scan schema.</summary>
    internal static string NameOf(BackendKind kind) => kind switch
    {
        BackendKind.Ebpf => "ebpf",
        BackendKind.Taskstats => "taskstats",
        _ => "proc",
    };

    internal static bool TryParse(string name, out BackendKind kind)
    {
        foreach (BackendKind candidate in Enum.GetValues<BackendKind>())
        {
            kind = candidate;
            if (NameOf(candidate) == name)
                return true;
        }
        kind = default;
        return false;
    }

    /// <param name="forced">The only one to try; null: the best that works.</param>
    /// <param name="open">Opens one, or says in one line why it does not work here.</param>
    /// <exception cref="InvalidDataException">The one that was asked for does not work here.</exception>
    internal static (Backend Opened, BackendChoice Choice) Choose(
        BackendKind? forced, Func<BackendKind, (Backend? Opened, string? Why)> open)
    {
        if (forced is { } only)
        {
            (Backend? opened, string? why) = open(only);
            return (opened ?? throw new InvalidDataException($"back end {NameOf(only)} cannot be used here: {why}"), new BackendChoice(NameOf(only), [], null));
        }
        var notChosen = ImmutableArray.CreateBuilder<(string, string)>();
        foreach (BackendKind kind in Enum.GetValues<BackendKind>())
        {
            (Backend? opened, string? why) = open(kind);
            if (opened is not null)
                return (opened, new BackendChoice(NameOf(kind), notChosen.ToImmutable(), null));
            notChosen.Add((NameOf(kind), why ?? "it does not work here"));
        }
        throw new InvalidDataException("no back end works here: /proc cannot be read");
    }
}
