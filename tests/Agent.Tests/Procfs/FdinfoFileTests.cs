using System.Text;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Procfs;

public class FdinfoFileTests
{
    [Fact]
    public void TryParse_Epoll_GivesItsMembers()
    {
        FdinfoFile info = Parse("""
            pos:	0
            flags:	02000002
            mnt_id:	16
            ino:	1057
            tfd:       12 events: 4000001d data: 7f63815602adbeef  pos:0 ino:12ab34 sdev:800001
            tfd:        5 events:       19 data:                5  pos:0 ino:3d sdev:f

            """);

        Assert.Equal([new EpollMember(5, 0x19, 0x3d, 0xf), new EpollMember(12, 0x4000001d, 0x12ab34, 0x800001)], info.EpollMembers!.Value);
        Assert.True(info.CloseOnExec);
        Assert.False(info.Async);
    }

    [Fact]
    public void TryParse_EventFd_GivesItsId() =>
        Assert.Equal(37UL, Parse("pos:\t0\nflags:\t02004002\nmnt_id:\t16\nino:\t1057\neventfd-count:                0\neventfd-id: 37\neventfd-semaphore: 0\n").EventFdId);

    [Theory]
    [InlineData("ticks: 0\nsettime flags: 00\nit_value: (0, 0)\nit_interval: (0, 0)\n", false)]
    [InlineData("ticks: 0\nsettime flags: 01\nit_value: (0, 998237)\nit_interval: (0, 0)\n", true)]
    [InlineData("ticks: 0\nsettime flags: 00\nit_value: (59, 0)\nit_interval: (60, 0)\n", true)]
    [InlineData("ticks: 1\nsettime flags: 00\nit_value: (0, 0)\nit_interval: (0, 0)\n", true)]
    [InlineData("ino:\t57\n", null)]
    public void TryParse_TimerFd_SaysWhetherItIsArmedOrHasExpired(string text, bool? armed) =>
        Assert.Equal(armed, Parse($"pos:\t0\nflags:\t02000002\nclockid: 1\n{text}").TimerArmed);

    [Fact]
    public void TryParse_SignalFd_GivesItsSignals()
    {
        Assert.Equal(1UL << 16 | 1UL << 14, Parse("pos:\t0\nflags:\t02\nmnt_id:\t17\nino:\t1044\nsigmask:\t0000000000014000\n").Signals);
        Assert.Null(Parse("flags:\t02\nsigmask:\tx\n").Signals);
    }

    [Fact]
    public void TryParse_PidFd_GivesItsProcess() => Assert.Equal(4711, Parse("pos:\t0\nflags:\t02000002\nmnt_id:\t16\nino:\t9\nPid:\t4711\nNSpid:\t4711\n").Pid);

    [Fact]
    public void TryParse_PidFdOfAReapedProcess_SaysSo() => Assert.Equal(-1, Parse("flags:\t02000002\nPid:\t-1\n").Pid);

    [Theory]
    [InlineData("flags:\t00", false, false)]
    [InlineData("flags:\t0100001", false, false)]
    [InlineData("flags:\t02100001", true, false)]
    [InlineData("flags:\t020000", false, true)]
    public void TryParse_Flags_AreOctal(string text, bool closeOnExec, bool asynchronous)
    {
        FdinfoFile info = Parse(text);
        Assert.Equal((closeOnExec, asynchronous), (info.CloseOnExec, info.Async));
    }

    [Fact]
    public void TryParse_MoreMembersThanAreRead_ClaimsNone()
    {
        string member = "tfd:        5 events:       19 data:                5  pos:0 ino:3d sdev:f\n";
        string many = "flags:\t02\n" + string.Concat(Enumerable.Repeat(member, FdinfoFile.MaxMembers));

        Assert.Equal(FdinfoFile.MaxMembers, Parse(many).EpollMembers!.Value.Length);
        Assert.Null(Parse(many + member).EpollMembers);
    }

    [Theory]
    [InlineData("")]
    [InlineData("pos:\t0\n")]
    [InlineData("flags:\t8\n")]
    [InlineData("flags:\t777777777777777777777777\n")]
    public void TryParse_NoUsableFlags_IsRefused(string text) => Assert.False(FdinfoFile.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void TryParse_BrokenMember_IsLeftOut() =>
        Assert.Empty(Parse("flags:\t02\ntfd: x events: 19 data: 5 pos:0 ino:3d sdev:f\ntfd: 5 events: 19\n").EpollMembers!.Value);

    private static FdinfoFile Parse(string text)
    {
        Assert.True(FdinfoFile.TryParse(Encoding.UTF8.GetBytes(text), out FdinfoFile? info));
        return info!;
    }
}
