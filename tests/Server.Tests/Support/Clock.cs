using Microsoft.Extensions.Time.Testing;

namespace OrphanBoard.Server.Tests.Support;

/// <summary>A clock that a test turns.</summary>
internal static class Clock
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Turns the clock on, step by step, until the task ends: whoever waits in the server may only be about to look at the clock.
    /// </summary>
    public static async Task<T> TurnUntil<T>(this FakeTimeProvider time, Task<T> task, TimeSpan step)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var look = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!task.IsCompleted)
        {
            time.Advance(step);
            await look.WaitForNextTickAsync(deadline.Token);
        }
        return await task;
    }
}
