using Bunit;
using OrphanBoard.Board.Tests.Examples;
using OrphanBoard.Server.Board.Findings;
using OrphanBoard.Server.History;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

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
    public void Render_SeveralCulpritsWithOneRemedy_SaysItOnceAndNotAmongTheHops()
    {
        Culprit one = new(FoundingHang.Child, 4, "pipe:[1]", "Close it."), other = one with { Fd = 5 };
        var view = View(Episode(FoundingHang.Finding with { Explanation = ["It waits.", "Close it."], Culprit = one, Culprits = [one, other] }));

        Assert.Equal("It waits.", view.Find("ol.hops").TextContent.Trim());
        string culprit = Assert.Single(view.FindAll("div.culprit")).TextContent;
        Assert.Contains("holds fd 4", culprit);
        Assert.Contains("holds fd 5", culprit);
        Assert.Equal(2, culprit.Split("Close it.").Length);
    }

    [Fact]
    public void Render_MoreCulpritsThanAreShown_SaysHowMany()
    {
        Culprit[] culprits = [.. Enumerable.Range(3, 9).Select(fd => new Culprit(FoundingHang.Child, fd, "pipe:[1]", "Close it."))];

        Assert.Contains("and 4 more", View(Episode(FoundingHang.Finding with { Culprit = culprits[0], Culprits = [.. culprits] })).Markup);
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
        Assert.Contains("wat_program_contracts (2226716) reads A until EOF: spawned (2226786).", view.Find("#picture-wide-text").TextContent);
        Assert.Equal("culprit", view.Find(".picture-wide .badge-text").TextContent);
    }

    /// <summary>A page is not to be scrolled sideways for its picture.</summary>
    [Theory]
    [InlineData(3, true)]
    [InlineData(9, false)]
    public void Render_Chain_IsDrawnWideOnlyWhereThereIsRoomSomewhere(int processes, bool wide)
    {
        Finding chain = RandomFinding.Of(processes, 1) with
        {
            Edges = [.. Enumerable.Range(1000, processes - 1).Select(pid => new WaitEdge(new EdgeEnd(pid, pid), 0, "ChildWait", $"child:{pid + 1}", [new EdgeTarget(pid + 1, null, false)], EdgeBasis.Proven))],
        };
        var view = View(Episode(chain));

        Assert.Equal(wide, view.FindAll(".picture-wide").Count == 1);
        Assert.Equal(!wide, view.Find(".picture-rail").ClassList.Contains("alone"));
        Assert.Contains(view.Find(".pictures").ClassList, name => name.StartsWith("needs-", StringComparison.Ordinal));
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

    [Fact]
    public void Render_FoundUnderGuard_NamesCommandJobAndCommit()
    {
        var view = View(Guarded("https://ci.test/job/1"));

        Assert.Equal("cargo test '--name=two words'", view.Find(".guard-line .command").TextContent);
        var job = view.Find(".guard-line a");
        Assert.Equal(("https://ci.test/job/1", "acme/shop / unit #4711"), (job.GetAttribute("href"), job.TextContent));
        Assert.Contains("noopener", job.GetAttribute("rel"));
        Assert.Contains("commit 335dbfa0c1", view.Find(".guard-line").TextContent);
        Assert.Contains("stopped for a deadlock after 3 min, exit code 86", view.Find(".evidence").TextContent);
    }

    [Theory]
    [InlineData("javascript:alert(1)")]
    [InlineData("data:text/html,x")]
    [InlineData("//ci.test/1")]
    [InlineData("/login")]
    [InlineData("https://user:secret@ci.test/")]
    [InlineData("file:///etc/passwd")]
    [InlineData(null)]
    public void Render_JobWithoutAPageOfTheWeb_IsNoLink(string? url)
    {
        var view = View(Guarded(url));

        Assert.Empty(view.FindAll(".guard-line a"));
        Assert.Contains("acme/shop / unit #4711", view.Find(".guard-line").TextContent);
    }

    [Fact]
    public void Render_HostileTags_AreShownAsEscapes()
    {
        GuardedRun run = Guarded(null).Guard!;
        var view = View(Guarded(null) with { Guard = run with { Command = ["<script>\u202e"], Branch = "a\u001bb", Commit = "<b>", Job = run.Job! with { Name = "\u202ejob", System = "<i>" }, EndedBy = "<u>" } });

        Assert.Empty(view.FindAll("script, .guard-line b, .guard-line i, u"));
        Assert.DoesNotContain(view.Markup, c => c is '\u202e' or '\u001b');
    }

    [Fact]
    public void List_FoundUnderGuard_NamesTheJobOrElseTheCommand()
    {
        EpisodeDetail inJob = Guarded("https://ci.test/job/1"), alone = inJob with { Id = "e2", Guard = inJob.Guard! with { Job = null } };

        var list = Render<FindingList>(p => p.Add(l => l.Episodes, [inJob, alone]).Add(l => l.Now, Now));

        Assert.Equal(["acme/shop / unit #4711", "cargo test '--name=two words'"], list.FindAll(".chip.guarded").Select(c => c.TextContent));
    }

    private EpisodeDetail Guarded(string? url) => Episode(FoundingHang.Finding, Now, "ended-by-guard") with
    {
        Guard = new GuardedRun(
            "0c7a3d5e-6f7b-4a3c-9d53-0d4b4e8f1a01", ["cargo", "test", "--name=two words"], new GuardedJob("GitLab CI", "acme/shop / unit #4711", url, "CI_JOB_ID=4711"),
            "335dbfa0c1d2e3f4a5b6c7d8e9f0011223344556", "main", 86, "deadlock", Now.AddMinutes(-3), Now),
    };
}
