namespace OrphanBoard;

/// <summary>
/// For tests of any framework: a hang becomes a failure that says who waits for whom. The diagnosis is that of <c>orphan-agent</c>, which is run as a program: it is
/// found by the variable <c>ORPHAN_AGENT</c>, else in <c>PATH</c>.
/// </summary>
public static class HangGuard
{
    /// <summary>
    /// Fails where <paramref name="act"/> is not over after <paramref name="patience"/>, with what this process waits for, hop by hop, as <c>orphan-agent explain</c>
    /// tells it. The act itself is left as it is, for nothing of it may be lost before it is understood: end it with what it waits for.
    /// </summary>
    /// <param name="act">What is tested. It runs on a thread of its own, so it may block.</param>
    /// <param name="patience">How long it may take.</param>
    /// <exception cref="HangException">It is not over.</exception>
    public static async Task AssertCompletes(Func<Task> act, TimeSpan patience)
    {
        // Its time begins with it: on a machine that is busy its thread may get no CPU for long.
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task running = Task.Factory.StartNew(
            () =>
            {
                begun.SetResult();
                return act();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
        await begun.Task.ConfigureAwait(false);
        using (var over = new CancellationTokenSource())
        {
            await Task.WhenAny(running, Task.Delay(patience, over.Token)).ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
        }
        if (!running.IsCompleted)
            throw new HangException($"It is not over after {patience.TotalSeconds:0.###} s.{Environment.NewLine}{await AgentProgram.ExplainThisProcess().ConfigureAwait(false)}");
        await running.ConfigureAwait(false);
    }

    /// <inheritdoc cref="AssertCompletes(Func{Task}, TimeSpan)"/>
    public static Task AssertCompletes(Action act, TimeSpan patience) => AssertCompletes(
        () =>
        {
            act();
            return Task.CompletedTask;
        },
        patience);

    /// <summary>
    /// Fails where something hangs, or has a shape that can hang (a duplicate of its own stdio, say), among this process and those below it: for the end of a
    /// test, or for the moment at which a service has been torn down.
    /// </summary>
    /// <exception cref="HangException">Something does; says what.</exception>
    public static async Task AssertNothingHangs()
    {
        if (await AgentProgram.FindInThisProcess().ConfigureAwait(false) is { } found)
            throw new HangException(found);
    }
}

/// <summary>Something hangs: the message says what, hop by hop.</summary>
public sealed class HangException(string message) : Exception(message);
