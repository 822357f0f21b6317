using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

/// <summary>What is concluded of locks from where the threads of a .NET program are.</summary>
public sealed class DotnetLocksTests
{
    private static readonly ThreadStack
        One = Thread(1, "System.Threading.Monitor.Enter_Slowpath", "System.Threading.Monitor.Enter", "Program.First"),
        Two = Thread(2, "System.Threading.Lock.EnterSlow", "Program.Second"),
        Main = Thread(3, "System.Threading.Thread.Join", "System.Threading.Thread.Join", "Program.Main"),
        Task = Thread(4, "System.Threading.Monitor.Wait", "System.Threading.ManualResetEventSlim.Wait", "System.Threading.Tasks.Task.InternalWaitCore", "Program.Main"),
        Pool = Thread(5, "System.Threading.LowLevelLifoSemaphore.WaitForSignal", "System.Threading.PortableThreadPool+WorkerThread.WorkerThreadStart"),
        Queue = Thread(6, "System.Threading.Monitor.Wait", "System.Threading.SemaphoreSlim.Wait", "System.Collections.Concurrent.BlockingCollection`1.TryTakeWithNoTimeValidation", "Program.Lead"),
        Own = Thread(7, "Program.Enter", "System.Threading.Tasks.Task.InternalWaitCore");

    [Fact]
    public void Deadlocked_ThreadsThatEnterWhileAllOthersJoin_AreTold() =>
        Assert.Equal(
            ["Thread worker (1) waits to enter a lock in Program.First (Program.cs:1).", "Thread worker (2) waits to enter a lock in Program.Second (Program.cs:2)."],
            DotnetLocks.Deadlocked([One, Two, Main, Task, Pool]));

    [Fact]
    public void Deadlocked_LeaderThatMayHaveTheLockAndIdles_IsNotTold() => Assert.Empty(DotnetLocks.Deadlocked([One, Two, Main, Queue]));

    [Fact]
    public void Deadlocked_ThreadInCodeOfItsOwn_IsNotTold() => Assert.Empty(DotnetLocks.Deadlocked([One, Two, Own]));

    [Fact]
    public void Deadlocked_OneThreadThatEnters_IsNotTold() => Assert.Empty(DotnetLocks.Deadlocked([One, Main]));

    private static ThreadStack Thread(int tid, params string[] functions) =>
        new(tid, "worker", [.. functions.Select(function => function.StartsWith("System.", StringComparison.Ordinal) ? new StackFrame(function) : new StackFrame(function, "Program.cs", tid))]);
}
