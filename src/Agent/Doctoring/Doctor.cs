using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Doctoring;

/// <summary>From facts to what they mean and what mends it. Pure.</summary>
public static class Doctor
{
    public static ImmutableArray<Check> Examine(SightFacts facts) =>
    [
        BackendCheck.Examine(facts.Backend), BackendCheck.Examine(facts.Events), Capabilities(facts), Yama(facts), HidePid(facts), Namespaces(facts),
        BlockedCalls(facts), Counters(facts), .. HiddenProcesses.Examine(facts), UnixSockets(facts), BlockedReads.Examine(facts), Failures(facts), StackTools(facts),
    ];

    private static Check Capabilities(SightFacts facts)
    {
        (string Name, int Number)[] asked =
        [
            ("CAP_SYS_PTRACE", CapabilitySet.SysPtrace), ("CAP_DAC_READ_SEARCH", CapabilitySet.DacReadSearch), ("CAP_SYS_ADMIN", CapabilitySet.SysAdmin),
            ("CAP_BPF", CapabilitySet.Bpf), ("CAP_PERFMON", CapabilitySet.PerfMon), ("CAP_NET_ADMIN", CapabilitySet.NetAdmin),
        ];
        string[] has = [.. asked.Where(capability => facts.Effective.Has(capability.Number)).Select(capability => capability.Name)];
        string[] lacks = [.. asked.Where(capability => !facts.Effective.Has(capability.Number)).Select(capability => capability.Name)];
        string says = $"uid {facts.Uid}; has {List(has)}; lacks {List(lacks)}";
        return facts.Effective.SeesAllUsers
            ? new Check("rights", CheckLevel.Ok, says)
            : new Check("rights", CheckLevel.Note, says, "Processes of other users are hidden in part without CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH. CAP_BPF and CAP_PERFMON serve back end ebpf, CAP_NET_ADMIN taskstats.");

        static string List(string[] names) => names.Length == 0 ? "none" : string.Join(", ", names);
    }

    /// <summary>Yama restricts ptrace attach rights only: blocked calls and memory, not fd tables and wait channels. Kernel: Documentation/admin-guide/LSM/Yama.rst.</summary>
    private static Check Yama(SightFacts facts)
    {
        const string Name = "yama";
        const string Hides = "blocked calls and the memory behind them (poll sets, futex words)";
        bool privileged = facts.Effective.Has(CapabilitySet.SysPtrace);
        return facts.YamaScope switch
        {
            null => new Check(Name, CheckLevel.Ok, "this kernel has no Yama, or it is not in use"),
            0 => new Check(Name, CheckLevel.Ok, "ptrace_scope is 0: it restricts nothing"),
            1 when privileged => new Check(Name, CheckLevel.Ok, "ptrace_scope is 1, which CAP_SYS_PTRACE passes"),
            2 when privileged => new Check(Name, CheckLevel.Ok, "ptrace_scope is 2, which CAP_SYS_PTRACE passes"),
            1 => new Check(Name, CheckLevel.Partial, "ptrace_scope is 1", $"Of all processes but its own descendants the agent may not read {Hides}.", Mend.Rights(facts)),
            2 => new Check(Name, CheckLevel.Partial, "ptrace_scope is 2", $"Without CAP_SYS_PTRACE the agent may not read {Hides}.", Mend.Rights(facts)),
            3 => new Check(Name, CheckLevel.Partial, "ptrace_scope is 3",
                $"Nobody, root included, may read {Hides} until the next boot. Whatever sets kernel.yama.ptrace_scope to 3 at boot (sysctl.d(5)) has to be changed first, then the machine restarted."),
            { } other => new Check(Name, CheckLevel.Note, $"ptrace_scope is {other}, which is not known here"),
        };
    }

    private static Check HidePid(SightFacts facts)
    {
        const string Name = "hidepid";
        return facts.HidePid switch
        {
            null => new Check(Name, CheckLevel.Note, "no proc file system is listed at /proc in /proc/self/mounts"),
            "off" or "0" => new Check(Name, CheckLevel.Ok, "/proc hides no processes"),
            { } value when facts.Effective.Has(CapabilitySet.SysPtrace) => new Check(Name, CheckLevel.Ok, $"/proc is mounted with hidepid={value}, which CAP_SYS_PTRACE passes"),
            "1" or "noaccess" => new Check(Name, CheckLevel.Partial, $"/proc is mounted with hidepid={facts.HidePid}", "Of processes of other users nothing but the number is seen.", Mend.Rights(facts)),
            { } value => new Check(Name, CheckLevel.Partial, $"/proc is mounted with hidepid={value}", "Processes of other users are not even listed, so nobody can say how many are missing.", Mend.Rights(facts)),
        };
    }

    private static Check Namespaces(SightFacts facts)
    {
        const string Name = "namespaces";
        string user = facts.InitialUserNamespace == false ? "; its user namespace is not the host's, so its capabilities end there" : "";
        return facts.InitialPidNamespace switch
        {
            true => new Check(Name, user.Length == 0 ? CheckLevel.Ok : CheckLevel.Note, $"the agent is in the pid namespace of the host{user}"),
            false => new Check(Name, CheckLevel.Partial, $"the agent is in a pid namespace of its own (a container){user}",
                "Processes outside of it are not seen, and each may hold an end of what is waited for here. Run it on the host, or give its container the host's pid namespace.",
                "docker run --pid=host --cap-add=SYS_PTRACE --cap-add=DAC_READ_SEARCH ..."),
            null => new Check(Name, CheckLevel.Note, $"which pid namespace this is cannot be read{user}"),
        };
    }

    private static Check BlockedCalls(SightFacts facts)
    {
        const string Name = "waits";
        if (facts.Child is not { } child)
            return new Check(Name, CheckLevel.Note, "no sleeping child could be made to try it on");
        string[] missing =
        [
            .. child.Call == BlockedCallStatus.InCall ? Array.Empty<string>() : [$"its blocked call ({Word(child.Call)})"],
            .. child.Wchan is not null ? Array.Empty<string>() : ["its wait channel (the file shows 0)"],
            .. child.Memory is null or Sight.Seen ? Array.Empty<string>() : [$"its memory ({Word(child.Memory.Value)})"],
        ];
        if (missing.Length == 0)
            return new Check(Name, CheckLevel.Ok, $"blocked call, wait channel ({child.Wchan}) and memory of a sleeping child can be read");
        string why = child.Call == BlockedCallStatus.Denied && facts.YamaScope == 3
            ? "Yama forbids it, see there."
            : "It is a child of the agent's own, so rights are not what is missing: this kernel does not offer it, or a security module or seccomp filter forbids it. No command mends that.";
        return new Check(Name, CheckLevel.Partial, $"of a sleeping child of the agent's own could not be read: {string.Join(", ", missing)}", why);
    }

    private static Check Counters(SightFacts facts)
    {
        const string Name = "counters";
        if (facts.Child is not { } child)
            return new Check(Name, CheckLevel.Note, "no sleeping child could be made to try it on");
        string[] lost =
        [
            .. child.Schedstat == Sight.Seen ? Array.Empty<string>() : ["schedstat: that a thread stood still cannot be proven, so no deadlock can (CONFIG_SCHED_INFO)"],
            .. child.Timers == Sight.Seen ? Array.Empty<string>() : ["timers: whether a POSIX timer will end a wait is not known, so no deadlock is more than likely (CONFIG_POSIX_TIMERS, CONFIG_CHECKPOINT_RESTORE)"],
            .. child.Sched == Sight.Seen ? Array.Empty<string>() : ["sched: since when a thread stands still is known only from the agent's first look on (CONFIG_SCHED_DEBUG)"],
        ];
        if (lost.Length == 0)
            return new Check(Name, CheckLevel.Ok, "schedstat, sched and timers are there");
        bool essential = child.Schedstat != Sight.Seen || child.Timers != Sight.Seen;
        return new Check(Name, essential ? CheckLevel.Partial : CheckLevel.Note, "not all counters of this kernel can be read",
            $"{string.Join("; ", lost)}. Only a kernel that is built with them mends it.");
    }

    private static Check UnixSockets(SightFacts facts) => facts.UnixSockets == Sight.Seen
        ? new Check("unix-sockets", CheckLevel.Ok, "/proc/net/unix can be read")
        : new Check("unix-sockets", CheckLevel.Partial, $"/proc/net/unix could not be read ({Word(facts.UnixSockets)})",
            "A server that listens on a unix socket cannot be told from an orphan that nobody wants.");

    private static Check Failures(SightFacts facts) => facts.Reads.Failed == 0
        ? new Check("reads", CheckLevel.Ok, $"{Number(facts.Seen.Processes)} processes with {Number(facts.Seen.Threads)} threads were read, no read failed")
        : new Check("reads", CheckLevel.Partial, $"{Number(facts.Reads.Failed)} reads failed for other reasons than rights", "Tables of more than 65,536 fds and files of an unknown form count here.");

    /// <summary>A hang is found and explained without them: what is lacking is where in the source.</summary>
    private static Check StackTools(SightFacts facts)
    {
        const string Name = "stacks";
        string ready = string.Join(", ", facts.StackTools.Where(tool => tool.Lacks is null).Select(tool => tool.Name));
        string says = $"stacks of hung processes are read by: {(ready.Length == 0 ? "nothing" : ready)}";
        string[] lacks = [.. facts.StackTools.Where(tool => tool.Lacks is not null).Select(tool => $"{tool.Name}: {tool.Lacks}")];
        return lacks.Length == 0 ? new Check(Name, CheckLevel.Ok, says) : new Check(Name, CheckLevel.Note, says, $"guard shows source lines where it can. {string.Join("; ", lacks)}.");
    }

    private static string Number(int number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Word(Sight sight) => sight switch
    {
        Sight.Denied => "denied",
        Sight.Gone => "not there",
        Sight.Abandoned => "given up, for it blocked",
        _ => "it failed",
    };

    private static string Word(BlockedCallStatus status) => status switch
    {
        BlockedCallStatus.Denied => "denied",
        BlockedCallStatus.Unreadable => "not there",
        _ => "it shows none",
    };
}
