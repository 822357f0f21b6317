using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Tests.Linux;

public sealed class CapturedProgramTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Run_OutputAndErrors_AreKeptInOrder() => Assert.Equal("one\ntwo\nthree\n", await RunAsync("echo one; echo two >&2; echo three"));

    [Fact]
    public async Task Run_MoreThanTheBound_IsCutAndRunsToItsEnd() => Assert.Equal(CapturedProgram.MaxBytes, (await RunAsync("head -c 3000000 /dev/zero")).Length);

    [Fact]
    public async Task Run_Stdin_IsEmptyAndNoOtherDescriptorIsInherited() => Assert.Equal("0\n1\n2\n", await RunAsync("cat; ls /proc/$$/fd; :"));

    [Fact]
    public async Task Run_ProgramLeavesAChildThatHoldsItsOutput_EndsAtTheLimit()
    {
        using var limit = new CancellationTokenSource();
        using var directory = new TemporaryDirectory();
        string fifo = Path.Combine(directory.Path, "fifo");

        Task<string> running = RunAsync($"mkfifo {fifo}; sleep 300 & echo $! >{fifo}", limit.Token);
        int child = int.Parse(await ReadAsync(fifo), System.Globalization.CultureInfo.InvariantCulture);
        try
        {
            await limit.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.WaitAsync(Deadline, TestContext.Current.CancellationToken));
        }
        finally
        {
            using var orphan = System.Diagnostics.Process.GetProcessById(child);
            orphan.Kill();
        }
    }

    [Fact]
    public async Task Run_NoSuchProgram_Throws() =>
        await Assert.ThrowsAsync<LinuxException>(() => CapturedProgram.RunAsync("/nonexistent", ["/nonexistent"], [], CancellationToken.None));

    private static async Task<string> RunAsync(string script, CancellationToken? limit = null) =>
        await CapturedProgram.RunAsync("/bin/sh", ["sh", "-c", script], ["PATH=/usr/bin:/bin"], limit ?? TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);

    /// <summary>Opening waits for a writer; before it is made there is none.</summary>
    private static async Task<string> ReadAsync(string fifo)
    {
        long begin = System.Diagnostics.Stopwatch.GetTimestamp();
        while (!File.Exists(fifo))
            Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(begin) < Deadline, "no FIFO was made");
        return await File.ReadAllTextAsync(fifo, TestContext.Current.CancellationToken);
    }
}
