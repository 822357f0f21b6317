using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Whether a JVM that does not listen yet may be sent SIGQUIT. What it tells of itself lies behind its memory lock: the helper reads it.</summary>
internal static class JvmOptions
{
    private const ulong QuitBit = 1UL << 2;

    /// <summary>Why not, and what to do; null: it may.</summary>
    internal static string? WhyNotToSignal(RuntimeFacts facts, int pid)
    {
        if ((facts.Status.SignalsCaught & QuitBit) == 0)
            return "it does not catch SIGQUIT: start it without -Xrs";
        // Root too: before JDK 10 only a file of its own user has it listen.
        if (OwnUser() != facts.Status.Uid)
            return "it belongs to another user: run as that user";
        using var risky = new RiskyReads(TimeProvider.System);
        if (!TryRead(risky, new RiskyRead(RiskyReadKind.Maps, pid, 0, RiskyRead.MaxLength, 0), out ReadOnlySpan<byte> maps))
            return "it may not be looked at: run as its user or as root";
        if (maps.IndexOf("/libj9vm"u8) >= 0)
            return "it is an OpenJ9 JVM, which has another protocol: use jcmd PID Thread.print of its JDK";
        if (maps.IndexOf("/libjvm.so"u8) < 0)
            return "it is not a HotSpot JVM (no libjvm.so is mapped)";
        return Forbids(risky, RiskyReadKind.Cmdline, pid) || Forbids(risky, RiskyReadKind.Environ, pid) || ForbidsByItsCounters(risky, pid, maps)
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

    private static bool TryRead(RiskyReads risky, in RiskyRead read, out ReadOnlySpan<byte> bytes) =>
        risky.Ask(new ProcessKey(read.Pid, 0), 0, read, asleep: false, out bytes) == Sight.Seen;

    /// <summary>In an argument, or in one of the variables that JVMs take options from.</summary>
    private static bool Forbids(RiskyReads risky, RiskyReadKind kind, int pid) =>
        !TryRead(risky, new RiskyRead(kind, pid, 0, RiskyRead.MaxLength, 0), out ReadOnlySpan<byte> text) || text.IndexOf("+DisableAttachMechanism"u8) >= 0;

    // Options come from files too (@FILE, -XX:Flags=), but what they came to is among the counters that a JVM keeps for its tools in a mapped file. An entry
    // there is its name, NUL, padding and its value; the first of the capabilities is whether it may be attached to:
    // sun.rt.jvmCapabilities\0 \0... 1000000000000000...
    private static bool ForbidsByItsCounters(RiskyReads risky, int pid, ReadOnlySpan<byte> maps)
    {
        ReadOnlySpan<byte> name = "sun.rt.jvmCapabilities\0"u8;
        while (MapsFile.Next(ref maps, out MapsFile.Line line))
        {
            if (line.Name.Contains("/hsperfdata_", StringComparison.Ordinal) && line.Size <= RiskyRead.MaxLength
                && TryRead(risky, new RiskyRead(RiskyReadKind.Memory, pid, 0, (int)line.Size, line.Begin), out ReadOnlySpan<byte> counters)
                && counters.IndexOf(name) is var at and >= 0)
                return counters[(at + name.Length)..].TrimStart((byte)0) is [(byte)'0', ..];
        }
        return false;
    }
}
