using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>What a look makes of files that are missing or broken: a /proc of plain files, each test writes only those it talks about.</summary>
public sealed class RacePolicyTests : IDisposable
{
    private const string Stat = "7 (cat) S 1 7 7 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0";
    private readonly TemporaryDirectory _proc = new();

    public RacePolicyTests() => Write("sys/kernel/random/boot_id", "5bd8a93b-6a32-4d0c-a2a1-04a7f1c2a6ee\n");

    public void Dispose() => _proc.Dispose();

    [Fact]
    public void Look_StatIsGone_CountsTheProcessAsVanished()
    {
        Directory.CreateDirectory(Path.Combine(_proc.Path, "7"));

        Snapshot look = Look();

        Assert.Empty(look.Processes);
        Assert.Equal(new ReadCounts(1, 0, 0, 0), look.Reads);
    }

    [Fact]
    public void Look_StatIsCut_CountsAFailure()
    {
        Write("7/stat", Stat[..30]);

        Assert.Equal(new ReadCounts(0, 0, 0, 1), Look().Reads);
    }

    [Fact]
    public void Look_NothingButStat_KeepsTheProcessWithEmptyFields()
    {
        Write("7/stat", Stat);

        ProcessRecord process = Assert.Single(Look().Processes);

        Assert.Equal((7, 500UL, "cat", uint.MaxValue, 7), (process.Pid, process.StartTimeTicks, process.Comm, process.Uid, process.NsPid));
        Assert.Null(process.Cmdline);
        Assert.Null(process.Exe);
        Assert.Equal(Sight.Gone, process.FdSight);
        ThreadRecord thread = Assert.Single(process.Threads);
        Assert.Null(thread.Counters);
        Assert.Equal(BlockedCall.Unreadable, thread.Call);
    }

    [Fact]
    public void Look_KernelThread_IsLeftOutAndNotCounted()
    {
        Write("2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 2 0 0");

        Snapshot look = Look();

        Assert.Empty(look.Processes);
        Assert.Equal(default, look.Reads);
    }

    [Fact]
    public void Look_OneThreadOfTwoIsGone_SaysThatTheListIsNotWhole()
    {
        Write("7/stat", Stat.Replace(" 20 0 1 ", " 20 0 2 ", StringComparison.Ordinal));
        Write("7/task/7/stat", Stat);
        Directory.CreateDirectory(Path.Combine(_proc.Path, "7/task/8"));

        Snapshot look = Look();

        ProcessRecord process = Assert.Single(look.Processes);
        Assert.Equal([7], process.Threads.Select(t => t.Tid));
        Assert.False(process.ThreadsComplete);
        Assert.Equal(1, look.Reads.Vanished);
    }

    [Fact]
    public void Look_MoreThreadsThanListed_SaysThatTheListIsNotWhole()
    {
        Write("7/stat", Stat.Replace(" 20 0 1 ", " 20 0 3 ", StringComparison.Ordinal));
        Write("7/task/7/stat", Stat);

        Assert.False(Assert.Single(Look().Processes).ThreadsComplete);
    }

    [Fact]
    public void Look_ProcessInStateDWithoutAHelper_DoesNotReadItsCommandLine()
    {
        Write("7/stat", Stat.Replace(") S ", ") D ", StringComparison.Ordinal));
        Write("7/cmdline", "cat\0file\0");
        using var looker = new HostLooker(
            TimeProvider.System, CommandLineRedaction.WithRandomKey(), new LookerOptions { ProcPath = _proc.Path, RiskyReads = new RiskyReadOptions { Command = ["/nonexistent/program"] } });

        Assert.Null(Assert.Single(looker.Look(new HashSet<int>()).Processes).Cmdline);

        Write("7/stat", Stat);
        Assert.Equal(["cat", "file"], Assert.Single(looker.Look(new HashSet<int>()).Processes).Cmdline!.Value);
        Write("7/stat", Stat.Replace(") S ", ") D ", StringComparison.Ordinal));
        Assert.Equal(["cat", "file"], Assert.Single(looker.Look(new HashSet<int>()).Processes).Cmdline!.Value);
    }

    [Fact]
    public void Look_ProcessInStateD_HasItsCommandLineReadByTheHelper()
    {
        Write("7/stat", Stat.Replace(") S ", ") D ", StringComparison.Ordinal));
        Write("7/cmdline", "cat\0file\0");

        Assert.Equal(["cat", "file"], Assert.Single(Look().Processes).Cmdline!.Value);
    }

    [Fact]
    public void Look_FdLinkWithoutATarget_IsReadAndNotFollowed()
    {
        Write("7/stat", Stat);
        Directory.CreateDirectory(Path.Combine(_proc.Path, "7/fd"));
        File.CreateSymbolicLink(Path.Combine(_proc.Path, "7/fd/0"), "pipe:[4711]");
        File.CreateSymbolicLink(Path.Combine(_proc.Path, "7/fd/10"), "/dead/mount\n(deleted)");
        File.CreateSymbolicLink(Path.Combine(_proc.Path, "7/fd/9"), "anon_inode:[eventpoll]");

        ProcessRecord process = Assert.Single(Look().Processes);

        Assert.Equal(Sight.Seen, process.FdSight);
        Assert.Equal(
            [(0, FdKind.Pipe, 4711UL), (9, FdKind.Epoll, 0UL), (10, FdKind.Path, 0UL)],
            process.Fds.Select(fd => (fd.Number, fd.Target.Kind, fd.Target.Id)));
    }

    [Fact]
    public void Look_MoreFdsThanAreRead_ShowsTheLowestAndSaysThatItIsNotAll()
    {
        Write("7/stat", Stat);
        Directory.CreateDirectory(Path.Combine(_proc.Path, "7/fd"));
        for (int fd = 0; fd < 65_540; fd++)
            File.CreateSymbolicLink(Path.Combine(_proc.Path, $"7/fd/{fd}"), "pipe:[4711]");

        ProcessRecord process = Assert.Single(Look().Processes);

        Assert.Equal((65_536, 65_535, Sight.Failed), (process.Fds.Length, process.Fds[^1].Number, process.FdSight));
    }

    [Fact]
    public void Look_SuspectsFdinfo_TellsOneEventFdFromAnother()
    {
        Write("7/stat", Stat);
        Directory.CreateDirectory(Path.Combine(_proc.Path, "7/fd"));
        File.CreateSymbolicLink(Path.Combine(_proc.Path, "7/fd/3"), "anon_inode:[eventfd]");
        Write("7/fdinfo/3", "pos:\t0\nflags:\t02020002\neventfd-id: 37\n");

        FileDescriptor fd = Assert.Single(Assert.Single(Look(7).Processes).Fds);

        Assert.Equal((37UL, true, true), (fd.Target.Id, fd.CloseOnExec, fd.Async));
    }

    [Fact]
    public void HostLooker_NoBootId_SaysSoInOneLine()
    {
        File.Delete(Path.Combine(_proc.Path, "sys/kernel/random/boot_id"));

        var error = Assert.Throws<InvalidDataException>(() => Look());

        Assert.Contains("boot_id", error.Message, StringComparison.Ordinal);
    }

    private Snapshot Look(params HashSet<int> suspects)
    {
        using var looker = new HostLooker(TimeProvider.System, CommandLineRedaction.WithRandomKey(), new LookerOptions { ProcPath = _proc.Path });
        return looker.Look(suspects);
    }

    private void Write(string path, string text)
    {
        string full = Path.Combine(_proc.Path, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }
}
