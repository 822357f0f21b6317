using Bunit;
using OrphanBoard.Server.Board.Hosts;
using OrphanBoard.Server.History;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Board.Tests.Hosts;

public sealed class AgentLineTests : BoardContext
{
    private static readonly AgentUsage Calm = new()
    {
        Backend = "proc",
        WhyNotBetter = "not eBPF: CAP_BPF is missing",
        IntervalMs = 1000,
        ConfiguredIntervalMs = 1000,
        CpuBudget = 0.05,
        CpuFraction = 0.0042,
        CpuSeconds = 12.5,
        LookCpuMs = 9.5,
        RssBytes = 24_400_000,
        AllocatedBytes = 1_000_000,
        Looks = 12_004,
        LooksMissed = 0,
        Reads = new AgentReads(0, 0, 6, 0),
        Events = "polling",
    };

    private static readonly AgentUsage Slowed = Calm with { IntervalMs = 4000, CpuFraction = 0.049 };

    [Fact]
    public void Render_Calm_IsOneQuietLine()
    {
        var line = Render<AgentLine>(p => p.Add(a => a.Agent, Calm));

        Assert.Equal(["Agent", "plain /proc", "0.42 % of a core", "24 MB", "looks every 1 s"], line.FindAll("summary span").Select(s => s.TextContent));
        Assert.Empty(line.FindAll(".notice"));
        Assert.False(line.Find("details").HasAttribute("open"));
        Assert.Contains("plain /proc; not eBPF: CAP_BPF is missing", Fact(line, "Back end"));
        Assert.Equal("12,004, none missed", Fact(line, "Looks"));
        // That processes end while they are read is no error.
        Assert.Equal("all came to something", Fact(line, "Reads"));
    }

    [Fact]
    public void Render_SlowedDown_SaysWhyInAmber()
    {
        var line = Render<AgentLine>(p => p.Add(a => a.Agent, Slowed));

        Assert.Equal("The agent was over its budget of 5 % of a core: it looks every 4 s instead of every 1 s.", line.Find(".notice").TextContent.Trim());
    }

    [Fact]
    public void Render_ReadsThatFailed_AreToldInWords()
    {
        var line = Render<AgentLine>(p => p.Add(a => a.Agent, Calm with { Reads = new AgentReads(12 * 12_004 + 7, 3, 6, 1) }));

        Assert.Equal("12 a look not permitted, 3 failed, 1 given up because the process did not let go", Fact(line, "Reads"));
    }

    [Fact]
    public void Render_SelfCheckWithMismatches_SaysHowMany()
    {
        var line = Render<AgentLine>(p => p.Add(a => a.Agent, Calm with { SelfChecked = 1204, SelfCheckMismatches = 2, LeftBehind = 7 }));

        Assert.Equal("1,204 processes read anew, 2 had changed unseen", Fact(line, "Self-check"));
        Assert.StartsWith("7 busy processes", Fact(line, "Left behind"), StringComparison.Ordinal);
    }

    [Fact]
    public void Render_BackEndWithControlCharacters_ShowsThem() =>
        Assert.DoesNotContain('\u001b', Render<AgentLine>(p => p.Add(a => a.Agent, Calm with { Backend = "\u001b[31m", WhyNotBetter = "\u202e", Events = "\u001b" })).Markup);

    [Fact]
    public void Card_OfAnOnlineHost_NamesBackEndReasonAndCost()
    {
        var card = Card(Host(Calm));

        Assert.Equal("not eBPF: CAP_BPF is missing", card.Find(".meta [title]").GetAttribute("title"));
        Assert.Contains("plain /proc", card.Find(".meta").TextContent);
        Assert.Contains("0.42 % of a core", card.Find(".meta").TextContent);
        Assert.Empty(card.FindAll(".slowed"));
        Assert.Equal("slowed down, looks every 4 s", Card(Host(Slowed)).Find(".slowed").TextContent);
    }

    [Fact]
    public void Card_OfASilentHost_SaysNothingOfItsCost()
    {
        var card = Card(Host(Slowed) with { State = HostState.Silent });

        Assert.Contains("plain /proc", card.Find(".meta").TextContent);
        Assert.DoesNotContain("of a core", card.Markup);
        Assert.Empty(card.FindAll(".slowed"));
    }

    private static string Fact(IRenderedComponent<AgentLine> line, string name) =>
        line.FindAll("dl div").Single(d => d.QuerySelector("dt")!.TextContent == name).QuerySelector("dd")!.TextContent.Trim();

    private IRenderedComponent<HostCards> Card(HostSummary host) => Render<HostCards>(p => p.Add(c => c.Hosts, [host]).Add(c => c.Now, Now));

    private HostSummary Host(AgentUsage agent) =>
        new("h1", "box", "boot", "6.1", "0.1.0", HostState.Online, Now, 10, 20, 30, 0, agent.Backend, agent);
}
