using System.Security.Cryptography;
using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Which machine and which boot this is.</summary>
internal static class HostFiles
{
    /// <exception cref="InvalidDataException">The boot has no readable id.</exception>
    internal static HostIdentity ReadIdentity(DirectoryHandle proc, ReadBuffer buffer, string procPath, TimeProvider time)
    {
        const string BootId = "sys/kernel/random/boot_id";
        if (proc.Read("sys/kernel/random/boot_id"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen || BootIdFile.Parse(text) is not { } bootId)
            throw new InvalidDataException($"{procPath}/{BootId}: not readable, so this boot has no identity");
        (string name, string release, string architecture) = Machine.Uname();
        DateTimeOffset bootTime = time.GetUtcNow() - Machine.SinceBoot;
        return new HostIdentity(
            HostId(buffer, name),
            name,
            bootId,
            release,
            architecture,
            Machine.ClockTicksPerSecond,
            // To the second: the same boot looks the same at each start of the agent.
            DateTimeOffset.FromUnixTimeSeconds((long)Math.Round(bootTime.ToUnixTimeMilliseconds() / 1000.0)));
    }

    /// <summary>Whether processes of other users are not listed (hidepid of proc(5)). A member of the group that may see them all the same (gid) is taken for one who may not.</summary>
    internal static bool HidesOthers(DirectoryHandle proc, ReadBuffer buffer) =>
        proc.ReadTable("self/mounts"u8, buffer, out ReadOnlySpan<byte> text) == Sight.Seen && MountsFile.HidePid(text) is not (null or "off" or "0")
        && !(proc.Read("self/status"u8, buffer, out text) == Sight.Seen && CredentialsFile.TryParse(text, out CredentialsFile rights) && rights.SeesAllProcesses);

    /// <summary>Whether the looker's pid namespace is the one of the boot (PROC_PID_INIT_INO), in which everybody has a pid. A kernel without such namespaces has no other.</summary>
    internal static bool IsFirstPidNamespace(DirectoryHandle proc, ReadBuffer buffer) =>
        proc.ReadLink("self/ns/pid"u8, buffer, out ReadOnlySpan<byte> name) != Sight.Seen || name.SequenceEqual("pid:[4026531836]"u8);

    /// <summary>machine-id(5) is not to be shown to others; a hash of it may be.</summary>
    private static string HostId(ReadBuffer buffer, string name)
    {
        ReadOnlySpan<byte> secret = Encoding.UTF8.GetBytes(name);
        using DirectoryHandle etc = DirectoryHandle.Open("/etc");
        if (etc.Read("machine-id"u8, buffer, out ReadOnlySpan<byte> machineId) == Sight.Seen && machineId.Length >= 32)
            secret = machineId;
        return Convert.ToHexStringLower(HMACSHA256.HashData("orphanboard.host"u8, secret))[..32];
    }
}
