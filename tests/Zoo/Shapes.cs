using System.Collections.Concurrent;
using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>Fingerprints of real specimens.</summary>
internal static class Shapes
{
    /// <summary>Tests that ask at the same time share one run.</summary>
    private static readonly ConcurrentDictionary<string, Lazy<Task<Finding>>> Plain = [];

    /// <summary>The finding of a specimen as it stands in the table; it is started once in a run of the tests.</summary>
    public static Task<Finding> OfAsync(Specimen specimen, CancellationToken cancellation) =>
        Plain.GetOrAdd(specimen.Name, _ => new Lazy<Task<Finding>>(() => OfNewAsync(specimen, null, cancellation))).Value;

    /// <summary>The finding of one more run of a specimen.</summary>
    /// <param name="specimen">Hang or leftover.</param>
    /// <param name="backend">How the agent reads; null: as it chooses.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<Finding> OfNewAsync(Specimen specimen, string? backend, CancellationToken cancellation)
    {
        await using Keeper keeper = await Keeper.StartAsync(specimen, cancellation);
        ImmutableArray<Finding> findings = await Agent.ScanUntilAsync(keeper.Pid, found => found.Any(IsTheOne), cancellation, backend);
        // A scan that saw how it came to stand so knows more (whom an orphan has lost): of what does not say itself that it stands, the next one is taken.
        if (specimen.Expected?.Unannounced > 0)
            findings = await Agent.ScanUntilAsync(keeper.Pid, found => found.Any(IsTheOne), cancellation, backend);
        Finding[] found = [.. findings.Where(IsTheOne)];
        Assert.True(found.Length == 1, $"{specimen.Name}: {found.Length} findings of its class among {findings.Length}");
        return found[0];

        bool IsTheOne(Finding finding) => specimen.Expected is { } expected
            // What some handlers are for only eBPF shows.
            ? finding.Class == expected.Class && (finding.Confidence >= expected.AtLeast || finding.Confidence == Confidence.Likely && backend is not (null or "ebpf")) // of a runtime something else may be suspected while it starts
            : finding.Class is FindingClass.Deadlock or FindingClass.Stall;
    }
}
