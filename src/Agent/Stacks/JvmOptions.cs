using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Whether a JVM that does not listen yet may be sent SIGQUIT.</summary>
internal static class JvmOptions
{
    private const ulong QuitBit = 1UL << 2;
    private const int MapsLimit = 8 * 1024 * 1024;
    private const int MostCounterBytes = 1024 * 1024; // -XX:PerfDataMemorySize, 32 KiB by default

    /// <summary>Why not, and what to do; null: it may.</summary>
    internal static string? WhyNotToSignal(DirectoryHandle process, int pid, TargetFacts facts)
    {
        if (process.ReadTable("maps"u8, new ReadBuffer(64 * 1024, MapsLimit), out ReadOnlySpan<byte> maps) != Sight.Seen)
            return "it may not be looked at: run as its user or as root";
        if (maps.IndexOf("/libj9vm"u8) >= 0)
            return "it is an OpenJ9 JVM, which has another protocol: use jcmd PID Thread.print of its JDK";
        if (maps.IndexOf("/libjvm.so"u8) < 0)
            return "it is not a HotSpot JVM (no libjvm.so is mapped)";
        if ((facts.Status.SignalsCaught & QuitBit) == 0)
            return "it does not catch SIGQUIT: start it without -Xrs";
        if (OwnUser() is { } self && self != 0 && self != facts.Status.Uid)
            return "it belongs to another user: run as that user or as root";
        var buffer = new ReadBuffer();
        return Forbids(process, "cmdline"u8, buffer) || Forbids(process, "environ"u8, buffer) || ForbidsByItsCounters(pid, maps)
            ? "it may not be attached to: start it without -XX:+DisableAttachMechanism"
            : null;
    }

    private static uint? OwnUser()
    {
        using DirectoryHandle? self = DirectoryHandle.TryOpen("/proc/self");
        return self is not null && self.Read("status"u8, new ReadBuffer(), out ReadOnlySpan<byte> text) == Sight.Seen && CredentialsFile.TryParse(text, out CredentialsFile own)
            ? own.EffectiveUid
            : null;
    }

    /// <summary>In an argument, or in one of the variables that JVMs take options from.</summary>
    private static bool Forbids(DirectoryHandle process, ReadOnlySpan<byte> file, ReadBuffer buffer) =>
        process.ReadTable(new RelativePath(file), buffer, out ReadOnlySpan<byte> text) != Sight.Seen || text.IndexOf("+DisableAttachMechanism"u8) >= 0;

    // Options come from files too (@FILE, -XX:Flags=), but what they came to is among the counters that a JVM keeps for its tools in a mapped file. An entry
    // there is its name, NUL, padding and its value; the first of the capabilities is whether it may be attached to:
    // sun.rt.jvmCapabilities\0 \0... 1000000000000000...
    private static bool ForbidsByItsCounters(int pid, ReadOnlySpan<byte> maps)
    {
        ReadOnlySpan<byte> name = "sun.rt.jvmCapabilities\0"u8;
        while (MapsFile.Next(ref maps, out MapsFile.Line line))
        {
            if (!line.Name.Contains("/hsperfdata_", StringComparison.Ordinal) || line.Size > MostCounterBytes)
                continue;
            byte[] counters = new byte[line.Size];
            if (TargetMemory.Read(pid, line.Begin, counters) == Sight.Seen && counters.AsSpan().IndexOf(name) is var at and >= 0)
                return counters.AsSpan(at + name.Length).TrimStart((byte)0) is [(byte)'0', ..];
        }
        return false;
    }
}
