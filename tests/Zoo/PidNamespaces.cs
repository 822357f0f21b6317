using System.Globalization;

namespace OrphanBoard.Zoo;

/// <summary>Pids as the host has them, of those who are in a pid namespace of their own.</summary>
internal static class PidNamespaces
{
    /// <summary>By the pid in the namespace: who is below a process, and in another namespace than the host's [/proc/PID/status NSpid].</summary>
    public static Dictionary<int, int> Below(int ancestor)
    {
        Dictionary<int, int> parents = [], numbers = [];
        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path[^1])))
        {
            try
            {
                int pid = int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
                string[] lines = File.ReadAllLines($"{folder}/status");
                parents[pid] = int.Parse(Words(lines, "PPid:")[1], CultureInfo.InvariantCulture);
                if (Words(lines, "NSpid:") is [_, _, .., var last] and { Length: > 2 })
                    numbers[pid] = int.Parse(last, CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // It has exited.
            }
        }
        return numbers.Where(number => IsBelow(number.Key)).ToDictionary(number => number.Value, number => number.Key);

        bool IsBelow(int pid) => parents.TryGetValue(pid, out int parent) && (parent == ancestor || IsBelow(parent));
    }

    private static string[] Words(string[] lines, string name) => lines.First(line => line.StartsWith(name, StringComparison.Ordinal)).Split((char[])['\t', ' '], StringSplitOptions.RemoveEmptyEntries);
}
