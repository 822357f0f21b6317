using System.Collections.Concurrent;
using System.Diagnostics;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>specimen.c or stuck.c as a real process, with a pipe to its stdin and one from its stdout.</summary>
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
    internal static async Task<Specimen> StartOfAsync(string source, params string[] arguments) => await StartAsync(ProgramOf(source), arguments, []);

    /// <summary>The same, with these variables added to its environment.</summary>
    internal static async Task<Specimen> StartInAsync((string Name, string Value)[] environment, params string[] arguments) =>
        await StartAsync(ProgramOf("specimen.c"), arguments, environment);

    /// <summary>Starts stuck.c: whoever reads of it is stuck too. Needs root and /dev/fuse.</summary>
    internal static async Task<Specimen> StartStuckAsync(params string[] arguments) => await StartOfAsync("stuck.c", arguments);

    private static string ProgramOf(string source) => Programs.GetOrAdd(source, name => new Lazy<string>(() => Compile(name))).Value;

    /// <summary>Lets it go on: writes a line to its stdin.</summary>
    internal void Nudge()
    {
        _process.StandardInput.Write('\n');
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for a further byte of it.</summary>
    internal async Task NextByteAsync()
    {
        byte[] one = new byte[1];
        int read = await _process.StandardOutput.BaseStream.ReadAsync(one, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
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

    /// <summary>A letter on its stdin.</summary>
    internal async Task TellAsync(char letter)
    {
        await _process.StandardInput.WriteAsync(letter);
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Ends it and leaves its children alone.</summary>
    internal void EndAlone()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    /// <summary>Ends what it left behind: its own child, known by pid and starttime.</summary>
    internal void EndOrphan(ProcessRecord child)
    {
        using Process orphan = Process.GetProcessById(child.Pid);
        Assert.NotEqual(_process.Id, orphan.Id);
        orphan.Kill();
    }

    /// <summary>Ends it and waits until it is gone. Its children end with it, by PR_SET_PDEATHSIG: to look for them could be what one of them blocks.</summary>
    internal void End()
    {
        _process.StandardInput.Close();
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            End();
        _process.Dispose();
    }

    /// <summary>Looks, with these as suspects, until the look is as it is asked for.</summary>
    internal Snapshot LookUntil(HostLooker looker, Func<Snapshot, bool> asked, params int[] others)
    {
        HashSet<int> suspects = [Pid, .. others];
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            Snapshot look = looker.Look(suspects);
            if (asked(look))
                return look;
            Assert.True(
                Stopwatch.GetElapsedTime(begin) < Deadline,
                $"the host did not come into the state that was asked for; last seen: {look.Processes.FirstOrDefault(p => p.Pid == Pid)}");
        }
    }

    internal ProcessRecord In(Snapshot look) => look.Processes.Single(p => p.Pid == Pid);

    internal IEnumerable<ProcessRecord> ChildrenIn(Snapshot look) => look.Processes.Where(p => p.Ppid == Pid);

    private static async Task<Specimen> StartAsync(string program, string[] arguments, (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        Process process = Process.Start(start)!;
        byte[] ready = new byte[1];
        int read = await process.StandardOutput.BaseStream.ReadAsync(ready, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        if (read == 1)
            return new Specimen(process);
        process.WaitForExit();
        throw new InvalidOperationException($"{Path.GetFileName(program)} {string.Join(' ', arguments)}: exit {process.ExitCode} before it was in place");
    }

    private static string Compile(string name)
    {
        string directory = Directory.CreateTempSubdirectory("orphan-agent-tests-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(directory, recursive: true);
        string program = Path.Combine(directory, Path.GetFileNameWithoutExtension(name));
        using Process gcc = Process.Start("gcc", ["-O1", "-pthread", "-o", program, Path.Combine(AppContext.BaseDirectory, name), "-lrt"]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return program;
    }
}
