using System.Buffers.Text;
using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Doctoring;

/// <summary>Finds out what can be seen by looking.</summary>
internal static class FactFinder
{
    // The inodes of the namespaces that a machine boots with: PROC_PID_INIT_INO, PROC_USER_INIT_INO of the kernel's include/linux/proc_ns.h.
    private const string InitialPid = "pid:[4026531836]", InitialUser = "user:[4026531837]";

    /// <exception cref="LinuxException">There is no /proc.</exception>
    internal static async Task<SightFacts> FindAsync(TimeProvider time)
    {
        using DirectoryHandle proc = DirectoryHandle.Open("/proc");
        var buffer = new ReadBuffer();
        if (proc.Read("self/status"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen || !CredentialsFile.TryParse(text, out CredentialsFile credentials))
            throw new InvalidDataException("/proc/self/status: not readable, or not in the form that proc_pid_status(5) tells of");
        int? yama = proc.Read("sys/kernel/yama/ptrace_scope"u8, buffer, out text) == Sight.Seen && Utf8Parser.TryParse(text, out int scope, out _) ? scope : null;
        string? hidePid = proc.ReadTable("self/mounts"u8, buffer, out text) == Sight.Seen ? MountsFile.HidePid(text) : null;
        bool? initialPid = IsLink(proc, "self/ns/pid"u8, InitialPid, buffer), initialUser = IsLink(proc, "self/ns/user"u8, InitialUser, buffer);
        Sight sockets = proc.Read("self/net/unix"u8, buffer, out _);
        ChildSight? child = await SleepingChild.LookAtAsync(proc, time);

        using var looker = new HostLooker(time, CommandLineRedaction.WithRandomKey());
        Snapshot look = looker.Look(ImmutableHashSet<int>.Empty);
        string program = Environment.ProcessPath ?? "orphan-agent";
        return new SightFacts
        {
            Program = program,
            Backend = looker.Backend with { Mend = Mend.Backend(looker.Backend, credentials, program) },
            Events = looker.Events,
            Uid = credentials.EffectiveUid,
            Effective = new CapabilitySet(credentials.Effective),
            Bounding = new CapabilitySet(credentials.Bounding),
            YamaScope = yama,
            HidePid = hidePid,
            InitialPidNamespace = initialPid,
            InitialUserNamespace = initialUser,
            Child = child,
            Hidden = [.. look.Processes.Select(HiddenPart).OfType<HiddenProcess>()],
            Reads = look.Reads,
            Seen = (look.Processes.Length, look.Processes.Sum(process => process.Threads.Length)),
            Blocked = [.. look.Processes.Where(process => process.MemoryBlocked).Select(process => (process.Pid, process.Comm))],
            Reading = looker.RiskyReads.Mode,
            WhyNoHelper = looker.RiskyReads.WhyNoHelper,
            UnixSockets = sockets,
            StackTools = StackReader.States(),
        };
    }

    private static HiddenProcess? HiddenPart(ProcessRecord process)
    {
        int waits = process.Threads.Count(thread => thread.Call.Status == BlockedCallStatus.Denied);
        bool table = process.FdSight == Sight.Denied;
        return table || waits > 0 ? new HiddenProcess(process.Pid, process.Comm, process.Uid, table, waits) : null;
    }

    private static bool? IsLink(DirectoryHandle proc, ReadOnlySpan<byte> link, string expected, ReadBuffer buffer) =>
        proc.ReadLink(link, buffer, out ReadOnlySpan<byte> target) == Sight.Seen ? System.Text.Encoding.UTF8.GetString(target) == expected : null;
}
