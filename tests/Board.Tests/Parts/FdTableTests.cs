using AngleSharp.Dom;
using Bunit;
using OrphanBoard.Board.Tests.Examples;
using OrphanBoard.Server.Board.Drawing;
using OrphanBoard.Server.Board.Parts;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Board.Tests.Parts;

public sealed class FdTableTests : BoardContext
{
    private static readonly SharedResources Shared = SharedResources.Of(FoundingHang.Finding);

    private IRenderedComponent<FdTable> Table(int pid, params int[] culprits) => Render<FdTable>(p => p
        .Add(t => t.Pid, pid)
        .Add(t => t.Fds, FoundingHang.Finding.Participants.Single(x => x.Pid == pid).Fds)
        .Add(t => t.Shared, Shared)
        .Add(t => t.CulpritFds, [.. culprits]));

    private static IElement Row(IRenderedComponent<FdTable> table, int fd) =>
        table.FindAll("tbody tr").Single(r => r.Children[0].TextContent == fd.ToString());

    private static string Letter(IElement row) => row.QuerySelector(".letter-badge")!.TextContent;

    private static string Hue(IElement row) => row.ClassList.Single(c => c.StartsWith("hue-"));

    [Fact]
    public void Render_SamePipeTwice_HasTheSameLetterAndColour()
    {
        var table = Table(FoundingHang.Child);
        Assert.Equal(Letter(Row(table, 1)), Letter(Row(table, 4)));
        Assert.Equal(Hue(Row(table, 1)), Hue(Row(table, 4)));
        Assert.NotEqual(Letter(Row(table, 0)), Letter(Row(table, 1)));
    }

    [Fact]
    public void Render_PipeOfTwoProcesses_HasTheSameLetterInBothTables()
    {
        Assert.Equal(Letter(Row(Table(FoundingHang.Test), 12)), Letter(Row(Table(FoundingHang.Child), 1)));
        Assert.Equal(Letter(Row(Table(FoundingHang.Test), 30)), Letter(Row(Table(FoundingHang.Child), 29)));
    }

    [Fact]
    public void Render_OtherHolders_AreOwnFdsAndThoseOfOthers()
    {
        Assert.Equal("own fd 6", Row(Table(FoundingHang.Test), 3).Children[3].TextContent.Trim());
        Assert.Equal($"{FoundingHang.Child} fd 29", Row(Table(FoundingHang.Test), 30).Children[3].TextContent.Trim());
    }

    [Fact]
    public void Render_CulpritFd_IsMarkedInWords()
    {
        var table = Table(FoundingHang.Child, 4);
        Assert.Contains("culprit", Row(table, 4).TextContent);
        Assert.DoesNotContain("culprit", Row(table, 1).TextContent);
    }

    [Fact]
    public void Render_FdsThatNobodyShares_AreFolded()
    {
        var table = Table(FoundingHang.Test);
        Assert.Equal("3 more, not shared", table.Find("details summary").TextContent);
    }

    [Fact]
    public void Render_HiddenTable_SaysSo()
    {
        var table = Render<FdTable>(p => p.Add(t => t.Pid, 1).Add(t => t.Fds, []).Add(t => t.Shared, Shared).Add(t => t.Visible, false));
        Assert.Contains("hidden", table.Markup);
    }

    [Fact]
    public void Render_HostilePath_IsEscaped()
    {
        FdInfo fd = new(3, "/tmp/<img src=x>\u202e\n", "r", null);
        var table = Render<FdTable>(p => p.Add(t => t.Pid, 1).Add(t => t.Fds, [fd]).Add(t => t.Shared, Shared));
        Assert.Empty(table.FindAll("img"));
        Assert.Contains("/tmp/<img src=x>\\u202e\\n", table.Find("tbody tr").TextContent);
    }
}
