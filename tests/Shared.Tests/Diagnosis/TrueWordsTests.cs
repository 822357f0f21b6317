using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>Sentences that claim no more than the call says.</summary>
public sealed class TrueWordsTests
{
    [Theory]
    [InlineData(0, 4096UL, "reads pipe 7000 (fd 3) to its end.")]
    [InlineData(0, 8UL, "waits for data in pipe 7000 (fd 3).")]
    [InlineData(0, 1UL, "reads a byte from pipe 7000 (fd 3).")]
    [InlineData(19, 2UL, "waits for data in pipe 7000 (fd 3).")] // readv
    [InlineData(275, 0UL, "waits for data in pipe 7000 (fd 3).")] // splice
    [InlineData(276, 5UL, "waits for data in pipe 7000 (fd 3).")] // tee
    public void Diagnose_CallThatReadsAPipe_IsToldAsItIs(int call, ulong third, string words)
    {
        Scene scene = new();
        scene.Process(10, "reader").ReadEnd(7000, 3).WriteEnd(7000, 4).WriteEnd(7001, 5).ReadEnd(7001, 6)
            .Thread(10, call, "anon_pipe_read", 3, call == 276 ? 5UL : call == 275 ? 0UL : 0x1000UL, call == 275 ? 5UL : third);

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Contains(finding.Explanation, line => line.Contains(words, StringComparison.Ordinal));
        Assert.Equal(words.StartsWith("waits for data", StringComparison.Ordinal), finding.Summary.Contains("waits for data from pipe 7000, or its end, whose", StringComparison.Ordinal));
    }

    [Fact]
    public void Diagnose_PolledPidFd_NamesItsProcess()
    {
        Scene scene = new();
        scene.Process(10, "runner").Has(3, "anon_inode:[pidfd]", FdAccess.ReadWrite).Fd(3, fd => fd with { Target = fd.Target with { Id = 11 } }).Polls(3);
        scene.Process(11, "tool", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Reads(3);

        Assert.Contains(Assert.Single(scene.Diagnose().Findings).Explanation, line => line == "runner (10) polls the pidfd of tool (11) (fd 3), which tells when that exits.");
    }

    [Fact]
    public void Diagnose_VforkedChildOnAFutex_CouldBeWokenByItsParent()
    {
        Scene scene = new();
        scene.Process(10, "parent").WaitsForVfork().SharesMemoryWith = [11];
        scene.Process(11, "child", parent: 10).WaitsOnFutex().SharesMemoryWith = [10];

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Contains("child (11) waits on a futex, which only who has its memory could wake: parent (10), with which it shares that.", finding.Explanation);
    }

    [Theory]
    [InlineData(0UL, "eof-held-by-self")]
    [InlineData(1UL << 9, null)] // SIGUSR1: a handler may be meant to write there
    public void Diagnose_PollsOnlyThePipeThatItCouldWriteToItself_IsHeldByItself(ulong caught, string? rule)
    {
        Scene scene = new();
        scene.Process(10, "parent").WaitsFor(11);
        scene.Process(11, "child", parent: 10).ReadEnd(7000, 3).WriteEnd(7000, 4).Polls(3).Caught = caught;

        Finding[] findings = [.. scene.Diagnose().Findings];

        Assert.Equal(rule is null ? [] : [rule], findings.Select(finding => finding.Rule));
        Assert.All(findings, finding => Assert.Equal("child (11) polls pipe 7000, whose write end nobody but itself has, at fd 4: neither data nor its end can come.", finding.Summary));
    }
}
