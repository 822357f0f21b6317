namespace OrphanBoard.Agent.Tests.Stacks;

/// <summary>Two threads that take two locks the wrong way round; says "ready" when they hang, and answers each line with itself.</summary>
internal static class Hung
{
    private static readonly Barrier BothHold = new(2);

    private static void Main()
    {
        object first = new(), second = new();
        Thread[] threads = [new(() => Take(first, second)) { Name = "one" }, new(() => Take(second, first)) { Name = "two" }];
        foreach (Thread thread in threads)
        {
            thread.IsBackground = true;
            thread.Start();
        }
        while (BothHold.CurrentPhaseNumber == 0 || !threads.All(thread => thread.ThreadState.HasFlag(ThreadState.WaitSleepJoin)))
            Thread.Yield();
        Console.WriteLine("ready");
        Echo();
    }

    private static void Take(object mine, object other)
    {
        lock (mine)
        {
            BothHold.SignalAndWait();
            lock (other) // waits for the other
                Console.WriteLine("never");
        }
    }

    private static void Echo()
    {
        while (Console.ReadLine() is { } line) // waits for a line
            Console.WriteLine(line);
    }
}
