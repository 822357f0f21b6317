using System.Collections.Concurrent;
using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>All specimens beside each other, and what scans of the whole machine tell of them.</summary>
public sealed class WholeZoo : IAsyncLifetime
{
    private const int StartedAtOnce = 3;

    /// <summary>The first one started ends itself five minutes later.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentDictionary<Specimen, Keeper> _keepers = [];
    private readonly List<(Specimen Specimen, string Told)> _missed = [];

    /// <summary>The finding of each hang, by the last scan that told of it as the table says: exactly one, of the rule that is expected.</summary>
    internal Dictionary<Specimen, Finding> Told { get; } = [];

    /// <summary>What the last scan told of those that are not told of as the table says, hangs not by any scan, the others not by the last one; and what each of them waits for.</summary>
    internal ImmutableArray<string> Missed { get; private set; } = [];

    public async ValueTask InitializeAsync()
    {
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        try
        {
            await Parallel.ForEachAsync(
                ZooTable.Hangs.Concat(ZooTable.Healthy).Where(specimen => specimen.Needs is null || Places.IsInstalled(specimen.Needs)),
                new ParallelOptions { MaxDegreeOfParallelism = StartedAtOnce, CancellationToken = cancellation },
                async (specimen, starting) => _keepers[specimen] = await Keeper.StartAsync(specimen, starting));
            // What only just began to work by itself is believed after some seconds. With hundreds of programs beside each other there is always one that had to wait
            // for a CPU and has just run: so each hang is to be told by one of the scans, and the healthy by none of those at the end.
            await Agent.ScanUntilAsync(null, IsToldAsExpected, cancellation, patience: Patience);
            Missed = [.. await Task.WhenAll(_missed.Select(ExplainAsync))];
        }
        catch
        {
            await DisposeAsync();
            _keepers.Clear();
            throw;
        }
    }

    public async ValueTask DisposeAsync() => await Parallel.ForEachAsync(_keepers.Values, async (keeper, _) => await keeper.DisposeAsync());

    private async Task<string> ExplainAsync((Specimen Specimen, string Told) missed) =>
        string.Join('\n', [$"{missed.Specimen}: {missed.Told}, not {missed.Specimen.Expected?.Rule}", .. await Task.WhenAll(_keepers[missed.Specimen].Pids.Select(Agent.ExplainAsync))]);

    private bool IsToldAsExpected(ImmutableArray<Finding> findings)
    {
        _missed.Clear();
        foreach ((Specimen specimen, Keeper keeper) in _keepers)
        {
            HashSet<int> announced = [.. keeper.Pids];
            // It takes so long to start them all that a child which is waited for later, or was to be, is a zombie for more than half a minute: that is so, and what hangs beside it is asked for here.
            Finding[] its = [.. findings.Where(finding => IsOf(finding, announced) && (finding.Class != FindingClass.Zombie || specimen.Expected?.Class == FindingClass.Zombie))];
            string told = string.Join(", ", its.Select(finding => finding.Rule)), expected = specimen.Expected?.Rule ?? "";
            if (told == expected)
            {
                if (its is [var one])
                    Told[specimen] = one;
            }
            else if (!Told.ContainsKey(specimen))
                _missed.Add((specimen, told));
        }
        return _missed.Count == 0;
    }

    /// <summary>Not all of a specimen announce themselves: their children do not.</summary>
    private static bool IsOf(Finding finding, HashSet<int> announced) =>
        finding.Pids.Any(announced.Contains) || finding.Participants.Any(participant => finding.Pids.Contains(participant.Pid) && announced.Contains(participant.Ppid));
}
