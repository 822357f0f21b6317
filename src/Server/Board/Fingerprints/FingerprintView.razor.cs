using System.Collections.Immutable;
using System.Globalization;
using Microsoft.AspNetCore.Components;
using OrphanBoard.Server.History;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Server.Board.Fingerprints;

/// <summary>One kind of hang: when it was seen, why its episodes are one, and what is like it.</summary>
public sealed partial class FingerprintView
{
    [Parameter, EditorRequired] public FingerprintDetail Fingerprint { get; set; } = default!;
    [Parameter, EditorRequired] public ImmutableArray<EpisodeSummary> Episodes { get; set; }
    [Parameter, EditorRequired] public ImmutableArray<(SimilarFingerprint Similar, FingerprintSummary Summary)> Similar { get; set; }
    [Parameter, EditorRequired] public DateTimeOffset Now { get; set; }

    [Inject] private NavigationManager Navigation { get; set; } = default!;

    /// <summary>At most two; a third takes the place of the first.</summary>
    private List<string> Chosen { get; } = [];

    /// <summary>Line breaks are the text's own; anything else that hides is shown.</summary>
    private string Canonical => string.Join('\n', Fingerprint.Text.Split('\n').Select(VisibleText.Of));

    private void Choose(string episodeId)
    {
        if (Chosen.Remove(episodeId))
            return;
        if (Chosen.Count == 2)
            Chosen.RemoveAt(0);
        Chosen.Add(episodeId);
    }

    private void Compare()
    {
        if (Chosen is [var a, var b])
            Navigation.NavigateTo(Links.Compare(a, b));
    }

    private static string Percent(double similarity) => string.Create(CultureInfo.InvariantCulture, $"{Math.Round(similarity * 100)} %");
}
