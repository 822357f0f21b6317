using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Linux;

public sealed partial class DirectoryHandleTests
{
    private const int WindowChanged = 28; // SIGWINCH
    private readonly ReadBuffer _buffer = new();

    [Fact]
    public async Task Read_ProcessThatHasEnded_IsGoneAndNeverAnother()
    {
        using Specimen specimen = await Specimen.StartAsync("read");
        using DirectoryHandle directory = DirectoryHandle.Open($"/proc/{specimen.Pid}");
        Assert.Equal(Sight.Seen, directory.Read("stat"u8, _buffer, out _));

        specimen.End();

        Assert.Equal(Sight.Gone, directory.Read("stat"u8, _buffer, out ReadOnlySpan<byte> text));
        Assert.True(text.IsEmpty);
        Assert.Equal(Sight.Gone, directory.ReadLink("exe"u8, _buffer, out _));
    }

    /// <summary>A signal cuts what getdents64(2) answers short: what was left out would be taken for closed, and absence is what proofs are made of.</summary>
    [Fact]
    public async Task ListNumbers_SignalsComeMeanwhile_ListsAll()
    {
        using PosixSignalRegistration handler = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => { });
        using Specimen specimen = await Specimen.StartAsync("read");
        using DirectoryHandle table = DirectoryHandle.Open($"/proc/{specimen.Pid}/fd");
        List<int> all = [];
        Assert.Equal(Sight.Seen, table.ListNumbers(all));
        var tid = new TaskCompletionSource<int>();
        Task<int> listed = Task.Factory.StartNew(() =>
        {
            tid.SetResult(gettid());
            List<int> numbers = [];
            for (int i = 0; i < 20_000; i++)
            {
                numbers.Clear();
                if (table.ListNumbers(numbers) != Sight.Seen || numbers.Count != all.Count)
                    return i;
            }
            return -1;
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        int lister = await tid.Task;

        Task signals = Task.Factory.StartNew(() =>
        {
            while (!listed.IsCompleted && tgkill(Environment.ProcessId, lister, WindowChanged) == 0)
                ;
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        Assert.Equal(-1, await listed.WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken));
        await signals;
    }

    [Fact]
    public void Open_NoSuchDirectory_SaysPathAndReason()
    {
        var error = Assert.Throws<LinuxException>(() => DirectoryHandle.Open("/nonexistent/proc"));

        Assert.Equal("/nonexistent/proc: No such file or directory", error.Message);
    }

    [Fact]
    public void ReadTable_FileThatTheKernelMakesEntryByEntry_IsReadToItsEnd()
    {
        using DirectoryHandle self = DirectoryHandle.Open("/proc/self");
        var small = new ReadBuffer(limit: 16 * 1024);

        Assert.Equal(Sight.Seen, self.ReadTable("maps"u8, _buffer, out ReadOnlySpan<byte> whole));
        Assert.Equal(Sight.Failed, self.ReadTable("maps"u8, small, out ReadOnlySpan<byte> cut));

        // A page is what one read(2) gives; the stack is among the last of hundreds of lines.
        Assert.True(whole.Length > 16 * 1024);
        Assert.True(whole.IndexOf("[stack]"u8) > 4096);
        Assert.Equal(16 * 1024, cut.Length);
    }

    [Fact]
    public void ReadAt_AnyPath_IsRelativeToTheDirectoryOrAbsolute()
    {
        using DirectoryHandle proc = DirectoryHandle.Open("/proc");
        string deep = "/" + string.Concat(Enumerable.Repeat("x/", 300));

        Assert.Equal(Sight.Seen, proc.ReadAt("self/../self/stat", _buffer, out _));
        Assert.Equal(Sight.Seen, proc.ReadAt("/proc/self/stat", _buffer, out _));
        Assert.Equal(Sight.Gone, proc.ReadAt(deep, _buffer, out _));
    }

    [Fact]
    public void Read_FileLargerThanTheBuffer_IsWhole()
    {
        using var directory = new TemporaryDirectory();
        byte[] content = new byte[300_000];
        new Random(1).NextBytes(content);
        File.WriteAllBytes(Path.Combine(directory.Path, "large"), content);
        using DirectoryHandle handle = DirectoryHandle.Open(directory.Path);

        Assert.Equal(Sight.Seen, handle.Read("large"u8, _buffer, out ReadOnlySpan<byte> read));
        Assert.True(read.SequenceEqual(content));
    }

    [Fact]
    public void ListNumbers_ManyEntriesAndOtherNames_GivesTheNumbersAscending()
    {
        using var directory = new TemporaryDirectory();
        foreach (int number in Enumerable.Range(1, 2000))
            Directory.CreateDirectory(Path.Combine(directory.Path, $"{number}"));
        foreach (string name in new[] { "self", "1x", "-5", "99999999999", "0x1", " 7" })
            Directory.CreateDirectory(Path.Combine(directory.Path, name));
        using DirectoryHandle handle = DirectoryHandle.Open(directory.Path);

        List<int> first = [], second = [];
        Assert.Equal(Sight.Seen, handle.ListNumbers(first));
        Assert.Equal(Sight.Seen, handle.ListNumbers(second));

        Assert.Equal(Enumerable.Range(1, 2000), first);
        Assert.Equal(first, second);
    }

    [Fact]
    public void ReadLink_ToAnAbsentTarget_GivesItsTextWithoutFollowingIt()
    {
        using var directory = new TemporaryDirectory();
        File.CreateSymbolicLink(Path.Combine(directory.Path, "7"), "pipe:[4711]");
        using DirectoryHandle handle = DirectoryHandle.Open(directory.Path);

        Assert.Equal(Sight.Seen, handle.ReadLink(new RelativePath(7), _buffer, out ReadOnlySpan<byte> target));
        Assert.True(target.SequenceEqual("pipe:[4711]"u8));
        Assert.Equal(Sight.Seen, handle.LinkAccess(new RelativePath(7), out _));
    }

    [Fact]
    public void Names_FileBelowTheDirectory_IsFoundByItsInodeNumberIfAllMayBeLookedAt()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(Path.Combine(directory.Path, "one", "two"));
        using DirectoryHandle two = DirectoryHandle.Open(Path.Combine(directory.Path, "one", "two"));
        List<int> numbers = [];
        List<ulong> inodes = [];
        File.WriteAllText(Path.Combine(directory.Path, "one", "two", "7"), "");
        Assert.Equal(Sight.Seen, two.ListEntries(numbers, inodes));

        Assert.True(Found(100));
        Assert.Null(Found(2)); // more entries than that
        File.Delete(Path.Combine(directory.Path, "one", "two", "7"));
        Assert.False(Found(100));

        bool? Found(int most)
        {
            using DirectoryHandle handle = DirectoryHandle.Open(directory.Path);
            bool? found = handle.Names(inodes[0], ref most, out string? path);
            Assert.Equal(found == true ? "one/two/7" : null, path);
            return found;
        }
    }

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);
}
