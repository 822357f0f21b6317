using System.Collections.Immutable;
using System.Text;
using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Java threads, by HotSpot's attach mechanism; no JDK is needed. A JVM that finds a file .attach_pidPID at SIGQUIT listens on a socket .java_pidPID and
/// executes commands, <c>threaddump</c> among them. It goes on listening until its end.
/// </summary>
/// <remarks>
/// Without that file, or where attaching is switched off, a JVM answers SIGQUIT with a dump on its stdout; whatever else it is, it dies. So the signal is sent
/// only to what has libjvm mapped, catches it and can be attached to.
/// </remarks>
internal sealed class JvmStacks : StackTool
{
    private const int Quit = 3; // SIGQUIT
    private const int MostBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    // Protocol version, command and three arguments, each ended by NUL.
    private static readonly byte[] Request = "1\0threaddump\0\0\0\0"u8.ToArray();

    public override string Name => "JVM attach";

    public override string TellsDeadlocks => "the JVM";

    // Before JDK 9 its threads have no names of their own.
    public override bool Fits(StackTarget target) => target.Comm == "java" || target.Threads.Any(thread => thread.Name is "VM Thread" or "Signal Dispatch");

    // On a thread of its own: a process whose memory is locked lets its reader wait.
    public override Task<ProcessStacks> ReadAsync(StackTarget target, CancellationToken limit) =>
        Task.Run(() => AskAsync(target, limit), CancellationToken.None).WaitAsync(limit);

    private async Task<ProcessStacks> AskAsync(StackTarget target, CancellationToken limit)
    {
        ProcessStacks Missing(string why) => new(target.Pid, target.Comm, Name, [], why);
        using ProcessHandle? handle = ProcessHandle.TryOpen(target.Pid);
        using DirectoryHandle? process = DirectoryHandle.TryOpen($"/proc/{target.Pid}");
        if (handle is null || process is null || RuntimeFacts.Read(process, target.Pid) is not { } facts)
            return Missing("it is gone");
        if (facts.IsStopped)
            return Missing("it is stopped: continue it with SIGCONT");
        string socket = $"/tmp/.java_pid{facts.PidOfItsOwn}";
        TargetConnection? connection = await TargetConnection.TryConnectAsync(target.Pid, socket, limit);
        if (connection is null)
        {
            if (JvmOptions.WhyNotToSignal(facts, target.Pid) is { } reason)
                return Missing(reason);
            connection = await AttachAsync(handle, target.Pid, $"{facts.Root}/tmp/.attach_pid{facts.PidOfItsOwn}", socket, limit);
        }
        if (connection is null)
            return Missing("its attach listener could not be started: /tmp must be one that both can write to");
        using (connection)
        {
            string? dump = await AskAsync(connection, limit);
            ImmutableArray<ThreadStack> threads = dump is null ? [] : JavaThreadDump.Parse(dump, facts.TidsByTheirOwn(process, target));
            return threads.IsEmpty ? Missing("it did not answer with a thread dump: it takes commands of its own user and of root alone") : new ProcessStacks(target.Pid, target.Comm, Name, threads)
            {
                Deadlocked = threads is [{ Tid: null, Name: JavaThreadDump.Deadlock } first, ..] ? [.. first.Frames.Select(frame => JavaThreadDump.WaitOf(frame.Function))] : [],
            };
        }
    }

    /// <summary>Null: it does not come to listen.</summary>
    private static async Task<TargetConnection?> AttachAsync(ProcessHandle handle, int pid, string trigger, string socket, CancellationToken limit)
    {
        try
        {
            // One that is there may be somebody else's, for which the JVM would not listen.
            File.Delete(trigger);
            await using (new FileStream(trigger, FileMode.CreateNew, FileAccess.Write))
            {
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        try
        {
            if (!handle.Send(Quit))
                return null;
            // No signal, but whether it still lives.
            while (handle.Send(0))
            {
                if (await TargetConnection.TryConnectAsync(pid, socket, limit) is { } connection)
                    return connection;
                await Task.Delay(Pause, limit);
            }
            return null;
        }
        finally
        {
            Delete(trigger);
        }
    }

    private static void Delete(string trigger)
    {
        try
        {
            File.Delete(trigger);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Gone with the root that it was in.
        }
    }

    /// <summary>Null: it answered with an error, or not at all.</summary>
    private static async Task<string?> AskAsync(TargetConnection connection, CancellationToken limit)
    {
        if (!await connection.SendAsync(Request, limit))
            return null;
        using var answer = new MemoryStream();
        byte[] room = new byte[64 * 1024];
        while (answer.Length < MostBytes && await connection.ReceiveAsync(room, limit) is var count and > 0)
            answer.Write(room, 0, count);
        ReadOnlySpan<byte> text = answer.GetBuffer().AsSpan(0, (int)answer.Length);
        // 0 for success on a line of its own.
        return text.StartsWith("0\n"u8) ? Encoding.UTF8.GetString(text[2..]) : null;
    }
}
