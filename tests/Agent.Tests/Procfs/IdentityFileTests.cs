using System.Text;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Procfs;

/// <summary>Where a process belongs: environ, cgroup, cgroup.events, ns, and the signals of status.</summary>
public class IdentityFileTests
{
    [Fact]
    public void Environ_Job_GivesTheMarksInTheOrderOfTheList() => Assert.Equal(
        [new JobCookie("RUNNER_TRACKING_ID", "github_1"), new JobCookie("BUILD_ID", ""), new JobCookie("CI_JOB_ID", "a=b")],
        EnvironFile.Parse("CI_JOB_ID=a=b\0PATH=/bin\0BUILD_ID=\0RUNNER_TRACKING_ID=github_1\0BUILD_ID=later\0"u8).AsEnumerable());

    [Theory]
    [InlineData("")]
    [InlineData("\0\0\0")]
    [InlineData("BUILD_ID")]
    [InlineData("BUILD_IDX=1")]
    [InlineData("MY_BUILD_ID=1")]
    [InlineData("build_id=1")]
    [InlineData("X=\nBUILD_ID=1")] // inside another variable's value
    [InlineData("X=BUILD_ID=1")]
    public void Environ_NoMark_KeepsNothing(string text) => Assert.Empty(EnvironFile.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Environ_LongOrBrokenValue_IsCutAndReplaced()
    {
        JobCookie cookie = EnvironFile.Parse(Encoding.UTF8.GetBytes("BUILD_ID=" + new string('é', 100_000))).Single();
        JobCookie broken = EnvironFile.Parse([.. "BUILD_ID="u8, 0xff, 0]).Single();

        Assert.Equal(JobCookie.MaxValueLength, cookie.Value.Length);
        Assert.Equal("\ufffd", broken.Value);
    }

    [Theory]
    [InlineData("populated 1\nfrozen 1\n", true)]
    [InlineData("populated 1\nfrozen 0\n", false)]
    [InlineData("frozen 1", true)]
    [InlineData("populated 1\n", null)]
    [InlineData("frozen 2\n", null)]
    [InlineData("frozen\n", null)]
    [InlineData("", null)]
    public void CgroupEvents_Frozen_IsOneOrZero(string text, bool? frozen) => Assert.Equal(frozen, CgroupEventsFile.Frozen(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("net:[4026531833]", 4026531833UL)]
    [InlineData("pid_for_children:[1]", 1UL)]
    [InlineData("net:[]", null)]
    [InlineData("net:[1", null)]
    [InlineData("[1]", null)]
    [InlineData(":[1]", null)]
    [InlineData("net:[-1]", null)]
    [InlineData("net:[99999999999999999999]", null)]
    [InlineData("", null)]
    public void Namespace_Link_IsItsInode(string text, ulong? inode) => Assert.Equal(inode, NamespaceLink.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Container_HostWithBothVersions_IsFoundInVersion1()
    {
        string id = new('c', 64);

        Assert.Equal(id, CgroupFile.Container(Encoding.UTF8.GetBytes($"5:memory:/docker/{id}\n4:cpu:/\n0::/\n")));
        Assert.Equal("web", CgroupFile.Container("0::/lxc.payload.web/init.scope\n"u8));
        Assert.Null(CgroupFile.Container("0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-gnome-x.scope\n\n:/\nx\n"u8));
    }

    [Fact]
    public void Status_Signals_AreToldApart()
    {
        Assert.True(StatusFile.TryParse("Uid:\t0\t0\t0\t0\nSigPnd:\t0000000000000200\nShdPnd:\t8000000000000000\nSigBlk:\tzz\n"u8, out StatusFile status));

        Assert.Equal((0x200UL, 0x8000000000000000UL, 0UL), (status.ThreadSignalsPending, status.SignalsPending, status.ThreadSignalsBlocked));
    }

    [Fact]
    public void Fdinfo_Details_AreRead()
    {
        Assert.True(FdinfoFile.TryParse("""
            pos:	0
            flags:	02100001
            mnt_id:	27
            ino:	11657460
            tty-index:	3
            scm_fds: 2
            lock:	1: FLOCK  ADVISORY  WRITE 6804 fe:00:11657460 0 EOF
            lock:	2: nonsense

            """u8, out FdinfoFile? info));

        Assert.Equal((27, 11657460UL, 3, 2), (info!.MountId!.Value, info.Inode!.Value, info.TtyIndex!.Value, info.DescriptorsInFlight!.Value));
        Assert.Equal(new FileLock(1, false, LockKind.Flock, LockAccess.Write, 6804, 0xfe00000, 11657460, 0, long.MaxValue), info.Locks.Single());
    }

    [Fact]
    public void Fdinfo_WithoutDetails_HasNone()
    {
        Assert.True(FdinfoFile.TryParse("flags:\t02\nino:\tx\nmnt_id:\t99999999999\n"u8, out FdinfoFile? info));

        Assert.Equal((null, null, null, null), (info!.Inode, info.MountId, info.TtyIndex, info.DescriptorsInFlight));
        Assert.Empty(info.Locks);
    }
}
