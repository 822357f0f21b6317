using System.Globalization;

namespace OrphanBoard.Bench.Measuring;

/// <summary>A running process and its descendants, from outside: what they have used so far.</summary>
/// <param name="CpuMs">CPU time of them and of their children that were waited for: utime, stime, cutime and cstime of stat, 10 ms exact.</param>
/// <param name="RssKb">VmRSS of the first process.</param>
/// <param name="PssKb">Pss of the first process (smaps_rollup); 0 where it may not be read.</param>
/// <param name="Fds">Open file descriptors of the first process.</param>
/// <param name="HelperRssKb">VmRSS of each descendant.</param>
internal sealed record ProcessFamily(double CpuMs, long RssKb, long PssKb, int Fds, IReadOnlyList<long> HelperRssKb)
{
    /// <summary>USER_HZ, the unit of stat's times: 100 on every architecture that .NET runs on.</summary>
    private const double MsPerTick = 10;

    /// <exception cref="IOException">It has ended.</exception>
    internal static ProcessFamily Of(int pid)
    {
        double cpu = CpuOf(pid);
        List<long> helpers = [];
        foreach (int descendant in DescendantsOf(pid))
        {
            try
            {
                cpu += CpuOf(descendant);
                helpers.Add(Field($"/proc/{descendant}/status", "VmRSS:"));
            }
            catch (IOException)
            {
                // It has ended, and is in its parent's cutime from now on.
            }
        }
        return new ProcessFamily(
            cpu,
            Field($"/proc/{pid}/status", "VmRSS:"),
            File.Exists($"/proc/{pid}/smaps_rollup") ? Field($"/proc/{pid}/smaps_rollup", "Pss:") : 0,
            Directory.GetFileSystemEntries($"/proc/{pid}/fd").Length,
            helpers);
    }

    /// <summary>The numbers of its children, theirs and so on.</summary>
    internal static IEnumerable<int> DescendantsOf(int pid)
    {
        foreach (int child in ChildrenOf(pid))
        {
            yield return child;
            foreach (int descendant in DescendantsOf(child))
                yield return descendant;
        }
    }

    /// <summary>From the files <c>children</c> of its threads.</summary>
    internal static IEnumerable<int> ChildrenOf(int pid) => TasksOf(pid)
        .SelectMany(task => TextOf($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Select(child => int.Parse(child, CultureInfo.InvariantCulture));

    /// <summary>Whether a process runs this file.</summary>
    internal static bool Runs(int pid, string program) => new FileInfo($"/proc/{pid}/exe").LinkTarget == program;

    /// <summary>CPU time of one process alone, 10 ms exact.</summary>
    /// <exception cref="IOException">It has ended.</exception>
    internal static double OwnCpuMs(int pid) => TimesOf(pid)[..2].Sum() * MsPerTick;

    private static string[] TasksOf(int pid)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{pid}/task");
        }
        catch (IOException)
        {
            return [];
        }
    }

    private static string TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static double CpuOf(int pid) => TimesOf(pid).Sum() * MsPerTick;

    /// <summary>Fields 14 to 17 of stat, counted after the name's last bracket: utime, stime, cutime and cstime.</summary>
    private static double[] TimesOf(int pid)
    {
        string stat = File.ReadAllText($"/proc/{pid}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return [.. fields[11..15].Select(field => double.Parse(field, CultureInfo.InvariantCulture))];
    }

    /// <summary>The number of a line such as <c>VmRSS:     1234 kB</c>; 0 where there is none.</summary>
    private static long Field(string path, string name)
    {
        string? line = File.ReadLines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);
    }
}
