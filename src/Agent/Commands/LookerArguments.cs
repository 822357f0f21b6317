using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Commands;

/// <summary>The options of all commands that look at this host.</summary>
internal static class LookerArguments
{
    internal static Option Backend { get; } = new("--backend", "NAME", "how to read: ebpf, taskstats or proc (default: the first of them that works here)");

    /// <exception cref="UsageException">No such back end.</exception>
    internal static BackendKind? BackendOf(Arguments arguments) => arguments.Value("--backend") switch
    {
        null => null,
        var name when BackendProbe.TryParse(name, out BackendKind kind) => kind,
        var name => throw new UsageException($"--backend '{name}': it must be ebpf, taskstats or proc"),
    };

    /// <exception cref="UsageException">No such back end.</exception>
    /// <exception cref="InvalidDataException">The back end that was asked for does not work here.</exception>
    /// <param name="budget">See <see cref="LookerOptions.Budget"/>.</param>
    /// <param name="origin">See <see cref="LookerOptions.Origin"/>.</param>
    internal static HostLooker Open(Arguments arguments, TimeProvider time, TimeSpan? budget = null, bool origin = true) =>
        new(time, CommandLineRedaction.WithRandomKey(), new LookerOptions { Backend = BackendOf(arguments), Budget = budget, Origin = origin });
}
