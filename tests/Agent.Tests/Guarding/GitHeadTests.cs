using System.Diagnostics;
using OrphanBoard.Agent.Guarding;

namespace OrphanBoard.Agent.Tests.Guarding;

/// <summary>Repositories by hand, file by file: no git is needed, neither by the agent nor by its tests.</summary>
public sealed class GitHeadTests : IDisposable
{
    private const string First = "335dbfa0c1d2e3f4a5b6c7d8e9f0011223344556", Second = "b6b7dbd1c1d2e3f4a5b6c7d8e9f0011223344556";

    private readonly TemporaryDirectory _directory = new();

    private string Root => _directory.Path;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Of_BranchInAFileOfItsOwn_IsReadFromAnywhereInTheTree()
    {
        Write(".git/HEAD", "ref: refs/heads/topic/a\n");
        Write(".git/refs/heads/topic/a", First + "\n");
        Write("src/deep/x", "");

        Assert.Equal(new GitHead(First, "topic/a"), GitHead.Of(Path.Combine(Root, "src/deep")));
    }

    [Fact]
    public void Of_PackedBranch_IsTheOneOfItsWholeName()
    {
        Write(".git/HEAD", "ref: refs/heads/main");
        Write(".git/packed-refs", $"# pack-refs with: peeled fully-peeled sorted \n{Second} refs/remotes/refs/heads/main\n{First} refs/heads/main\n^{Second}\n");

        Assert.Equal(new GitHead(First, "main"), GitHead.Of(Root));
    }

    [Fact]
    public void Of_NoBranchCheckedOut_IsTheCommitAlone()
    {
        Write(".git/HEAD", First + "\n");

        Assert.Equal(new GitHead(First, null), GitHead.Of(Root));
    }

    [Fact]
    public void Of_FurtherWorkingTree_HasItsOwnHeadAndTheOthersBranches()
    {
        Write("main/.git/HEAD", "ref: refs/heads/main\n");
        Write("main/.git/refs/heads/side", Second + "\n");
        Write("main/.git/worktrees/side/HEAD", "ref: refs/heads/side\n");
        Write("main/.git/worktrees/side/commondir", "../..\n");
        Write("side/.git", $"gitdir: {Root}/main/.git/worktrees/side\n");

        Assert.Equal(new GitHead(Second, "side"), GitHead.Of(Path.Combine(Root, "side")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("ref: refs/heads/unborn")]
    [InlineData("ref: refs/heads/../../../secret")]
    [InlineData("ref: HEAD")]
    [InlineData("335dbfa")]
    public void Of_NothingThatNamesACommit_HasNone(string? head)
    {
        Write("secret", First);
        if (head is not null)
            Write(".git/HEAD", head);
        else
            Directory.CreateDirectory(Path.Combine(Root, ".git"));

        Assert.Null(GitHead.Of(Root).Commit);
    }

    [Fact]
    public void Of_RefsInACircle_ComesToAnEnd()
    {
        Write(".git/HEAD", "ref: refs/heads/a");
        Write(".git/refs/heads/a", "ref: refs/heads/b");
        Write(".git/refs/heads/b", "ref: refs/heads/a");

        Assert.Equal(new GitHead(null, "a"), GitHead.Of(Root));
    }

    [Fact]
    public async Task Of_FifoInThePlaceOfHead_IsNotOpened()
    {
        Directory.CreateDirectory(Path.Combine(Root, ".git"));
        using (Process mkfifo = Process.Start("mkfifo", Path.Combine(Root, ".git/HEAD")))
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(new GitHead(null, null), await Task.Run(() => GitHead.Of(Root)).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
    }

    private void Write(string path, string content)
    {
        string whole = Path.Combine(Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(whole)!);
        File.WriteAllText(whole, content);
    }
}
