using System.Diagnostics;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>Waits for what another process shows: a condition, looked at in short steps until a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    /// <summary>The first answer that satisfies <paramref name="enough"/>, or the last one when the deadline is over: the caller asserts.</summary>
    public static async Task<T> GetAsync<T>(Func<Task<T>> ask, Func<T, bool> enough, TimeSpan deadline, CancellationToken cancellation)
    {
        long begin = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Step);
        while (true)
        {
            T answer = await ask();
            if (enough(answer) || Stopwatch.GetElapsedTime(begin) > deadline)
                return answer;
            await timer.WaitForNextTickAsync(cancellation);
        }
    }
}
