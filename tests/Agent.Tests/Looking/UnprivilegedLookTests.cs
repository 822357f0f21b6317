using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>A look without rights: what is hidden is told as hidden, never as absent.</summary>
public sealed partial class UnprivilegedLookTests
{
    [Fact]
    public async Task Look_ProcessOfAnotherUser_IsHiddenInPart()
    {
        Assert.SkipUnless(geteuid() == 0, "only root can become another user");
        using Specimen specimen = await Specimen.StartAsync("threads");

        Snapshot look = AsNobody(() =>
        {
            using var looker = new HostLooker(TimeProvider.System, CommandLineRedaction.WithRandomKey());
            Specimen.LookUntil(looker, specimen.Pid, p => p.Threads.Length == 2);
            return looker.Look(new HashSet<int> { specimen.Pid });
        });

        ProcessRecord record = look.Processes.Single(p => p.Pid == specimen.Pid);
        Assert.Equal(("specimen", 0U, Environment.ProcessId), (record.Comm, record.Uid, record.Ppid));
        Assert.Equal(Sight.Denied, record.FdSight);
        Assert.Empty(record.Fds);
        Assert.Null(record.Exe);
        Assert.NotNull(record.Cmdline);
        Assert.Equal((null, new NamespaceSet(), null), (record.JobCookies, record.Namespaces, record.SharesFilesWith));
        Assert.NotNull(look.FileLocks);
        Assert.NotEmpty(look.Sockets!.Value);
        Assert.All(record.Threads, thread =>
        {
            Assert.NotNull(thread.Counters);
            Assert.Equal(BlockedCall.Denied, thread.Call);
            Assert.Null(thread.Memory);
        });
        Assert.True(look.Reads.FdTablesDenied >= 1);
        Assert.True(look.Reads.WaitsDenied >= 2);
    }

    /// <summary>The call itself, not glibc's wrapper: it changes the one thread that makes it, which ends right after.</summary>
    private static T AsNobody<T>(Func<T> look)
    {
        const int Nobody = 65534;
        int setresuid = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 147 : 117;
        T? result = default;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Assert.Equal(0, syscall(setresuid, Nobody, Nobody, Nobody));
                result = look();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result!;
    }

    [LibraryImport("libc")]
    private static partial nint syscall(nint number, nint real, nint effective, nint saved);

    [LibraryImport("libc")]
    private static partial uint geteuid();
}
