using System.Collections.Immutable;
using OrphanBoard.Agent.Guarding;
using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Guarding.Reports;

/// <summary>Runs under guard, as reports get them.</summary>
internal static class Runs
{
    internal static readonly DateTimeOffset Now = new(2026, 11, 26, 3, 4, 0, TimeSpan.Zero);

    internal static readonly TextStyle Ascii = new(false, false);

    internal static ReportContext Context(TextStyle? style = null) => new(style ?? TextStyle.File, Now, TimeZoneInfo.Utc);

    /// <summary>Names that act on a terminal, on a runner of CI, on Markdown and on XML.</summary>
    internal const string Hostile = "::error::x\n::warning::y\u001b[2J\u202e```\n</failure>]]>##[error]\ud800\0";

    internal static GuardOutcome Of(GuardEnd end, params Finding[] findings) => new()
    {
        Command = ["cargo", "test"],
        Pid = 12,
        StartedAt = Now.AddMinutes(-2),
        Duration = TimeSpan.FromSeconds(83),
        End = end,
        ExitCode = end switch { GuardEnd.Deadlock => 86, GuardEnd.Orphans => 87, GuardEnd.Timeout => 88, _ => 0 },
        CommandExitCode = end is GuardEnd.Exited or GuardEnd.Orphans ? 0 : null,
        Findings = [.. findings],
        Visibility = new Visibility(100, 200, 300, 0, 0, true),
    };

    internal static GuardOutcome Deadlock(params Finding[] findings) => Of(GuardEnd.Deadlock, findings) with
    {
        Evidence = Capture(),
        Stacks = [new ProcessStacks(14, "served-child", "eu-stack", [new ThreadStack(14, "main", [new StackFrame("read"), new StackFrame("serve", "src/service.rs", 42)])])],
    };

    internal static LeftProcess Left(int pid, string comm, bool stays = false, bool reaped = false, params FdInfo[] holds) =>
        new(pid, comm, [comm, "--serve"], "npm (120)", Now.AddMinutes(-1), [.. holds], reaped, stays);

    internal static FdInfo Fd(int fd, string target, string access) => new(fd, target, access, false);

    internal static Participant Process(int pid, int ppid, string comm, ParticipantRole role, string wait, string wchan, int threads = 1, params FdInfo[] fds) => new()
    {
        Pid = pid,
        StartTimeTicks = (ulong)pid,
        Ppid = ppid,
        Comm = comm,
        Cmdline = [comm],
        Role = role,
        State = "S",
        Threads = [.. Enumerable.Range(0, threads).Select(i => i == 0
            ? new ThreadInfo(pid, comm, wait, Bounded.No, null, wchan, "read", false, 5)
            : new ThreadInfo(pid * 100 + i, "worker", "futex", Bounded.No, null, "futex_do_wait", "futex", false, 5))],
        Fds = [.. fds],
    };

    internal static WaitEdge Wait(int from, string kind, string resource, params (int Pid, int? Fd)[] to) =>
        new(new EdgeEnd(from, from), 0, kind, resource, [.. to.Select(one => new EdgeTarget(one.Pid, one.Fd, false))], EdgeBasis.Proven);

    private const string Key = "v1-abcdefghijklmnopqrstuvwxyz";

    /// <summary>The founding hang: a child holds its own stdout open twice, and the test that reads it waits for its end.</summary>
    internal static Finding Founding(string child = "served-child") => Sample.Finding("a", 13) with
    {
        Fingerprint = new FindingFingerprint(Key, Key, Key, null, "text", 1, "all"),
        Summary = $"contract-tests (13) waits for the end of pipe 4002, which {child} (14) holds open at fd 1 and again at fd 4.",
        Explanation =
        [
            "runner (12) waits for its child contract-tests (13) to exit.",
            $"contract-tests (13) reads pipe 4002 (fd 32) to its end. Its write end is open at fd 1 and again at fd 4 of {child} (14), the same pipe twice.",
            $"{child} (14) reads pipe 4004 (fd 29) to its end. Its write end is open at fd 30 of contract-tests (13).",
            "Nobody else can wake any of them.",
            $"It ends when {child} (14) closes fd 4 as well as fd 1.",
        ],
        Participants =
        [
            Process(12, 1, "runner", ParticipantRole.RootWaiter, "child-wait", "do_wait"),
            Process(13, 12, "contract-tests", ParticipantRole.Waiter, "pipe-read", "anon_pipe_read", 3, Fd(30, "pipe:[4004]", "w"), Fd(32, "pipe:[4002]", "r")),
            Process(14, 13, child, ParticipantRole.Holder, "pipe-read", "anon_pipe_read", 7,
                Fd(0, "pipe:[4001]", "r"), Fd(1, "pipe:[4002]", "w"), Fd(3, "pipe:[4001]", "r"), Fd(4, "pipe:[4002]", "w"), Fd(29, "pipe:[4004]", "r")),
        ],
        Pids = [12, 13, 14],
        Culprit = new Culprit(14, 4, "pipe:[4002]", $"It ends when {child} (14) closes fd 4 as well as fd 1."),
        Culprits = [new Culprit(14, 4, "pipe:[4002]", $"It ends when {child} (14) closes fd 4 as well as fd 1.")],
        Edges =
        [
            Wait(12, "child-wait", "child:13", (13, null)),
            Wait(13, "pipe-read", "pipe:[4002]", (14, 1), (14, 4)),
            Wait(14, "pipe-read", "pipe:[4004]", (13, 30)),
            new(new EdgeEnd(13, 1301), 0, "futex", "futex:0x7f00", [new EdgeTarget(13, null, false)], EdgeBasis.Proven),
        ],
    };

    /// <summary>Each reads what the next should write.</summary>
    internal static Finding Ring(int processes, string comm = "reader") => Sample.Finding("r", 100) with
    {
        Rule = "pipe-read-cycle",
        Summary = $"{processes} processes read what others of them should write.",
        Participants = [.. Enumerable.Range(0, processes).Select(i => Process(
            100 + i, 1, comm, ParticipantRole.Waiter, "pipe-read", "anon_pipe_read", 1, Fd(3, $"pipe:[{900 + i}]", "r"), Fd(4, $"pipe:[{900 + (i + 1) % processes}]", "w")))],
        Pids = [.. Enumerable.Range(100, processes)],
        Culprit = null,
        Culprits = [],
        Edges = [.. Enumerable.Range(0, processes).Select(i => Wait(100 + i, "pipe-read", $"pipe:[{900 + i}]", (100 + (i + processes - 1) % processes, 4)))],
    };

    /// <summary>Two looks at the runner, its test and its child, a moment apart.</summary>
    internal static Capture Capture(string comm = "served-child")
    {
        var host = new HostIdentity("h", "far", "11111111-2222-3333-4444-555555555555", "6.1.0", "x86_64", 100, DateTimeOffset.UnixEpoch);
        return new Capture("0.0", "proc", false, Look(0), Look(1));

        Snapshot Look(int second) => new()
        {
            Host = host,
            TakenAt = Now.AddSeconds(second - 5),
            Uptime = TimeSpan.FromSeconds(1000 + second),
            Duration = TimeSpan.FromMilliseconds(10),
            ObserverPid = 5,
            Reads = default,
            Processes = [Record(5, 1, "orphan-agent"), Record(12, 5, "runner"), Record(13, 12, "contract-tests"), Record(14, 13, comm), Record(99, 1, "stranger")],
        };

        static ProcessRecord Record(int pid, int ppid, string comm) => new()
        {
            Pid = pid, StartTimeTicks = (ulong)pid, Ppid = ppid, Pgrp = 12, Session = 12, Comm = comm, State = 'S', Uid = 1, NsPid = pid, Cmdline = [comm],
            FdSight = Sight.Seen, HasPosixTimers = false,
            Fds = [new FileDescriptor(3, FdAccess.Read, FdTarget.Parse($"pipe:[{700 + pid}]")) { CloseOnExec = true }],
            Threads =
            [
                new ThreadRecord
                {
                    Tid = pid, Comm = comm, State = 'S', Counters = new RunCounters(1, 1), Wchan = "anon_pipe_read",
                    Call = new BlockedCall(BlockedCallStatus.InCall, 0, [3, 1, 1, 0, 0, 0]), LastRan = TimeSpan.FromSeconds(1),
                },
            ],
        };
    }

    internal static string Written(Action<TextWriter> write)
    {
        using var output = new StringWriter { NewLine = "\n" };
        write(output);
        return output.ToString();
    }

    internal static string Panic(GuardOutcome outcome, ReportContext context) => Written(output => PanicText.Write(output, outcome, context));

    /// <summary>The value of a variable among these.</summary>
    internal static Func<string, string?> Environment(params (string Name, string Value)[] variables) =>
        name => variables.FirstOrDefault(variable => variable.Name == name).Value;
}
