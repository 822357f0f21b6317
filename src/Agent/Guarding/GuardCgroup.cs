using System.Globalization;
using System.Text;
using OrphanBoard.Agent.Procfs;

namespace OrphanBoard.Agent.Guarding;

/// <summary>
/// A cgroup (version 2) of the command's own, below the one that guard runs in: whatever is forked in it is in it, so that even who comes to life while the
/// tree is ended is ended too. Guard goes in, starts the command, and goes out again.
/// </summary>
internal sealed class GuardCgroup : IDisposable
{
    private const string Prefix = "orphanboard-guard-";

    private readonly string _parent;

    private GuardCgroup(string parent, string path) => (_parent, Path) = (parent, path);

    public string Path { get; }

    /// <summary>Null where none may be made: version 1 alone, no write access. Guard is in it then.</summary>
    public static GuardCgroup? TryEnter()
    {
        try
        {
            if (MountinfoFile.Cgroup2(File.ReadAllBytes("/proc/self/mountinfo")) is not { } mount || CgroupFile.Path(File.ReadAllBytes("/proc/self/cgroup")) is not { IsEmpty: false } own)
                return null;
            string parent = mount + Encoding.UTF8.GetString(own).TrimEnd('/');
            RemoveLeftOver(parent);
            string path = System.IO.Path.Combine(parent, Prefix + Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
            Directory.CreateDirectory(path);
            var group = new GuardCgroup(parent, path);
            if (Move(path))
                return group;
            group.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
        return null;
    }

    public void Leave() => Move(_parent);

    /// <summary>SIGKILL to all that are in it.</summary>
    public void End() => TryWrite(System.IO.Path.Combine(Path, "cgroup.kill"), "1"); // Linux 5.14

    /// <summary>Removes it; one that somebody is in stays.</summary>
    public void Dispose() => Remove(Path);

    /// <summary>Those of guards that were killed, once nobody is in them any more.</summary>
    private static void RemoveLeftOver(string parent)
    {
        foreach (string path in Directory.EnumerateDirectories(parent, Prefix + "*"))
        {
            if (!Directory.Exists("/proc/" + System.IO.Path.GetFileName(path)[Prefix.Length..]))
                Remove(path);
        }
    }

    private static bool Move(string group) => TryWrite(System.IO.Path.Combine(group, "cgroup.procs"), "0");

    private static bool TryWrite(string path, string text)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite, 0);
            file.Write(Encoding.ASCII.GetBytes(text));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }
}
