using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Captures;

/// <summary>
/// Replaces every name that people gave (host, users, programs, arguments, threads, files, cgroups) by a pseudonym. What was equal stays equal
/// within one capture, both in itself and as fingerprints see it, so rule, participants, culprit and the structure of the shape stay as they were.
/// Pids, inodes, fds, addresses, times and names of the kernel stay.
/// </summary>
/// <param name="key">
/// Of the keyed hash that pseudonyms are made of. Random and thrown away: without it nobody can try guesses, and no two captures can be joined.
/// </param>
public sealed partial class CaptureRedaction(byte[] key)
{
    private const uint NoUser = uint.MaxValue;
    private const string Deleted = " (deleted)";

    // Neither digits nor hexadecimal letters: name normalisation, which takes out what looks like a number or a hash, leaves it alone.
    private const string Letters = "ghijkmnopqrstuvw";

    private readonly Dictionary<uint, uint> _users = new() { [0] = 0, [NoUser] = NoUser };

    public Capture Redact(Capture capture) =>
        capture with { Redacted = true, First = Look(capture.First), Last = Look(capture.Last) };

    private Snapshot Look(Snapshot look) => look with
    {
        Host = Host(look.Host),
        Processes = [.. look.Processes.Select(Process)],
        UnixListeners = [.. look.UnixListeners.Select(listener => listener with { Path = Listener(listener.Path) })],
        Sockets = look.Sockets is { } sockets ? [.. sockets.Select(Socket)] : null,
        SharedObjects = look.SharedObjects is { } shared ? [.. shared.Select(item => item with { Name = File(item.Name) })] : null,
        SysvObjects = look.SysvObjects is { } objects ? [.. objects.Select(item => item with { Key = SysvKey(item.Key) })] : null,
        GivenToCommand = look.GivenToCommand is { } given ? [.. given.Select(Fd)] : null,
        Births = [.. look.Births.Select(birth => birth with { ParentComm = birth.ParentComm is { } comm ? Name(NameNormalizer.Of(null, comm)) : null })],
    };

    private HostIdentity Host(HostIdentity host) => host with
    {
        Id = Convert.ToHexStringLower(Hash("host id", host.Id))[..32],
        Name = Pseudonym("host-", "host name", host.Name),
        BootId = new Guid(Hash("boot", host.BootId).AsSpan(0, 16)).ToString(),
        // What follows the numbers is whatever the builder called it.
        Kernel = ReleaseNumbers().Match(host.Kernel).Value,
    };

    private ProcessRecord Process(ProcessRecord process) => process with
    {
        Comm = Name(NameNormalizer.Of(null, process.Comm)),
        Uid = User(process.Uid),
        Cmdline = process.Cmdline is { } cmdline ? Cmdline(cmdline, process.Comm) : null,
        Exe = process.Exe is { } exe ? File(exe) : null,
        Cgroup = process.Cgroup is { } cgroup and not "/" ? Pseudonym("/g-", "cgroup", cgroup) : process.Cgroup,
        ContainerId = process.ContainerId is { } container ? Pseudonym("c-", "container", container) : null,
        JobCookies = process.JobCookies is { } cookies ? [.. cookies.Select(cookie => cookie with { Value = Pseudonym("j-", "job", cookie.Value) })] : null,
        Threads = [.. process.Threads.Select(Thread)],
        Fds = [.. process.Fds.Select(Fd)],
    };

    private ThreadRecord Thread(ThreadRecord thread) => thread with
    {
        Comm = ThreadName(thread.Comm),
        Memory = thread.Memory is { Path: { } path } memory ? memory with { Path = File(path) } : thread.Memory,
        Fds = thread.Fds is { } own ? [.. own.Select(Fd)] : null,
    };

    private FileDescriptor Fd(FileDescriptor fd) => fd with { Target = fd.Target with { Text = Target(fd.Target.Text) } };

    /// <summary>The first argument becomes the name that a fingerprint would see, the others what it would see of them.</summary>
    private ImmutableArray<string> Cmdline(ImmutableArray<string> cmdline, string comm) => cmdline.IsEmpty
        ? cmdline
        : [Name(NameNormalizer.Of(cmdline, comm)), .. cmdline.Skip(1).Select(argument => Pseudonym("a-", "argument", NameNormalizer.Argument(argument)))];

    private string Name(string name) => Pseudonym("p-", "name", name);

    /// <summary>By its threads a runtime is known, and that it keeps duplicates of its own stdio. Their names are the runtime's and tell nothing of the program.</summary>
    private string ThreadName(string comm) =>
        RuntimeData.Default.NamesThread(comm) ? comm
        : RuntimeData.Default.ConsoleDuplicates.FirstOrDefault(prefix => comm.StartsWith(prefix, StringComparison.Ordinal)) is { } runtime
            ? Pseudonym($"{runtime}-", "name", NameNormalizer.Argument(comm))
            : Name(NameNormalizer.Argument(comm));

    private string Target(string text) =>
        text.StartsWith('/') ? File(text) : text == FdTarget.Unreadable.Text || KernelObject().IsMatch(text) ? text : Pseudonym("f-", "file", text);

    private string File(string path) =>
        Device().IsMatch(path) ? path
        : RuntimeData.Default.OwnMemory.FirstOrDefault(prefix => path.StartsWith(prefix, StringComparison.Ordinal)) is { } own ? own + Pseudonym("f-", "file", path)
        : path.EndsWith(Deleted, StringComparison.Ordinal) ? Pseudonym("/f-", "file", path[..^Deleted.Length]) + Deleted
        : Pseudonym("/f-", "file", path);

    /// <summary>Whether it is a socket for a runtime's own tools stays to be seen, and whether it is abstract.</summary>
    private string Listener(string path) =>
        (path.StartsWith('@') ? "@" : "")
        + (RuntimeData.Default.OwnListeners.FirstOrDefault(part => path.Contains(part, StringComparison.Ordinal)) ?? "/")
        + Pseudonym("s-", "file", path);

    private SocketRecord Socket(SocketRecord socket) => socket with
    {
        Name = socket.Name is { } name ? Listener(name) : null,
        Local = socket.Local is { } local ? Address(local) : null,
        Remote = socket.Remote is { } remote ? Address(remote) : null,
    };

    /// <summary>Addresses that every host has stay as they are; the port always goes: 5432 tells more than a number.</summary>
    private string Address(string address)
    {
        int port = address.LastIndexOf(':');
        string host = port < 0 ? address : address[..port];
        return (EveryHosts().IsMatch(host) ? host : Pseudonym("h-", "address", host)) + ':' + Pseudonym("t-", "port", address[(port + 1)..]);
    }

    /// <summary>A key is made of a file's name and number (ftok(3)). 0, IPC_PRIVATE, stays.</summary>
    private int SysvKey(int key) => key == 0 ? 0 : BitConverter.ToInt32(Hash("sysv key", key.ToString(System.Globalization.CultureInfo.InvariantCulture))) | 1;

    /// <summary>Root and nobody-known stay; the others are numbered as they are met.</summary>
    private uint User(uint uid)
    {
        if (!_users.TryGetValue(uid, out uint number))
            _users[uid] = number = 998 + (uint)_users.Count;
        return number;
    }

    /// <summary>Ten letters, 40 bits: unlikely to be the same for two of the thousands of names of one host.</summary>
    private string Pseudonym(string prefix, string domain, string text)
    {
        byte[] hash = Hash(domain, text);
        return prefix + string.Create(10, hash, (letters, bytes) =>
        {
            for (int i = 0; i < letters.Length; i++)
                letters[i] = Letters[bytes[i / 2] >> i % 2 * 4 & 15];
        });
    }

    private byte[] Hash(string domain, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{domain}\0{text}"));

    [GeneratedRegex(@"^[0-9]+(\.[0-9]+)*")]
    private static partial Regex ReleaseNumbers();

    /// <summary><c>pipe:[4711]</c>, <c>anon_inode:[eventpoll]</c>, <c>mnt:[4026531841]</c></summary>
    [GeneratedRegex(@"^(?:anon_inode:[\[\]\w:.-]+|[a-z_]+:\[[0-9]+\])\z")]
    private static partial Regex KernelObject();

    /// <summary>Nodes right below /dev, whose names the kernel gives, pseudo-terminals, and System V memory without a key.</summary>
    [GeneratedRegex(@"^(?:/dev/(?:[a-z]+[0-9]*|pts/(?:ptmx|[0-9]+))(?: \(deleted\))?|/SYSV00000000 \(deleted\))\z")]
    private static partial Regex Device();

    /// <summary>Any, and loopback.</summary>
    [GeneratedRegex(@"^(?:0\.0\.0\.0|127(?:\.[0-9]{1,3}){3}|\[(?:::|::1|::ffff:127(?:\.[0-9]{1,3}){3})\])\z")]
    private static partial Regex EveryHosts();
}
