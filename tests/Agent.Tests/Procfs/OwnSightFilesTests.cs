using System.Text;
using OrphanBoard.Agent.Procfs;

namespace OrphanBoard.Agent.Tests.Procfs;

public class OwnSightFilesTests
{
    [Fact]
    public void CredentialsTryParse_Status_GivesEffectiveUidAndSets()
    {
        Assert.True(CredentialsFile.TryParse("Name:\ta\nUid:\t1\t2\t3\t4\nCapPrm:\t1\nCapEff:\t0000000000080004\nCapBnd:\t000001ffffffffff\n"u8, out CredentialsFile credentials));
        Assert.Equal(new CredentialsFile(2, 0x80004, 0x1ffffffffff), credentials);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Uid:\t1\t2\t3\t4\nCapEff:\t0\n")]
    [InlineData("Uid:\t1\nCapEff:\t0\nCapBnd:\t0\n")]
    [InlineData("Uid:\t1\t2\nCapEff:\tzz\nCapBnd:\t0\n")]
    public void CredentialsTryParse_PartMissing_IsFalse(string text) => Assert.False(CredentialsFile.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("proc /proc proc rw,relatime 0 0\n", "off")]
    [InlineData("proc /proc proc rw,hidepid=2 0 0\n", "2")]
    [InlineData("sysfs /sys sysfs rw 0 0\nproc /proc proc rw,gid=4,hidepid=invisible,subset=pid 0 0\n", "invisible")]
    [InlineData("proc /proc proc rw,hidepid=2 0 0\nproc /proc proc rw 0 0\n", "off")] // the last mount covers the one before
    [InlineData("proc /proc/other proc rw,hidepid=2 0 0\n", null)]
    [InlineData("systemd-1 /proc autofs rw,hidepid=2 0 0\n", null)]
    [InlineData("", null)]
    [InlineData("proc", null)]
    public void HidePid_Mounts_IsTheOptionOfTheLastProcAtProc(string text, string? expected) => Assert.Equal(expected, MountsFile.HidePid(Encoding.UTF8.GetBytes(text)));
}
