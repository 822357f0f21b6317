using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Tests.Linux;

public sealed partial class PollingTests
{
    private const int WindowChanged = 28; // SIGWINCH: poll(2) is not made again by itself, SA_RESTART or not

    /// <summary>Else the wait would end without a byte, and the read after it would wait for one for ever.</summary>
    [Fact]
    public async Task Take_SignalsComeMeanwhile_WaitsOnUntilItIsLate()
    {
        using PosixSignalRegistration handler = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => { });
        using var pipe = SignalPipe.Create();
        var tid = new TaskCompletionSource<int>();
        Task<Arrival> taken = Task.Factory.StartNew(() =>
        {
            tid.SetResult(gettid());
            return SignalPipe.Take(pipe.ReadEnd, TimeSpan.FromMilliseconds(300));
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        int waiting = await tid.Task;

        Task signals = Task.Factory.StartNew(() =>
        {
            while (!taken.IsCompleted && tgkill(Environment.ProcessId, waiting, WindowChanged) == 0)
                Thread.Yield();
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

        Assert.Equal(Arrival.Late, await taken.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken));
        await signals;
    }

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc")]
    private static partial int tgkill(int process, int thread, int signal);
}
