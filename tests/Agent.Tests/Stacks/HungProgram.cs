using System.Diagnostics;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;
using StackFrame = OrphanBoard.Agent.Stacks.StackFrame;

namespace OrphanBoard.Agent.Tests.Stacks;

/// <summary>A program that hangs where its source says HERE, with a pipe to its stdin and one from its stdout.</summary>
internal sealed class HungProgram : IDisposable
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private readonly Process _process;

    private HungProgram(Process process, string source) => (_process, Source) = (process, source);

    internal string Source { get; }

    internal int Pid => _process.Id;

    internal bool Lives => !_process.HasExited;

    internal StackTarget Target => new(Pid, "hung", []);

    /// <summary>Compiles and starts hung.c. Its threads but the first hang.</summary>
    internal static async Task<HungProgram> StartNativeAsync(TemporaryDirectory directory)
    {
        string source = SourceOf("hung.c");
        return await StartAsync(source, Compile(source, Path.Combine(directory.Path, "hung")), [], hangs: 3);
    }

    /// <summary>Starts a script.</summary>
    internal static async Task<HungProgram> StartScriptAsync(string interpreter, string script, params string[] arguments) =>
        await StartAsync(SourceOf(script), interpreter, [SourceOf(script), .. arguments], hangs: 1);

    internal static string SourceOf(string name) => Path.Combine(AppContext.BaseDirectory, "Stacks", name);

    internal static string Compile(string source, string program)
    {
        using Process gcc = Process.Start("gcc", ["-g", "-pthread", "-o", program, source]);
        gcc.WaitForExit();
        Assert.Equal(0, gcc.ExitCode);
        return program;
    }

    /// <summary>Where it hangs, as a tool is to tell it.</summary>
    internal StackFrame Place(string function, string mark = "HERE") => new(function, Source, Array.FindIndex(File.ReadAllLines(Source), line => line.EndsWith(mark, StringComparison.Ordinal)) + 1);

    /// <summary>Waits until its first thread sits in one of these calls: between its byte and the block lies a moment.</summary>
    internal void WaitUntilIn(params SystemCall[] calls)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!(TargetFacts.Of(Pid)?.Call is { Status: BlockedCallStatus.InCall } call && SystemCallTable.TryGet(Machine.Uname().Architecture, call.Number, out SystemCall name) && calls.Contains(name)))
            Assert.True(Stopwatch.GetElapsedTime(begin) < Deadline, "it did not come to block");
    }

    /// <summary>That it goes on: it answers a byte.</summary>
    internal async Task AssertAnswersAsync(char with = 'a')
    {
        await _process.StandardInput.WriteAsync("x");
        await _process.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal(with, await NextAsync());
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task<HungProgram> StartAsync(string source, string program, string[] arguments, int hangs)
    {
        Process process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var hung = new HungProgram(process, source);
        for (int i = 0; i < hangs; i++)
            Assert.Equal('r', await hung.NextAsync());
        return hung;
    }

    private async Task<char> NextAsync()
    {
        byte[] one = new byte[1];
        int read = await _process.StandardOutput.BaseStream.ReadAsync(one, TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline, TestContext.Current.CancellationToken);
        return read == 1 ? (char)one[0] : '\0';
    }
}
