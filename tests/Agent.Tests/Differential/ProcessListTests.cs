using System.Globalization;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Agent.Tests.Commands;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Differential;

/// <summary>The list of processes is that of ps -e; each difference has a reason, and a process without a reason fails the test.</summary>
public sealed class ProcessListTests
{
    private static readonly IReadOnlySet<int> Nobody = new HashSet<int>();

    public static TheoryData<BackendKind> BackEnds => [.. BackendsHere.All];

    [Theory]
    [MemberData(nameof(BackEnds))]
    public async Task Look_WholeHost_IsTheListOfPs(BackendKind backEnd)
    {
        await using StillLoad load = await StillLoad.StartAsync(40, TestContext.Current.CancellationToken);
        using HostLooker looker = BackendsHere.Open(backEnd);

        // A look on either side of ps: who is in both of them was there when ps looked.
        Dictionary<int, ProcessRecord> before = looker.Look(Nobody).Processes.ToDictionary(process => process.Pid);
        Ran ps = await AgentProgram.RunProgramAsync("ps", [], ["-eo", "pid,ppid,comm", "--no-headers"]);
        Snapshot after = looker.Look(Nobody);

        Dictionary<int, PsLine> told = ps.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(PsLine.Parse).ToDictionary(line => line.Pid);
        List<ProcessRecord> throughout = [.. after.Processes.Where(process => before.TryGetValue(process.Pid, out ProcessRecord? known) && known.Key == process.Key)];
        Assert.Subset(throughout.Select(process => process.Pid).ToHashSet(), load.Pids.ToHashSet());
        Assert.All(throughout, process =>
        {
            Assert.True(told.TryGetValue(process.Pid, out PsLine line), $"ps does not tell of {process.Pid} ({process.Comm})");
            Assert.True(IsSame(process, before[process.Pid], line), $"ps tells {line}, the look {(process.Pid, process.Ppid, process.Comm)}");
        });
        HashSet<int> looked = [.. throughout.Select(process => process.Pid)];
        Assert.DoesNotContain(told.Values, line => !looked.Contains(line.Pid) && ReasonFor(line, before, after) is null);
    }

    /// <summary>A parent can exit and a name can change between the looks: then ps may tell either.</summary>
    private static bool IsSame(ProcessRecord process, ProcessRecord earlier, PsLine line) =>
        (line.Ppid == process.Ppid || line.Ppid == earlier.Ppid) && (IsSpelled(process.Comm, line) || IsSpelled(earlier.Comm, line));

    /// <summary>ps shows what is not printable as a question mark, or escaped, and adds to the name of a zombie that it is one.</summary>
    private static bool IsSpelled(string comm, PsLine line) =>
        line.Comm == comm || line.Comm == $"{comm} <defunct>" || comm.Any(letter => letter is < ' ' or > '~');

    /// <summary>Why ps tells of a process that is not in both looks; null for no good reason.</summary>
    private static string? ReasonFor(PsLine line, Dictionary<int, ProcessRecord> before, Snapshot after)
    {
        const int KernelThreads = 2;
        if (line.Pid == KernelThreads || line.Ppid == KernelThreads)
            return "kernel threads are left out";
        bool ended = after.Processes.All(process => process.Pid != line.Pid);
        if (before.ContainsKey(line.Pid))
            return ended ? "it ended between ps and the second look" : null;
        if (!ended)
            return "it was born between the first look and ps";
        // ps itself is one of these.
        return IsGone(line.Pid, after) ? "it lived between the two looks only" : null;
    }

    /// <summary>Whether the pid is free, or belongs to a process that started after that look did.</summary>
    private static bool IsGone(int pid, Snapshot look)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{pid}/stat");
            ulong started = ulong.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19], CultureInfo.InvariantCulture);
            return started >= look.Uptime.TotalSeconds * look.Host.ClockTicksPerSecond;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private readonly record struct PsLine(int Pid, int Ppid, string Comm)
    {
        internal static PsLine Parse(string line)
        {
            string[] parts = line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
            return new PsLine(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture), parts.ElementAtOrDefault(2) ?? "");
        }
    }
}
