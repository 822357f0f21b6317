using Bunit;
using OrphanBoard.Board.Tests.Examples;
using OrphanBoard.Server.Board.Findings;
using OrphanBoard.Server.History;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Board.Tests.Findings;

public sealed class FindingViewTests : BoardContext
{
    private EpisodeDetail Episode(Finding finding, DateTimeOffset? ended = null, string? reason = null) => new(
        "e1", "h1", "ci-runner-07", finding.Class, finding.Confidence, finding.Rule, new("v1-f", "v1-s", "v1-e", null), finding.Summary,
        Now.AddMinutes(-12), Now, ended, reason, finding);

    private IRenderedComponent<FindingView> View(EpisodeDetail episode, FingerprintSummary? fingerprint = null, params EpisodeSummary[] others) =>
        Render<FindingView>(p => p.Add(v => v.Episode, episode).Add(v => v.Now, Now).Add(v => v.Fingerprint, fingerprint).Add(v => v.Others, [.. others]));

    [Fact]
    public void Render_FoundingHang_TellsEachHopInItsOwnSentence()
    {
        var view = View(Episode(FoundingHang.Finding));
        Assert.Equal(FoundingHang.Finding.Explanation, view.FindAll("ol.hops li").Select(li => li.TextContent));
        Assert.Equal(FoundingHang.Finding.Summary, view.Find("h1").TextContent);
    }

    [Fact]
    public void Render_FoundingHang_NamesTheCulpritAndWhatWouldEndIt()
    {
        string culprit = View(Episode(FoundingHang.Finding)).Find(".culprit").TextContent;
        Assert.Contains("spawned (2226786) holds fd 4", culprit);
        Assert.Contains(FoundingHang.Finding.Culprit!.Remedy, culprit);
    }

    [Fact]
    public void Render_WaitedLongerThanSeen_CountsFromTheWait()
    {
        string[] chips = [.. View(Episode(FoundingHang.Finding)).FindAll(".chips .chip").Select(c => c.TextContent.Trim())];
        Assert.Contains("deadlock", chips);
        Assert.Contains("proven", chips);
        Assert.Contains("hung 47 min", chips);
    }

    [Fact]
    public void Render_FingerprintSeenBefore_SaysHowOftenAndSinceWhen()
    {
        var fingerprint = new FingerprintSummary("v1-s", "v1-f", "t", FingerprintState.Ongoing, Now.AddDays(-3), Now, 3, 1, 1, []);
        var view = View(Episode(FoundingHang.Finding), fingerprint);
        Assert.Contains(view.FindAll("a.chip"), a => a.TextContent.Trim() == "seen 3 times since Friday" && a.GetAttribute("href") == "fingerprints/v1-s");
    }

    [Fact]
    public void Render_EndedEpisode_SaysHowAndWhen() =>
        Assert.Contains("It ended 18 May, 11:59:00 UTC: its processes have ended", View(Episode(FoundingHang.Finding, Now.AddMinutes(-1), "exited")).Find(".notice").TextContent);

    [Fact]
    public void Render_OtherEpisodes_AreOfferedForComparison()
    {
        var other = Episode(FoundingHang.Finding) with { Id = "e2" };
        Assert.Equal("compare?a=e1&b=e2", View(Episode(FoundingHang.Finding), null, other).Find("#compare-with a").GetAttribute("href"));
    }

    [Fact]
    public void Render_FoundingHang_HasAPictureThatCanBeHeard()
    {
        var view = View(Episode(FoundingHang.Finding));
        var picture = view.Find(".picture-wide svg.picture");
        Assert.Equal("img", picture.GetAttribute("role"));
        Assert.Contains("wat_program_con (2226716) reads A until EOF: spawned (2226786).", view.Find("#picture-wide-text").TextContent);
        Assert.Equal("culprit", view.Find(".picture-wide .badge-text").TextContent);
    }

    [Fact]
    public void Render_ManyProcesses_OffersTheTablesFirst()
    {
        string markup = View(Episode(RandomFinding.Of(20, 3))).Markup;
        Assert.True(markup.IndexOf("File descriptors", StringComparison.Ordinal) < markup.IndexOf("svg class=\"picture", StringComparison.Ordinal));
    }

    [Fact]
    public void Render_HostileNames_AreShownAsEscapes()
    {
        Participant evil = FoundingHang.Finding.Participants[2] with { Comm = "<b>\u202eevil\u001b[31m\n", Cmdline = ["=cmd|x", "<script>alert(1)</script>"] };
        var view = View(Episode(FoundingHang.Finding with { Participants = [.. FoundingHang.Finding.Participants[..2], evil], Summary = "a\u202eb" }));
        Assert.Equal("a\\u202eb", view.Find("h1").TextContent);
        Assert.Empty(view.FindAll("b, script"));
        Assert.DoesNotContain(view.Markup, c => c is '\u202e' or '\u001b');
        Assert.Contains("\\u202eevil\\x1b[31m\\n", view.Markup);
    }

    [Fact]
    public void Render_Evidence_TellsWhatTheProofRestsOn()
    {
        var view = View(Episode(FoundingHang.Finding with { NotProvenBecause = ["one fd table is hidden"], BoundedBy = "timeout(1)" }));
        string evidence = view.Find(".evidence").TextContent;
        Assert.Contains("None of them has an alarm pending", evidence);
        Assert.Contains("one fd table is hidden", evidence);
        Assert.Contains("timeout(1)", evidence);
        Assert.Contains("\"rule\": \"eof-held-by-duplicate\"", view.Find("pre.json").TextContent);
    }
}
