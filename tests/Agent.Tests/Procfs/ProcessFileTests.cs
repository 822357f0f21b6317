using System.Text;
using OrphanBoard.Agent.Procfs;

namespace OrphanBoard.Agent.Tests.Procfs;

/// <summary>The files of a process besides stat: status, cmdline, cgroup, timers, and the boot's identity.</summary>
public class ProcessFileTests
{
    private const string Status = """
        Name:	a\nUid:	0	0
        Umask:	0022
        State:	S (sleeping)
        Tgid:	6442
        Pid:	6442
        PPid:	6439
        TracerPid:	77
        Uid:	1000	0	0	0
        Gid:	1000	1000	1000	1000
        FDSize:	64
        NStgid:	6442	17
        NSpid:	6442	17
        Threads:	1
        SigQ:	0/31334
        SigBlk:	0000000000000000
        SigIgn:	0000000000001000
        SigCgt:	0000000180014a07

        """;

    [Fact]
    public void Status_RealFileWithHostileName_GivesTheFields()
    {
        Assert.True(StatusFile.TryParse(Encoding.UTF8.GetBytes(Status), out StatusFile status));
        Assert.Equal(new StatusFile(1000, 77, 17, 0x1000, 0x180014a07), status);
    }

    [Fact]
    public void StatusIdentity_RealFileWithHostileName_GivesTheFields()
    {
        Assert.True(StatusIdentity.TryParse(Encoding.UTF8.GetBytes(Status + "NSpgid:\t6439\t12\nNSsid:\t4632\t1\n"), out StatusIdentity identity));
        Assert.Equal(new StatusIdentity('S', 6439, 6439, 4632), identity);
        Assert.False(StatusIdentity.TryParse("Name:\tx\nPPid:\t5\n"u8, out _));
    }

    [Theory]
    [InlineData("1247 412 356 9 0 117 0\n", false)]
    [InlineData("34 1 0 0 0 34 0\n", true)]
    [InlineData("0 0 0 0 0 0 0\n", false)]
    [InlineData("34 1\n", false)]
    [InlineData("", false)]
    public void Statm_MemoryWithoutText_IsBetweenPrograms(string text, bool between) =>
        Assert.Equal(between, StatmFile.IsBetweenPrograms(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Status_KernelWithoutNamespaces_HasNoNsPid()
    {
        Assert.True(StatusFile.TryParse("Name:\tx\nUid:\t5\t5\t5\t5\n"u8, out StatusFile status));
        Assert.Equal(new StatusFile(5, 0, 0, 0, 0), status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Uid:\tx\n")]
    [InlineData("Name:\tx\nState:\tS\n")]
    public void Status_WithoutAUid_IsRefused(string text) => Assert.False(StatusFile.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("sh\0-c\0exit 3\0", new[] { "sh", "-c", "exit 3" })]
    [InlineData("sh\0-c\0\0x\0", new[] { "sh", "-c", "", "x" })]
    [InlineData("sshd: user@pts/0", new[] { "sshd: user@pts/0" })]
    [InlineData("nginx: worker process\0\0\0\0\0\0\0\0\0", new[] { "nginx: worker process" })]
    [InlineData("a\nb\0c\0", new[] { "a\nb", "c" })]
    [InlineData("\0\0\0", new[] { "" })]
    [InlineData("", new string[0])]
    public void Cmdline_AnyText_GivesTheVector(string text, string[] vector) => Assert.Equal(vector, CmdlineFile.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Cmdline_NotUtf8_ShowsReplacementCharacters() => Assert.Equal(["a\ufffd", "b"], CmdlineFile.Parse([(byte)'a', 0xff, 0, (byte)'b', 0]));

    [Fact]
    public void Cmdline_LongerThanItsLimit_IsCutAndSaysSo()
    {
        byte[] text = new byte[CmdlineFile.Limit * 2];
        text.AsSpan().Fill((byte)'x');

        var vector = CmdlineFile.Parse(text);

        Assert.Equal([CmdlineFile.Limit, 3], vector.Select(argument => argument.Length));
        Assert.Equal("...", vector[1]);
    }

    [Theory]
    [InlineData("0::/user.slice/session-3.scope\n", "/user.slice/session-3.scope")]
    [InlineData("9:name=systemd:/a\n4:memory:/b:c\n0::/\n", "/")]
    [InlineData("4:memory:/b:c\n3:cpu,cpuacct:/d\n", "/b:c")]
    [InlineData("", null)]
    [InlineData("nonsense", null)]
    public void Cgroup_AnyText_GivesThePathOfVersion2OrTheFirst(string text, string? path) =>
        Assert.Equal(path, CgroupFile.Path(Encoding.UTF8.GetBytes(text)) is { IsEmpty: false } found ? Encoding.UTF8.GetString(found) : null);

    [Fact]
    public void Timers_OneTimer_IsSeen() => Assert.True(TimersFile.Parse("ID: 1\nsignal: 60/00007fff86e452a8\nnotify: signal/pid.2634\nClockID: 0\n"u8));

    [Fact]
    public void Timers_None_IsNotSeen() => Assert.False(TimersFile.Parse([]));

    [Theory]
    [InlineData("5bd8a93b-6a32-4d0c-a2a1-04a7f1c2a6ee\n", "5bd8a93b-6a32-4d0c-a2a1-04a7f1c2a6ee")]
    [InlineData("", null)]
    [InlineData("no uuid", null)]
    public void BootId_AnyText_IsAUuidOrNull(string text, string? id) => Assert.Equal(id, BootIdFile.Parse(Encoding.UTF8.GetBytes(text)));
}
