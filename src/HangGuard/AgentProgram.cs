using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace OrphanBoard;

/// <summary>The program orphan-agent, asked about this process.</summary>
internal static class AgentProgram
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>What this process waits for; where that cannot be told, why.</summary>
    internal static async Task<string> ExplainThisProcess()
    {
        (_, string said, string complaint) = await Run("explain", OwnPid).ConfigureAwait(false);
        return said.Length > 0 ? said : complaint;
    }

    /// <summary>What is found among this process and those below it, or null.</summary>
    /// <exception cref="InvalidOperationException">It could not be asked; says why.</exception>
    internal static async Task<string?> FindInThisProcess()
    {
        (int exit, string report, string complaint) = await Run("scan", "--json", "--min-wait", "0", "--pid", OwnPid).ConfigureAwait(false);
        if (exit is not (0 or 3))
            throw new InvalidOperationException($"orphan-agent scan failed: {complaint}");
        using JsonDocument document = JsonDocument.Parse(report);
        string[] found = [.. document.RootElement.GetProperty("findings").EnumerateArray().Select(InWords)];
        return found.Length == 0 ? null : string.Join(Environment.NewLine, found);
    }

    private static string OwnPid => Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private static string InWords(JsonElement finding) => string.Join(
        Environment.NewLine,
        [
            $"{finding.GetProperty("class").GetString()}, {finding.GetProperty("confidence").GetString()}: {finding.GetProperty("rule").GetString()}",
            .. finding.GetProperty("explanation").EnumerateArray().Select(sentence => $"  {sentence.GetString()}"),
        ]);

    private static async Task<(int Exit, string Said, string Complaint)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("ORPHAN_AGENT") is { Length: > 0 } path ? path : "orphan-agent", arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process? started;
        try
        {
            started = Process.Start(start);
        }
        catch (Win32Exception e)
        {
            return (-1, "", $"orphan-agent could not be run ({e.Message}); put it in PATH, or its path in ORPHAN_AGENT");
        }
        using Process agent = started!;
        agent.StandardInput.Close();
        using var over = new CancellationTokenSource(Limit);
        try
        {
            Task<string> said = agent.StandardOutput.ReadToEndAsync(over.Token), complaint = agent.StandardError.ReadToEndAsync(over.Token);
            await agent.WaitForExitAsync(over.Token).ConfigureAwait(false);
            return (agent.ExitCode, await said.ConfigureAwait(false), await complaint.ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            agent.Kill();
            return (-1, "", $"orphan-agent did not answer within {Limit.TotalSeconds:0} s");
        }
    }
}
