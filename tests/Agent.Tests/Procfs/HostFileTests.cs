using System.Collections.Immutable;
using System.Text;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Procfs;

/// <summary>Tables of the host: locks, System V objects, mounts.</summary>
public class HostFileTests
{
    [Theory]
    [InlineData("0.20 0.18 0.12 1/80 11206\n", 80, 11206)]
    [InlineData("193.36 81.27 38.06 12/31042 4194303\n", 31042, 4194303)]
    public void Loadavg_RealFile_GivesTasksAndLastPid(string text, int tasks, int lastPid) =>
        Assert.Equal(new LoadavgFile(tasks, lastPid), LoadavgFile.Parse(Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("")]
    [InlineData("0.20 0.18 0.12 80 11206\n")]
    [InlineData("0.20 0.18 0.12 1/80\n")]
    [InlineData("0.20 0.18 0.12 1/x 11206\n")]
    public void Loadavg_BrokenText_SaysNothing(string text) => Assert.Null(LoadavgFile.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Locks_RealFile_GivesHoldersAndWaiters() => Assert.Equal(
    [
        new FileLock(1, false, LockKind.Lease, LockAccess.Read, 6804, 0xfe00000, 11657459, 0, long.MaxValue),
        new FileLock(2, false, LockKind.Ofd, LockAccess.Write, -1, 0xfe00001, 11657462, 0, long.MaxValue),
        new FileLock(3, false, LockKind.Posix, LockAccess.Write, 6804, 0xfe00000, 11657461, 5, 14),
        new FileLock(3, true, LockKind.Posix, LockAccess.Write, 6846, 0xfe00000, 11657461, 0, long.MaxValue),
        new FileLock(3, true, LockKind.Posix, LockAccess.Read, 6847, 0xfe00000, 11657461, 0, long.MaxValue),
        new FileLock(4, false, LockKind.Flock, LockAccess.Write, 0, 0x10300001, 18446744073709551615, 0, long.MaxValue),
        new FileLock(5, false, LockKind.Posix, LockAccess.Write, 7, 0, 0, 0, long.MaxValue),
    ], LocksFile.Parse("""
        1: LEASE  ACTIVE    READ 6804 fe:00:11657459 0 EOF
        2: OFDLCK ADVISORY  WRITE -1 fe:01:11657462 0 EOF
        3: POSIX  ADVISORY  WRITE 6804 fe:00:11657461 5 14
        3: -> POSIX  ADVISORY  WRITE 6846 fe:00:11657461 0 EOF
        3:  -> POSIX  ADVISORY  READ 6847 fe:00:11657461 0 EOF
        4: FLOCK  MSNFS     RW    0 103:00001:18446744073709551615 0 EOF
        5: POSIX  *NOINODE* WRITE 7 <none>:0 0 EOF

        """u8)!.Value.AsEnumerable());

    [Theory]
    [InlineData("")]
    [InlineData("1:\n1: ->\n")]
    [InlineData("1: UNKNOWN UNKNOWN  READ 1 fe:00:1 0 EOF\n")]
    [InlineData("1: FLOCK  ADVISORY  SHARED 1 fe:00:1 0 EOF\n")]
    [InlineData("1: FLOCK  ADVISORY  READ x fe:00:1 0 EOF\n")]
    [InlineData("1: FLOCK  ADVISORY  READ 1 fe:1 0 EOF\n")]
    [InlineData("1: FLOCK  ADVISORY  READ 1 fe:00:0x1 0 EOF\n")]
    [InlineData("1: FLOCK  ADVISORY  READ 1 ::: 0 EOF\n")]
    [InlineData("1: FLOCK  ADVISORY  READ 1 fe:00:1 0\n")]
    [InlineData("1: FLOCK  ADVISORY  READ 1 fe:00:1 0 9223372036854775808\n")]
    [InlineData("99999999999: FLOCK  ADVISORY  READ 1 fe:00:1 0 EOF\n")]
    public void Locks_AnythingElse_IsLeftOut(string text) => Assert.Empty(LocksFile.Parse(Encoding.UTF8.GetBytes(text))!.Value);

    [Fact]
    public void Locks_MoreThanAreKept_IsNull()
    {
        const string Line = "1: FLOCK  ADVISORY  READ 1 fe:00:1 0 EOF\n";
        byte[] text = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(Line, LocksFile.MaxLocks + 1)));

        Assert.Equal(LocksFile.MaxLocks, LocksFile.Parse(text.AsSpan(0, text.Length - Line.Length))!.Value.Length);
        Assert.Null(LocksFile.Parse(text));
    }

    [Fact]
    public void Sysvipc_Semaphores_GiveTheirNumber() => Assert.Equal(
        new SysvObject(SysvKind.Semaphores, 32768, 0x1234) { Count = 2 },
        Sysv(SysvKind.Semaphores, "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n      4660      32768   600          2     0     0     0     0          0 1795690888\n").Single());

    [Fact]
    public void Sysvipc_Queue_GivesMessagesBytesAndPids() => Assert.Equal(
        new SysvObject(SysvKind.MessageQueue, 0, -559038737) { Count = 3, Bytes = 40, FirstPid = 11, SecondPid = 12 },
        Sysv(SysvKind.MessageQueue, "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n-559038737          0   600          40          3    11    12     0     0     0     0          0          0 1795690888\n").Single());

    [Theory]
    [InlineData("1600", true)]
    [InlineData("3600", true)] // locked in memory as well
    [InlineData(" 600", false)]
    [InlineData("2600", false)]
    public void Sysvipc_Memory_GivesSizeAttachmentsAndWhetherItIsToGo(string permissions, bool removed) => Assert.Equal(
        new SysvObject(SysvKind.SharedMemory, 0, 0) { Count = 2, Bytes = 4096, FirstPid = 6804, SecondPid = 6805, Removed = removed },
        Sysv(SysvKind.SharedMemory, $"       key      shmid perms                  size  cpid  lpid nattch   uid\n         0          0  {permissions}                  4096  6804  6805      2     0     0\n").Single());

    [Theory]
    [InlineData("")]
    [InlineData("a b c d e f g h\n")]
    [InlineData("0 0 600\n")]
    [InlineData("0 0 600 -1 0 0 0\n")]
    [InlineData("0 99999999999 600 1 0 0 0\n")]
    public void Sysvipc_AnythingElse_IsLeftOut(string text) =>
        Assert.All(Enum.GetValues<SysvKind>(), kind => Assert.Empty(Sysv(kind, text)));

    private const string Mounts = """
        22 27 0:21 / /proc rw,relatime - proc proc rw
        24 27 259:1 / /dev\040\134x rw,relatime shared:3 master:1 - devtmpfs devtmpfs rw
        31 27 0:30 / /sys/fs/cgroup rw - tmpfs tmpfs rw
        41 31 0:38 / /sys/fs/cgroup/unified\011one rw,relatime - cgroup2 cgroup2 rw
        42 31 0:38 /a/part /mnt/part rw,relatime - cgroup2 cgroup2 rw

        """;

    [Fact]
    public void Mountinfo_RealFile_GivesDevices()
    {
        var devices = new Dictionary<int, uint>();

        MountinfoFile.Parse(Encoding.UTF8.GetBytes(Mounts + "x y 0:1 / /\n43\n44 1 9 / /\n45 1 9: / /\n"), devices);

        Assert.Equal([(22, 21U), (24, 259U << 20 | 1), (31, 30U), (41, 38U), (42, 38U)], devices.OrderBy(d => d.Key).Select(d => (d.Key, d.Value)));
    }

    [Fact]
    public void Mountinfo_Cgroup2_IsTheMountOfTheWholeHierarchy() => Assert.Equal("/sys/fs/cgroup/unified\tone", MountinfoFile.Cgroup2(Encoding.UTF8.GetBytes(Mounts)));

    [Theory]
    [InlineData("40 1 0:30 / /dev/shm rw - tmpfs shm rw\n", true)]
    [InlineData("40 1 0:30 / /dev/shm rw - tmpfs shm rw\n41 1 0:31 / /dev/shmem rw - tmpfs x rw\n", true)]
    [InlineData("40 1 0:30 /part /dev/shm rw - tmpfs shm rw\n", false)]
    [InlineData("40 1 0:30 / /dev/shm rw - tmpfs shm rw\n41 40 0:31 / /dev/shm/below rw - tmpfs x rw\n", false)]
    [InlineData("40 1 0:30 / /dev/shm rw shared:3 - fuse.shm shm rw\n", false)]
    [InlineData("40 1 0:30 / /dev rw - tmpfs dev rw\n", false)]
    public void Mountinfo_WholeTmpfs_IsOneWithNothingBeyondOrBelow(string text, bool whole) =>
        Assert.Equal(whole, MountinfoFile.IsWholeTmpfs(Encoding.UTF8.GetBytes(text), "/dev/shm"u8));

    [Theory]
    [InlineData("")]
    [InlineData("22 27 0:21 / /proc rw,relatime - proc proc rw")]
    [InlineData("22 27 0:21 / /cgroup2 rw - tmpfs cgroup2 rw")]
    [InlineData(" - cgroup2 ")]
    public void Mountinfo_NoCgroup2_IsNull(string text) => Assert.Null(MountinfoFile.Cgroup2(Encoding.UTF8.GetBytes(text)));

    private static ImmutableArray<SysvObject> Sysv(SysvKind kind, string text)
    {
        ImmutableArray<SysvObject>.Builder objects = ImmutableArray.CreateBuilder<SysvObject>();
        SysvipcFile.Parse(Encoding.UTF8.GetBytes(text), kind, objects);
        return objects.ToImmutable();
    }
}
