using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using NJsonSchema;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Zoo;

/// <summary>The real agent as a program.</summary>
internal static class Agent
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>NJsonSchema follows references under the name that <c>$defs</c> had before draft 2019-09.</summary>
    private static readonly Lazy<Task<JsonSchema>> Schema =
        new(async () => await JsonSchema.FromJsonAsync((await File.ReadAllTextAsync(Places.Schema)).Replace("$defs", "definitions", StringComparison.Ordinal)));

    /// <summary>
    /// One <c>scan --json</c>; with <paramref name="pid"/> the findings that involve this process or its descendants.
    /// Checks what holds for every scan: the schema, the exit code, nothing on stderr.
    /// </summary>
    public static async Task<ScanReport> ScanAsync(int? pid, CancellationToken cancellation, string? backend = null, string minimumWait = "0")
    {
        string[] filter = [.. pid is { } number ? ["--pid", number.ToString()] : Array.Empty<string>(), .. backend is null ? Array.Empty<string>() : ["--backend", backend]];
        using Process process = Process.Start(StartInfo(filter, minimumWait))!;
        using var limited = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limited.CancelAfter(Deadline);
        Task<string> said = process.StandardError.ReadToEndAsync(limited.Token);
        string json = await process.StandardOutput.ReadToEndAsync(limited.Token);
        await process.WaitForExitAsync(limited.Token);

        Assert.Equal("", await said);
        Assert.Empty((await Schema.Value).Validate(json));
        ScanReport report = JsonSerializer.Deserialize(json, FindingJson.Default.ScanReport)!;
        Assert.Equal(report.Findings.Any(finding => finding.Class != FindingClass.Hazard) ? 3 : 0, process.ExitCode);
        return report;
    }

    /// <summary>What a process waits for, for the message of a test that failed.</summary>
    public static async Task<string> ExplainAsync(int pid)
    {
        ProcessStartInfo start = StartInfo([]);
        start.ArgumentList.Clear();
        foreach (string word in (string[])["explain", $"{pid}"])
            start.ArgumentList.Add(word);
        using Process process = Process.Start(start)!;
        string[] said = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        return string.Concat(said);
    }

    private static readonly ConcurrentDictionary<string, bool> Working = [];

    /// <summary>Whether this back end works on this machine, for this user.</summary>
    public static async Task<bool> WorksAsync(string backend, CancellationToken cancellation)
    {
        if (!Working.TryGetValue(backend, out bool works))
        {
            using Process process = Process.Start(StartInfo(["--pid", Environment.ProcessId.ToString(), "--backend", backend]))!;
            await Task.WhenAll(process.StandardOutput.ReadToEndAsync(cancellation), process.StandardError.ReadToEndAsync(cancellation));
            await process.WaitForExitAsync(cancellation);
            Working[backend] = works = process.ExitCode is 0 or 3;
        }
        return works;
    }

    private static ProcessStartInfo StartInfo(string[] filter, string minimumWait = "0")
    {
        var start = new ProcessStartInfo(Places.Agent(), ["scan", "--json", "--min-wait", minimumWait, .. filter])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        SetUp(start, Path.GetTempPath());
        return start;
    }

    /// <summary>What the agent needs to run, and where it keeps what it remembers; it is not told of a CI that these tests may run in.</summary>
    public static void SetUp(ProcessStartInfo start, string state)
    {
        start.Environment["DOTNET_ROOT"] = Path.GetFullPath("../../..", Path.GetDirectoryName(typeof(object).Assembly.Location)!);
        start.Environment["XDG_STATE_HOME"] = state;
        start.Environment.Remove("GITHUB_ACTIONS");
    }

    /// <summary>
    /// Scans until the specimen's findings are what <paramref name="told"/> asks for, or the deadline is over; the last findings.
    /// An orphan counts as one only after 5 s, and the last thread blocks a moment after it has announced so.
    /// </summary>
    public static async Task<ImmutableArray<Finding>> ScanUntilAsync(int? pid, Func<ImmutableArray<Finding>, bool> told, CancellationToken cancellation, string? backend = null, TimeSpan? patience = null, string minimumWait = "0")
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            ImmutableArray<Finding> findings = (await ScanAsync(pid, cancellation, backend, minimumWait)).Findings;
            if (told(findings) || Stopwatch.GetElapsedTime(begin) > (patience ?? Deadline))
                return findings;
        }
    }
}
