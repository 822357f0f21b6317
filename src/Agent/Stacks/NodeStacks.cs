using System.Collections.Immutable;
using System.Net.WebSockets;
using System.Text.Json;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Node, by its own inspector: SIGUSR1 has it listen on 127.0.0.1, one question is asked, and it is closed again. The process is not stopped; it tells on its
/// stderr that a debugger was there. Worker threads are not asked.
/// </summary>
internal sealed class NodeStacks : StackTool
{
    /// <summary>How long the inspector may take to be there. A thread that waits outside of JavaScript, as in execSync, never opens it.</summary>
    private static readonly TimeSpan Opening = TimeSpan.FromSeconds(3), BetweenLooks = TimeSpan.FromMilliseconds(10);

    /// <summary>All open the same port.</summary>
    private static readonly SemaphoreSlim OneAtATime = new(1);

    public override string Name => "node inspector";

    public override bool Fits(StackTarget target) => TargetFacts.Of(target.Pid) is { Program: "node" or "nodejs" };

    public override async Task<ProcessStacks> ReadAsync(StackTarget target, CancellationToken limit)
    {
        await OneAtATime.WaitAsync(limit);
        try
        {
            return await AskAsync(target, limit);
        }
        catch (Exception e) when (e is HttpRequestException or WebSocketException or IOException or JsonException or InvalidOperationException)
        {
            return target.Without(Name, $"its inspector did not answer: {e.Message}");
        }
        finally
        {
            OneAtATime.Release();
        }
    }

    private async Task<ProcessStacks> AskAsync(StackTarget target, CancellationToken limit)
    {
        // First held, then looked at: what is seen is seen of the process that the signal goes to.
        using ProcessHandle? process = ProcessHandle.TryOpen(target.Pid);
        if (process is null || TargetFacts.Of(target.Pid) is not { Program: "node" or "nodejs" } facts)
            return target.Without(Name, "it has ended");
        if ((facts.Status.SignalsCaught & 1UL << (ProcessHandle.Usr1 - 1)) == 0)
            return target.Without(Name, "it does not open its inspector at SIGUSR1: start node without --disable-sigusr1");
        if (Interrupts(facts.Call) is { } reason)
            return target.Without(Name, reason);
        if (!facts.SharesNetwork)
            return target.Without(Name, "its inspector would listen in another network namespace: run the agent inside of its container");
        // Whoever else reads a node closes its port in a moment.
        if (await WithinAsync<InspectorPort>(() => InspectorPort.Of(target.Pid) is { Taken: false } free ? free : null, limit) is not { } before)
            return target.Without(Name, $"port {InspectorPort.Default}, where its inspector would listen, is taken by another process: end that one");
        if (!process.Send(ProcessHandle.Usr1))
            return target.Without(Name, "it may not be sent SIGUSR1: run as root");
        if (await WithinAsync(() => InspectorPort.Opened(before, InspectorPort.Of(target.Pid)), limit) is not { } port)
            return target.Without(Name, $"its inspector did not open within {Opening.TotalSeconds:0} s: its JavaScript thread waits for something outside of JavaScript");
        using var inspector = await NodeInspector.ConnectAsync(port, limit);
        try
        {
            int pid = facts.Status.NsPid == 0 ? target.Pid : facts.Status.NsPid;
            NodeAnswer? answer = await inspector.AskAsync(pid, limit);
            return answer?.Stack is { } stack ? Told(target, stack, answer.WaitsFor()) : target.Without(Name, "its inspector gave no stack");
        }
        finally
        {
            bool opened = !before.Own.Contains(port);
            await inspector.CloseAsync(closeInspector: opened);
            // It is closed by a thread of node's own, in a moment: who reads the next one would find the port taken.
            if (opened)
                _ = await WithinAsync<bool>(() => InspectorPort.Of(target.Pid).Own.Contains(port) ? null : true, CancellationToken.None);
        }
    }

    /// <summary>
    /// Why it is not to be sent a signal; null: it may. Node's handler has no SA_RESTART: readSync would fail with EINTR, and with it the program. The event
    /// loop and futexes are waited for again. What runs may come to read in the next moment.
    /// </summary>
    private static string? Interrupts(BlockedCall call)
    {
        const string Thread = "its JavaScript thread";
        if (call.Status is BlockedCallStatus.Running or BlockedCallStatus.NotInCall)
            return $"{Thread} runs, and SIGUSR1 could interrupt a system call of it";
        if (call.Status != BlockedCallStatus.InCall || !SystemCallTable.TryGet(Machine.Uname().Architecture, call.Number, out SystemCall name))
            return $"{Thread} may sit in a system call, which SIGUSR1 would interrupt";
        return name is SystemCall.EpollWait or SystemCall.EpollPwait or SystemCall.EpollPwait2 or SystemCall.Futex
            ? null
            : $"{Thread} sits in {SystemCallTable.NameOf(name)}(2), which SIGUSR1 would interrupt";
    }

    /// <summary>Looks until there is an answer, or <see cref="Opening"/> is over.</summary>
    private static async Task<T?> WithinAsync<T>(Func<T?> look, CancellationToken limit)
        where T : struct
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(limit);
        patience.CancelAfter(Opening);
        try
        {
            while (true)
            {
                if (look() is { } found)
                    return found;
                await Task.Delay(BetweenLooks, TimeProvider.System, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!limit.IsCancellationRequested)
        {
            return null;
        }
    }

    private ProcessStacks Told(StackTarget target, ImmutableArray<NodeFrame> stack, ImmutableArray<string> waitsFor)
    {
        IEnumerable<StackFrame> frames = stack.Select(frame => new StackFrame(frame.Function is { Length: > 0 } name ? name : "(anonymous)", frame.File, frame.Line));
        return new ProcessStacks(target.Pid, target.Comm, Name, [new ThreadStack(target.Pid, target.NameOf(target.Pid), [.. frames]) { WaitsFor = waitsFor }]);
    }
}
