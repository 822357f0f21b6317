using System.Globalization;
using OrphanBoard.Bench.Measuring;
using OrphanBoard.Bench.Running;

namespace OrphanBoard.Bench.Bars;

/// <summary><c>orphan-agent scan</c> as one waits for it.</summary>
internal static class OrdinaryMachineBar
{
    private const int Processes = 200;

    internal static void Measure(BenchRun bench)
    {
        // The load's first process and zoo-keeper are processes too.
        int missing = Math.Max(0, (Processes - UserProcesses() - 2) / 10 * 10);
        using Load load = Load.Start(bench.Places, missing, missing / 50);
        string name = $"scan, start to exit, machine of {UserProcesses()} processes";
        foreach (string backEnd in bench.BackEndsAndChoice)
        {
            (Samples? wall, string whyNot) = ScanBars.Scan(bench, backEnd, ran => ran.WallMs);
            bench.Table.Add(wall is null
                ? Bar.Skipped("ordinary", name, backEnd, "ms", 500, false, whyNot)
                : Bar.AtMost("ordinary", name, backEnd, wall, "ms", 500));
        }
    }

    /// <summary>Kernel threads are children of kthreadd, pid 2, and no processes to look at.</summary>
    private static int UserProcesses() => Directory.GetDirectories("/proc").Count(directory =>
    {
        if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid) || pid == 2)
            return false;
        try
        {
            string stat = File.ReadAllText($"{directory}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] != "2";
        }
        catch (IOException)
        {
            return false;
        }
    });
}
