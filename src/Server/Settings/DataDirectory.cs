using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace OrphanBoard.Server.Settings;

/// <summary>
/// The data directory, held by this process alone as long as this object lives. Made with mode 0700; the token files in it 0600.
/// </summary>
public sealed partial class DataDirectory : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>errno EAGAIN (EWOULDBLOCK): what flock(2) says of a lock that another process has.</summary>
    private const int Eagain = 11;
    private readonly FileStream _lock;

    private DataDirectory(string path, FileStream held)
    {
        Root = path;
        _lock = held;
        ApiToken = ReadOrMakeToken("api-token", "ob_api_");
        AgentToken = ReadOrMakeToken("agent-token", "ob_agent_");
    }

    public string Root { get; }

    /// <summary>Admin token of the REST API, the same over restarts.</summary>
    public string ApiToken { get; }

    /// <summary>Token of agents.</summary>
    public string AgentToken { get; }

    public string DatabaseFile => Path.Combine(Root, "orphanboard.db");

    /// <summary>Directory of the keys that protect cookies.</summary>
    public string KeyDirectory => Path.Combine(Root, "keys");

    /// <summary>
    /// umask(2): whatever this process makes from now on is the owner's alone. SQLite and the keys choose their modes themselves, and the directory may have
    /// been there before, open to others.
    /// </summary>
    public static void KeepFilesToOwner() => _ = umask(0b000_111_111);

    /// <exception cref="SettingsException">It cannot be made or written, or another server holds it.</exception>
    public static DataDirectory Open(string path)
    {
        try
        {
            Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
            return new DataDirectory(path, Lock(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"cannot use the data directory {path}: {e.Message.ReplaceLineEndings(" ")} Name another one with --data DIR.");
        }
    }

    /// <summary>Says in the file <c>server.url</c> where the server can be reached: scripts wait for it when the port was left to the system.</summary>
    /// <exception cref="SettingsException">It cannot be written.</exception>
    public void PublishAddress(Uri address)
    {
        try
        {
            Write(Path.Combine(Root, "server.url"), address.GetLeftPart(UriPartial.Authority) + "\n");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException($"cannot write server.url in the data directory {Root}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>FileShare.None is flock(2) LOCK_EX: the kernel lets go of it however this process ends.</summary>
    private static FileStream Lock(string path)
    {
        string lockFile = Path.Combine(path, "lock");
        string pidFile = Path.Combine(path, "server.pid");
        FileStream held;
        try
        {
            held = new FileStream(lockFile, NewFile(FileMode.OpenOrCreate, FileShare.None, FileAccess.ReadWrite));
        }
        catch (IOException e) when (e.HResult == Eagain)
        {
            string pid = File.Exists(pidFile) ? File.ReadAllText(pidFile).Trim() : "unknown";
            throw new SettingsException($"already running (pid {pid}) on the data directory {path}: stop it, or name another one with --data DIR");
        }
        Write(pidFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n");
        return held;
    }

    private string ReadOrMakeToken(string name, string prefix)
    {
        string path = Path.Combine(Root, name);
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: >= 32 } token)
        {
            File.SetUnixFileMode(path, OwnerOnly);
            return token;
        }
        token = prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
        Write(path, token + "\n");
        return token;
    }

    /// <summary>Whole or not at all: written aside, then renamed.</summary>
    private static void Write(string path, string text)
    {
        string aside = path + ".new";
        File.Delete(aside);
        using (var file = new FileStream(aside, NewFile(FileMode.CreateNew, FileShare.None, FileAccess.Write)))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        File.Move(aside, path, overwrite: true);
    }

    private static FileStreamOptions NewFile(FileMode mode, FileShare share, FileAccess access)
    {
        var options = new FileStreamOptions { Mode = mode, Share = share, Access = access };
        if (mode is FileMode.CreateNew or FileMode.OpenOrCreate)
            options.UnixCreateMode = OwnerOnly;
        return options;
    }

    [LibraryImport("libc")]
    private static partial uint umask(uint mask);
}
