using System.Diagnostics;

namespace OrphanBoard.Zoo;

/// <summary>The diagnosis from inside a test, as other people's tests use it.</summary>
public sealed class HangGuardTests
{
    static HangGuardTests() => Environment.SetEnvironmentVariable("ORPHAN_AGENT", Places.Agent());

    [Fact]
    public async Task AssertCompletes_ReaderOfChildWhoseWriteEndIsHeldOn_FailsWithItsNameAndFd()
    {
        // The shell exits; what it started keeps its stdout open.
        using Process shell = Process.Start(new ProcessStartInfo("sh", ["-c", "sleep 1000 & echo $!"]) { RedirectStandardOutput = true })!;
        int holder = int.Parse((await shell.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!);
        try
        {
            HangException hang = await Assert.ThrowsAsync<HangException>(() => HangGuard.AssertCompletes(() => shell.StandardOutput.ReadToEnd(), TimeSpan.FromSeconds(2)));

            Assert.Contains($"sleep ({holder})", hang.Message);
            Assert.Contains("fd 1", hang.Message);
        }
        finally
        {
            using Process sleep = Process.GetProcessById(holder);
            sleep.Kill();
        }
    }

    [Fact]
    public async Task AssertCompletes_ActFails_FailsWithThat() =>
        await Assert.ThrowsAsync<FormatException>(() => HangGuard.AssertCompletes(() => throw new FormatException(), TimeSpan.FromSeconds(30)));

    [Fact]
    public async Task AssertCompletes_ActIsOver_Passes() => await HangGuard.AssertCompletes(() => Task.CompletedTask, TimeSpan.FromSeconds(30));
}
