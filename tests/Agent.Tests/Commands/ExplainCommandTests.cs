using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using OrphanBoard.Agent.Commands;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Diagnosis;

namespace OrphanBoard.Agent.Tests.Commands;

/// <summary>The command on real processes, through each back end that works here.</summary>
public sealed partial class ExplainCommandTests
{
    public static TheoryData<string> Backends => [.. BackendsHere.All.Select(BackendProbe.NameOf)];

    [Theory]
    [MemberData(nameof(Backends))]
    public async Task Explain_ReaderOfAPipe_NamesTheHolderOfItsWriteEnd(string backend)
    {
        using Process cat = await StartCatAsync();
        using var end = new EndOf(cat);

        Ran ran = await AgentProgram.RunAsync("explain", $"{cat.Id}", "--backend", backend);

        Assert.Equal((0, ""), (ran.Exit, ran.Error));
        string[] lines = ran.Text.Split('\n');
        Assert.Matches($@"^cat \({cat.Id}\) reads pipe \d+ \(fd 0\) to its end\.$", lines[0]);
        Assert.Matches($@"^  Its write end is open at fd \d+ of .* \({Environment.ProcessId}\)\.$", lines[1]);
        // Whose other end this test has: it is told next, and it runs.
        Assert.Contains($"({Environment.ProcessId})", string.Join('\n', lines[2..]), StringComparison.Ordinal);
    }

    [Fact]
    public void Write_Explanation_IsOneSentenceALine()
    {
        using var output = new StringWriter { NewLine = "\n" };

        ExplainCommand.Write(output, new Explanation(7, true, [new Hop(7, "a", ["a (7) waits for b (8).", "It has a timeout."]), new Hop(8, "b", ["b (8) runs."])], 3, "a (7) is not hung.", null));

        Assert.Equal(
            """
            a (7) waits for b (8).
              It has a timeout.
            b (8) runs.
            What these wait for leads to 3 more processes, which are not told.
            a (7) is not hung.

            """,
            output.ToString());
    }

    [Fact]
    public async Task Explain_Json_IsOneObjectInTheDocumentedForm()
    {
        using Process cat = await StartCatAsync();
        using var end = new EndOf(cat);

        Ran ran = await AgentProgram.RunAsync("explain", $"{cat.Id}", "--json");

        Assert.StartsWith("{\"schema\":\"orphanboard.explain/1\",", ran.Text, StringComparison.Ordinal);
        using JsonDocument json = JsonDocument.Parse(ran.Text);
        JsonElement root = json.RootElement;
        Assert.Equal(
            ["schema", "pid", "found", "hops", "notTold", "verdict", "finding"],
            root.EnumerateObject().Select(field => field.Name));
        JsonElement hop = root.GetProperty("hops")[0];
        Assert.Equal((cat.Id, "cat"), (hop.GetProperty("pid").GetInt32(), hop.GetProperty("comm").GetString()));
        Assert.NotEqual(0, hop.GetProperty("sentences").GetArrayLength());
    }

    [Fact]
    public async Task Explain_Exited_IsSaidInOneLine()
    {
        using Process cat = await StartCatAsync();
        int pid = cat.Id;
        cat.StandardInput.Close();
        await cat.WaitForExitAsync(TestContext.Current.CancellationToken);

        Ran ran = await AgentProgram.RunAsync("explain", $"{pid}");

        Assert.Equal((1, "", $"orphan-agent: explain: there is no process {pid}\n"), (ran.Exit, ran.Text, ran.Error));
    }

    [Fact]
    public async Task Explain_NumberOfAThread_NamesTheProcess()
    {
        // One of the test's own, which is there until it is told to end: those of the runtime come and go.
        var tid = new TaskCompletionSource<int>();
        using var over = new SemaphoreSlim(0);
        var stays = new Thread(() =>
        {
            tid.SetResult(gettid());
            over.Wait();
        })
        { IsBackground = true };
        stays.Start();
        int thread = await tid.Task;

        Ran ran = await AgentProgram.RunAsync("explain", $"{thread}");
        over.Release();
        stays.Join();

        Assert.Equal((1, ""), (ran.Exit, ran.Text));
        Assert.Contains($"{thread} is a thread of process {Environment.ProcessId} (", ran.Error, StringComparison.Ordinal);
    }

    /// <summary>It has said that it is in place: it answered.</summary>
    private static async Task<Process> StartCatAsync()
    {
        Process cat = Process.Start(new ProcessStartInfo("cat") { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        await cat.StandardInput.WriteLineAsync("ready");
        await cat.StandardInput.FlushAsync(TestContext.Current.CancellationToken);
        Assert.Equal("ready", await cat.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        return cat;
    }

    private sealed class EndOf(Process process) : IDisposable
    {
        public void Dispose() => process.Kill();
    }

    [LibraryImport("libc")]
    private static partial int gettid();
}
