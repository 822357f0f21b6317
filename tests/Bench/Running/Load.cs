namespace OrphanBoard.Bench.Running;

/// <summary>load.c below zoo-keeper: in place when <see cref="Start"/> returns, gone when it is disposed of.</summary>
internal sealed class Load : IDisposable
{
    /// <summary>No measurement takes as long: a load that was forgotten ends all the same.</summary>
    private const string LimitSeconds = "1800";

    private readonly Child _keeper;

    private Load(Child keeper, int processes) => (_keeper, Processes) = (keeper, processes);

    internal int Processes { get; }

    /// <param name="processes">A multiple of 10, at most 10,000.</param>
    /// <param name="active">How many of them do something in each second.</param>
    internal static Load Start(Places places, int processes, int active)
    {
        Child keeper = Child.StartToListen(places.Keeper, "--limit", LimitSeconds, "--", places.Load, "--processes", $"{processes}", "--active", $"{active}");
        while (keeper.Output.ReadLine() is { } line)
        {
            if (line == "ready")
                return new Load(keeper, processes);
            if (line.StartsWith("error ", StringComparison.Ordinal))
            {
                keeper.Dispose();
                throw new InvalidOperationException($"the load of {processes:N0} processes could not be started: {line["error ".Length..]}");
            }
        }
        keeper.Dispose();
        throw new InvalidOperationException($"the load of {processes:N0} processes ended before it was in place");
    }

    /// <summary>Fifty to one: mostly idle, as the processes of a machine are.</summary>
    internal static Load MostlyIdle(Places places, int processes) => Start(places, processes, processes / 50);

    public void Dispose() => _keeper.Dispose();
}
