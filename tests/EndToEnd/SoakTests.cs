using System.Diagnostics;
using OrphanBoard.EndToEnd.Running;

namespace OrphanBoard.EndToEnd;

/// <summary>The agent beside a build loop, the short form of <c>./orphanboard bench --soak MINUTES</c>.</summary>
public sealed class SoakTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Agent_BesideABuildLoop_DoesNotGrow()
    {
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limited.CancelAfter(Deadline);
        using Process soak = Process.Start(new ProcessStartInfo("dotnet", [Places.Bench, "soak", "--artifacts", Places.Artifacts, "--seconds", "40"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            Task<string> complaints = soak.StandardError.ReadToEndAsync(limited.Token);
            string told = await soak.StandardOutput.ReadToEndAsync(limited.Token);
            await soak.WaitForExitAsync(limited.Token);

            Assert.True(soak.ExitCode == 0, told + await complaints);
            Assert.Contains("first third to last third", told);
        }
        finally
        {
            if (!soak.HasExited)
                soak.Kill();
        }
    }
}
