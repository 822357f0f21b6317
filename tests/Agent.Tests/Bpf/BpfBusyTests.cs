using System.Diagnostics;
using OrphanBoard.Agent.Bpf;

namespace OrphanBoard.Agent.Tests.Bpf;

/// <summary>Passes of several agents at once: while the kernel is busy for one of them on a CPU it has no memory for what another sees there for the first time.</summary>
public sealed class BpfBusyTests
{
    private const int Agents = 200, Others = 500;

    [Fact]
    public async Task Run_FullBesidePassesOfOthers_LeavesNobodyOut()
    {
        // They end with their input.
        string script = $"exec 3<&0; i=0; while [ $i -lt {Others} ]; do cat <&3 & i=$((i+1)); done; echo; wait";
        using Process others = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await others.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
        int without = 0;
        Parallel.For(0, Agents, new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = TestContext.Current.CancellationToken }, _ =>
        {
            using BpfSweep sweep = Sweeping.Open();
            sweep.RunFull();
            Interlocked.Add(ref without, sweep.TasksForgotten);
        });
        others.StandardInput.Close();
        await others.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, without);
    }
}
