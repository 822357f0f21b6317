using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Counts what could not be read.</summary>
internal sealed class LookTally
{
    internal int Vanished { get; set; }
    internal int FdTablesDenied { get; set; }
    internal int WaitsDenied { get; set; }
    internal int Failed { get; set; }
    internal int Abandoned { get; set; }

    internal ReadCounts Counts => new(Vanished, FdTablesDenied, WaitsDenied, Failed, Abandoned);

    internal void Clear() => Vanished = FdTablesDenied = WaitsDenied = Failed = Abandoned = 0;

    internal void Add(ReadCounts counts)
    {
        Vanished += counts.Vanished;
        FdTablesDenied += counts.FdTablesDenied;
        WaitsDenied += counts.WaitsDenied;
        Failed += counts.Failed;
        Abandoned += counts.Abandoned;
    }

    /// <summary>Counts a process or thread without which there is nothing to tell: gone is a race, anything else a failure.</summary>
    internal void CountLost(Sight sight)
    {
        if (sight == Sight.Gone)
            Vanished++;
        else
            Failed++;
    }
}
