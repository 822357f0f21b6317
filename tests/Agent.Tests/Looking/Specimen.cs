using System.Collections.Concurrent;
using System.Diagnostics;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>specimen.c as a real process, with a pipe to its stdin and one from its stdout.</summary>
internal sealed class Specimen : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);
    private static readonly ConcurrentDictionary<string, Lazy<string>> Programs = new();
    private readonly Process _process;

    private Specimen(Process process) => _process = process;

    internal int Pid => _process.Id;

    /// <summary>Starts it and waits for the byte that it writes just before it blocks.</summary>
    internal static async Task<Specimen> StartAsync(params string[] arguments) => await StartOfAsync("specimen.c", arguments);

    /// <summary>The same for another program that keeps to the same rules.</summary>
    internal static async Task<Specimen> StartOfAsync(string source, params string[] arguments) =>
        await StartAsync(Programs.GetOrAdd(source, name => new Lazy<string>(() => Compile(name))).Value, arguments);

    /// <summary>Lets it go on: writes a line to its stdin.</summary>
    internal void Nudge()
    {
        _process.StandardInput.Write('\n');
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for the next byte that it writes.</summary>
    internal async Task AwaitByteAsync()
    {
        byte[] ready = new byte[1];
        int read = await _process.StandardOutput.BaseStream.ReadAsync(ready, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        Assert.Equal(1, read);
    }

    /// <summary>Looks until the process is in the state that is asked for: between its byte and the block lies a moment.</summary>
    internal ProcessRecord LookUntil(HostLooker looker, Func<ProcessRecord, bool> blocked, bool suspect = false) =>
        LookUntil(looker, Pid, blocked, suspect);

    internal static ProcessRecord LookUntil(HostLooker looker, int pid, Func<ProcessRecord, bool> blocked, bool suspect = false)
    {
        HashSet<int> suspects = suspect ? [pid] : [];
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            ProcessRecord? record = looker.Look(suspects).Processes.FirstOrDefault(p => p.Pid == pid);
            if (record is not null && blocked(record))
                return record;
            Assert.True(Stopwatch.GetElapsedTime(begin) < Deadline, $"process {pid} did not come into the state that was asked for; last seen: {record}");
        }
    }

    /// <summary>Ends it and waits until it is gone.</summary>
    internal void End()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            End();
        _process.Dispose();
    }

    private static async Task<Specimen> StartAsync(string program, string[] arguments)
    {
        Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var specimen = new Specimen(process);
        await specimen.AwaitByteAsync();
        return specimen;
    }

    private static string Compile(string source)
    {
        string directory = Directory.CreateTempSubdirectory("orphan-agent-tests-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        string program = Path.Combine(directory, Path.GetFileNameWithoutExtension(source));
        using Process gcc = Process.Start("gcc", ["-O1", "-pthread", "-o", program, Path.Combine(AppContext.BaseDirectory, source)]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return program;
    }
}
