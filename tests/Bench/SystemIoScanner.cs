using System.Globalization;

namespace OrphanBoard.Bench;

/// <summary>
/// The baseline: a look at all processes, their threads, their fds and who holds which pipe, as one writes it with System.IO in half an
/// hour. It is measured against; nothing else uses it.
/// </summary>
internal static class SystemIoScanner
{
    internal sealed record ScannedThread(int Tid, string Stat, string Wchan, string Syscall);

    internal sealed record ScannedProcess(int Pid, string Stat, string Status, List<ScannedThread> Threads, List<(int Fd, string Target)> Fds);

    internal sealed record Scan(List<ScannedProcess> Processes, Dictionary<long, List<(int Pid, int Fd)>> Pipes);

    internal static Scan Look()
    {
        var scan = new Scan([], []);
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
                continue;
            try
            {
                ScannedProcess process = Read(pid, directory);
                scan.Processes.Add(process);
                Join(process, scan.Pipes);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was read, or is not for us to read.
            }
        }
        return scan;
    }

    private static ScannedProcess Read(int pid, string directory)
    {
        var process = new ScannedProcess(pid, File.ReadAllText($"{directory}/stat"), File.ReadAllText($"{directory}/status"), [], []);
        foreach (string task in Directory.EnumerateDirectories($"{directory}/task"))
        {
            process.Threads.Add(new ScannedThread(
                int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture),
                File.ReadAllText($"{task}/stat"),
                TextOf($"{task}/wchan"),
                TextOf($"{task}/syscall")));
        }
        foreach (string link in Directory.EnumerateFileSystemEntries($"{directory}/fd"))
        {
            if (new FileInfo(link).LinkTarget is { } target)
                process.Fds.Add((int.Parse(Path.GetFileName(link), CultureInfo.InvariantCulture), target));
        }
        return process;
    }

    private static string TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static void Join(ScannedProcess process, Dictionary<long, List<(int Pid, int Fd)>> pipes)
    {
        foreach ((int fd, string target) in process.Fds)
        {
            if (!target.StartsWith("pipe:[", StringComparison.Ordinal) || !long.TryParse(target.AsSpan(6, target.Length - 7), out long inode))
                continue;
            if (!pipes.TryGetValue(inode, out List<(int Pid, int Fd)>? holders))
                pipes[inode] = holders = [];
            holders.Add((process.Pid, fd));
        }
    }
}
