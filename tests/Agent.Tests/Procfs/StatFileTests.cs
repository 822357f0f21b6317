using System.Text;
using OrphanBoard.Agent.Procfs;

namespace OrphanBoard.Agent.Tests.Procfs;

public class StatFileTests
{
    private const string Tail = " R 6439 6438 4632 34816 -1 4194304 101 0 0 0 7 5 0 0 20 0 3 0 141067 3133440 413 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n";

    [Fact]
    public void TryParse_RealLine_GivesEachField()
    {
        Assert.True(StatFile.TryParse(Bytes("6441 (cat)" + Tail), out StatFile stat));

        Assert.Equal((6441, "cat", 'R', 6439, 6438, 4632), (stat.Pid, Comm(stat), stat.State, stat.Ppid, stat.Pgrp, stat.Session));
        Assert.Equal((34816, 4194304U, 12UL, 3, 141067UL), (stat.TtyNr, stat.Flags, stat.CpuTicks, stat.NumThreads, stat.StartTimeTicks));
        Assert.False(stat.IsKernelThread);
    }

    [Fact]
    public void TryParse_StoppedProcess_GivesTheSignalThatStoppedIt()
    {
        string line = "7 (cat) T 1 7 1 34816 7 4194304 101 0 0 0 7 5 0 0 20 0 1 0 141067 3133440 413 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 21\n";

        Assert.True(StatFile.TryParse(Bytes(line), out StatFile stat));

        Assert.Equal(('T', 21), (stat.State, stat.ExitCode));
    }

    [Theory]
    [InlineData(17, null)]
    [InlineData(12, 12)]
    [InlineData(0, null)]
    [InlineData(-1, null)] // a thread
    public void TryParse_SignalOfItsEnd_IsToldWhereItIsNotSigchld(int signal, int? told)
    {
        Assert.True(StatFile.TryParse(Bytes("6441 (cat)" + Tail.Replace(" 17 ", $" {signal} ", StringComparison.Ordinal)), out StatFile stat));

        Assert.Equal(told, stat.ExitSignal);
    }

    [Fact]
    public void IsKernelThread_Kthreadd_IsTrue()
    {
        Assert.True(StatFile.TryParse(Bytes("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 2 0 0 18446744073709551615 0 0"), out StatFile stat));
        Assert.True(stat.IsKernelThread);
    }

    [Theory]
    [InlineData("a) R 1 (")]
    [InlineData(")")]
    [InlineData("(")]
    [InlineData("()")]
    [InlineData(")(")]
    [InlineData("((((((((")]
    [InlineData("))))))))")]
    [InlineData(") ) ) )")]
    [InlineData(") S 0 0 0 0 -1")]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a\nb")]
    [InlineData("\n7 (x) R 1")]
    [InlineData("\t(tab)")]
    [InlineData("123 456 789")]
    [InlineData("\u001b[31mred")]
    [InlineData("größe)")]
    public void TryParse_CommandNameWithAnyText_TakesTheLastBracket(string comm)
    {
        Assert.True(StatFile.TryParse(Bytes($"7 ({comm}){Tail}"), out StatFile stat));

        Assert.Equal((7, comm, 'R', 6439, 141067UL), (stat.Pid, Comm(stat), stat.State, stat.Ppid, stat.StartTimeTicks));
    }

    [Fact]
    public void TryParse_CommandNameThatIsNoUtf8_ShowsReplacementCharacters()
    {
        byte[] text = [.. Bytes("7 (a"), 0xff, 0xc3, .. Bytes(")" + Tail)];

        Assert.True(StatFile.TryParse(text, out StatFile stat));
        Assert.Equal("a\ufffd\ufffd", Comm(stat));
    }

    [Fact]
    public void TryParse_LineCutAnywhere_IsRefusedOrWhole()
    {
        byte[] line = Bytes("6441 (cat)" + Tail);
        // Behind starttime nothing is needed; a digit of it that is missing cannot be told, so the cut stays before it.
        int end = Encoding.UTF8.GetString(line).IndexOf(" 141067", StringComparison.Ordinal) + 1;
        for (int length = 0; length < end; length++)
            Assert.False(StatFile.TryParse(line.AsSpan(0, length), out _), $"cut at {length}");
    }

    [Theory]
    [InlineData("x (cat)" + Tail)]
    [InlineData("99999999999999999999 (cat)" + Tail)]
    [InlineData("7 (cat) RR 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5")]
    [InlineData("7 (cat) R 1e3 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5")]
    [InlineData("7 (cat) R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 -5")]
    [InlineData("7 cat R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5")]
    [InlineData("7 )cat( R 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5")]
    public void TryParse_FieldThatIsNoNumber_IsRefused(string text) => Assert.False(StatFile.TryParse(Bytes(text), out _));

    [Fact]
    public void TryParse_StartTimeBeyondAnInt_IsKept()
    {
        Assert.True(StatFile.TryParse(Bytes("7 (cat) S 1 1 1 0 -1 0 0 0 0 0 18446744073709551615 0 0 0 20 0 1 0 18446744073709551615"), out StatFile stat));
        Assert.Equal(ulong.MaxValue, stat.StartTimeTicks);
    }

    private static string Comm(StatFile stat) => Encoding.UTF8.GetString(stat.Comm);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
