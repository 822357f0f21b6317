using System.Collections.Immutable;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Managed threads of a .NET program, by the runtime's diagnostics port: its sample profiler stops all threads for a moment a millisecond, and the session
/// ends as soon as the first samples have come. Lines from the portable PDB beside the module or in it.
/// </summary>
internal sealed class DotnetStacks : StackTool
{
    private const long MostBytes = 64 * 1024 * 1024;
    private const int MostSocketTableBytes = 8 * 1024 * 1024;

    // The runtime writes events every 100 ms.
    private static readonly TimeSpan LongestSampling = TimeSpan.FromSeconds(1);

    public override string Name => ".NET diagnostics port";

    public override string TellsDeadlocks => "its .NET runtime";

    public override bool ConcludesDeadlocks => true;

    // Threads of CoreCLR; programs of NativeAOT, which the sampler does not know, have none of these.
    public override bool Fits(StackTarget target) => target.Threads.Any(thread => thread.Name is ".NET SynchManag" or ".NET Debugger" or ".NET Tiered Com");

    public override Task<ProcessStacks> ReadAsync(StackTarget target, CancellationToken limit) =>
        Task.Run(() => AskAsync(target, limit), CancellationToken.None).WaitAsync(limit);

    private async Task<ProcessStacks> AskAsync(StackTarget target, CancellationToken limit)
    {
        ProcessStacks Missing(string why) => new(target.Pid, target.Comm, Name, [], why);
        using DirectoryHandle? process = DirectoryHandle.TryOpen($"/proc/{target.Pid}");
        if (process is null || RuntimeFacts.Read(process, target.Pid) is not { } facts)
            return Missing("it is gone");
        if (facts.IsStopped)
            return Missing("it is stopped: continue it with SIGCONT");
        List<string> ports = PortsOf(process, facts);
        if (ports.Count == 0)
            return Missing("it has no diagnostics port: start it without DOTNET_EnableDiagnostics=0");
        try
        {
            using TargetConnection? connection = await ConnectAsync(target.Pid, ports, limit);
            if (connection is null)
                return Missing($"its diagnostics port {ports[0]} is not open to us: run as its user or as root");
            DotnetSamples? samples = await SampleAsync(connection, target.Pid, limit);
            if (samples is null)
                return Missing("its diagnostics port refused to sample");
            ImmutableArray<ThreadStack> threads = Threads(samples, target, facts.TidsByTheirOwn(process, target), new DotnetSymbols(facts.Root));
            return threads.IsEmpty ? Missing("no managed thread could be sampled") : new ProcessStacks(target.Pid, target.Comm, Name, threads) { Deadlocked = [.. DotnetLocks.Deadlocked(threads).Select(said => new RuntimeWait(said))] };
        }
        catch (InvalidDataException e)
        {
            return Missing($"its diagnostics port does not speak nettrace: {e.Message}");
        }
    }

    /// <summary>Those that have its pid in their names: a process of another pid namespace may have the same.</summary>
    private static List<string> PortsOf(DirectoryHandle process, RuntimeFacts facts)
    {
        var ports = new List<string>();
        if (process.ReadTable("net/unix"u8, new ReadBuffer(64 * 1024, MostSocketTableBytes), out ReadOnlySpan<byte> text) != Sight.Seen)
            return ports;
        // Where TMPDIR was when it started, dotnet-diagnostic-PID-STARTTIME-socket.
        byte[] name = Encoding.ASCII.GetBytes($"/dotnet-diagnostic-{facts.PidOfItsOwn}-");
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (line.EndsWith("-socket"u8) && line.IndexOf(name) >= 0 && line.IndexOf((byte)'/') is var path and >= 0)
                ports.Add(Encoding.UTF8.GetString(line[path..])); // More than once while somebody is connected.
        }
        return ports;
    }

    /// <summary>Null: none of them is open to us and its own.</summary>
    private static async Task<TargetConnection?> ConnectAsync(int pid, IEnumerable<string> ports, CancellationToken limit)
    {
        foreach (string port in ports.Distinct())
        {
            if (await TargetConnection.TryConnectAsync(pid, port, limit) is { } connection)
                return connection;
        }
        return null;
    }

    /// <summary>Null: it refused.</summary>
    private static async Task<DotnetSamples?> SampleAsync(TargetConnection connection, int pid, CancellationToken limit)
    {
        if (await DiagnosticsPort.StartSamplingAsync(connection, limit) is not { } session)
            return null;
        using TargetConnection? stopper = await TargetConnection.TryConnectAsync(pid, connection.Path, limit);
        if (stopper is null)
            return null;
        var samples = new DotnetSamples();
        Nettrace stream = null!;
        stream = new Nettrace((in NettraceEvent @event, ReadOnlySpan<byte> payload) => samples.Take(stream, @event, payload));
        Task<bool>? stopped = null;
        var late = Task.Delay(LongestSampling, limit);
        for (long total = 0; !stream.IsOver && total < MostBytes;)
        {
            Task<int> piece = connection.ReceiveAsync(stream.Room(), limit);
            if (stopped is null && await Task.WhenAny(piece, late) == late)
                stopped = DiagnosticsPort.StopAsync(stopper, session, limit);
            int count = await piece;
            if (count == 0)
                break;
            total += count;
            stream.Fed(count);
            if (samples.HasSamples)
                stopped ??= DiagnosticsPort.StopAsync(stopper, session, limit);
        }
        if (stopped is not null)
            await stopped;
        return samples;
    }

    private static ImmutableArray<ThreadStack> Threads(DotnetSamples samples, StackTarget target, Func<int, int?> tids, DotnetSymbols symbols)
    {
        var threads = ImmutableArray.CreateBuilder<ThreadStack>();
        foreach ((ulong own, ulong[] stack) in samples.Stacks)
        {
            int? tid = own <= int.MaxValue ? tids((int)own) : null;
            string name = target.Threads.FirstOrDefault(thread => thread.Tid == tid).Name ?? "";
            ImmutableArray<StackFrame> frames = [.. stack.Select(address => Frame(samples, symbols, address)).OfType<StackFrame>()];
            if (!frames.IsEmpty)
                threads.Add(new ThreadStack(tid, name, frames));
        }
        threads.Sort((one, other) => Nullable.Compare(one.Tid, other.Tid));
        return threads.ToImmutable();
    }

    /// <summary>Null: no method is known there.</summary>
    private static StackFrame? Frame(DotnetSamples samples, DotnetSymbols symbols, ulong address)
    {
        if (samples.MethodAt(address) is not { } method)
            return null;
        return method.IlOffsetAt(address) is { } il && samples.ModuleOf(method) is { } module && symbols.LineOf(module, method, il) is { } place
            ? new StackFrame(method.Name, place.File, place.Line)
            : new StackFrame(method.Name);
    }
}
