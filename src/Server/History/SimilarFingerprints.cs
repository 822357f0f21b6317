using System.Collections.Immutable;
using Microsoft.EntityFrameworkCore;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;

namespace OrphanBoard.Server.History;

/// <summary>Which other shapes look like one: their newest episodes compared, feature by feature.</summary>
internal static class SimilarFingerprints
{
    /// <summary>Compared are those of the same family and the newest ones, so many of each.</summary>
    private const int Candidates = 50;
    private const int Shown = 10;
    private const double AtLeast = 0.3;

    /// <returns>The most similar first.</returns>
    public static async Task<ImmutableArray<SimilarFingerprint>> Of(HistoryDb db, FingerprintRow row, CancellationToken ct)
    {
        IQueryable<FingerprintRow> others = db.Fingerprints.AsNoTracking().Where(f => f.Shape != row.Shape).OrderByDescending(f => f.LastOpenedMs);
        List<string> shapes = await others.Where(f => f.Family == row.Family).Select(f => f.Shape).Take(Candidates).ToListAsync(ct);
        shapes.AddRange(await others.Select(f => f.Shape).Take(Candidates).ToListAsync(ct));
        if (await NewestEvidence(db, row.Shape, ct) is not { } own)
            return [];

        List<SimilarFingerprint> similar = [];
        foreach (string shape in shapes.Distinct(StringComparer.Ordinal))
            if (await NewestEvidence(db, shape, ct) is { } other && FingerprintComparison.Compare(own, other).Similarity is >= AtLeast and var similarity)
                similar.Add(new SimilarFingerprint(shape, similarity));
        return [.. similar.OrderByDescending(s => s.Similarity).ThenBy(s => s.Shape, StringComparer.Ordinal).Take(Shown)];
    }

    private static async Task<Finding?> NewestEvidence(HistoryDb db, string shape, CancellationToken ct)
    {
        string? json = await db.Episodes.Where(e => e.Shape == shape)
            .OrderByDescending(e => e.FirstSeenMs).ThenByDescending(e => e.Id)
            .Join(db.Evidence.Where(v => v.Kind == EvidenceRow.Strongest), e => e.Id, v => v.EpisodeId, (e, v) => v.Finding)
            .FirstOrDefaultAsync(ct);
        return json is null ? null : EpisodeQueries.ReadEvidence(json);
    }
}
