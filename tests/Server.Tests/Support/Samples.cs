using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Tests.Support;

/// <summary>A host with a hang on it, in the form that an agent would send.</summary>
public static class Samples
{
    public const string Boot = "0c7a3d5e-6f7b-4a3c-9d53-0d4b4e8f1a01";
    public const string NextBoot = "0c7a3d5e-6f7b-4a3c-9d53-0d4b4e8f1a02";

    public static DateTimeOffset BootTime { get; } = DateTimeOffset.UtcNow.AddDays(-1);

    /// <summary>A test that reads a pipe to its end; its child has the write end open twice.</summary>
    /// <param name="pid">Pid of the test; its child has the next one.</param>
    /// <param name="childName">Another name is another shape.</param>
    /// <param name="moreFds">At these its child has the write end open too: another shape that looks like the first.</param>
    public static Finding Hang(int pid = 100, string childName = "child", Confidence confidence = Confidence.Proven, FindingClass findingClass = FindingClass.Deadlock, params int[] moreFds)
    {
        int child = pid + 1;
        string pipe = $"pipe:[{pid * 10}]";
        var culprit = new Culprit(child, 4, pipe, $"close fd 4 of {childName} ({child})");
        var finding = new Finding
        {
            Id = $"f-{pid}-{findingClass}",
            Class = findingClass,
            Confidence = confidence,
            Rule = "eof-held-by-duplicate",
            Fingerprint = new FindingFingerprint("", "", "", null, "", 1, "whole"),
            Summary = $"test ({pid}) waits for an end of file that {childName} ({child}) holds off.",
            Explanation = [$"test ({pid}) reads {pipe} to its end.", $"{childName} ({child}) has its write end open at fd 1 and again at fd 4."],
            WaitedSeconds = 3,
            Participants =
            [
                Process(pid, 1, "test", ParticipantRole.Waiter, "PipeRead", new FdInfo(3, pipe, "r", true)),
                Process(child, pid, childName, ParticipantRole.Holder, "Futex", [new FdInfo(1, pipe, "w", false), new FdInfo(4, pipe, "w", false), .. moreFds.Select(fd => new FdInfo(fd, pipe, "w", false))]),
            ],
            Pids = [pid, child],
            Culprit = culprit,
            Culprits = [culprit],
            Assumptions = ["no-itimer"],
            Edges =
            [
                new WaitEdge(new EdgeEnd(pid, pid), 0, "PipeRead", pipe, [new EdgeTarget(child, 1, false), new EdgeTarget(child, 4, false)], EdgeBasis.Proven),
                new WaitEdge(new EdgeEnd(child, child), 0, "Futex", "futex:0x1000", [new EdgeTarget(child, null, false)], EdgeBasis.Proven),
            ],
        };
        return finding with { Fingerprint = Fingerprinter.Of(finding) };
    }

    /// <summary>init, the processes of the findings and nothing else.</summary>
    public static Keyframe Keyframe(DateTimeOffset at, params Finding[] findings)
    {
        ProcessState[] processes = [State(1, 0, "init"), .. findings.SelectMany(f => f.Participants).Select(p => State(p.Pid, p.Ppid, p.Comm, p.Threads, p.Fds))];
        return new Keyframe(at, new Visibility(processes.Length, processes.Length, 3, 0, 0, true), [.. processes], [.. findings]);
    }

    /// <summary>An agent that looks once a second unless told otherwise.</summary>
    public static AgentUsage Agent(string backend = "proc", int intervalMs = 1000) => new()
    {
        Backend = backend,
        WhyNotBetter = "not eBPF: CAP_BPF is missing",
        IntervalMs = intervalMs,
        ConfiguredIntervalMs = 1000,
        CpuBudget = 0.05,
        CpuFraction = 0.012,
        CpuSeconds = 12.5,
        LookCpuMs = 9.5,
        RssBytes = 24_000_000,
        AllocatedBytes = 1_000_000,
        Looks = 1000,
        LooksMissed = 2,
        Reads = new AgentReads(14, 3, 6, 1),
        Events = "polling",
    };

    public static ProcessState State(int pid, int ppid, string comm, IEnumerable<ThreadInfo>? threads = null, IEnumerable<FdInfo>? fds = null) => new(
        new ProcessKey(pid, StartTime(pid)),
        new ProcessFacts(ppid, pid, pid, comm, [comm], 'S', 1000, true, null),
        [.. threads ?? []], [.. fds ?? []]);

    private static Participant Process(int pid, int ppid, string comm, ParticipantRole role, string wait, params FdInfo[] fds) => new()
    {
        Pid = pid,
        StartTimeTicks = StartTime(pid),
        Ppid = ppid,
        Comm = comm,
        Cmdline = [comm],
        Role = role,
        State = "S",
        Threads = [new ThreadInfo(pid, comm, wait, Bounded.No, null, null, null, false, 3)],
        Fds = [.. fds],
    };

    private static ulong StartTime(int pid) => (ulong)(1000 + pid);
}
