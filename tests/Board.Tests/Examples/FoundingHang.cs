using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Board.Tests.Examples;

/// <summary>
/// The founding hang in its eof form, by hand: the runner waits for the test, the test reads the child's stdout to its end, the child
/// reads its lifeline, and holds its own stdout a second time at fd 4.
/// </summary>
internal static class FoundingHang
{
    public const int Runner = 2223413, Test = 2226716, Child = 2226786;
    public const string Stdin = "pipe:[2658218]", Stdout = "pipe:[2658219]", Stderr = "pipe:[2658220]", Lifeline = "pipe:[2658221]";

    public static Finding Finding { get; } = new()
    {
        Id = "f-1",
        Class = FindingClass.Deadlock,
        Confidence = Confidence.Proven,
        Rule = "eof-held-by-duplicate",
        Fingerprint = new(
            "v1-aaaaaaaaaaaaaaaaaaaaaaaaaa", "v1-bbbbbbbbbbbbbbbbbbbbbbbbbb", "v1-cccccccccccccccccccccccccc", "v1-dddddddddddddddddddddddddd",
            "deadlock\nwat_program_contracts: pipe-read unbounded {n}=aR {n}=bW\nspawned: pipe-read unbounded {0,n}=cR {1,n}=aW {2,n}=dW {n}=bR", 1, "fds waits"),
        Summary = "wat_program_con (2226716) waits for the end of pipe 2658219, which spawned (2226786) holds open a second time",
        Explanation =
        [
            "runner (2223413) waits for its child wat_program_con (2226716) to exit.",
            "wat_program_con reads pipe 2658219 to its end at fd 12.",
            "Its write end is open at fd 1 and again at fd 4 of spawned (2226786), the same pipe twice.",
            "spawned reads pipe 2658221 at fd 29, whose only write end is fd 30 of wat_program_con.",
            "Nobody else can wake any of them. It ends when spawned closes fd 4.",
        ],
        WaitedSeconds = 2820,
        Participants =
        [
            new Participant
            {
                Pid = Runner, StartTimeTicks = 100, Ppid = 1, Comm = "runner", Cmdline = ["/usr/bin/runner", "test", "--all"], Role = ParticipantRole.RootWaiter, State = "S",
                Threads = [Thread(Runner, "runner", "ChildWait", $"child:{Test}", "do_wait", "wait4")],
                Fds = [new(0, "/dev/null", "r", null), new(1, "/var/log/ci.log", "w", null), new(2, "/var/log/ci.log", "w", null)],
            },
            new Participant
            {
                Pid = Test, StartTimeTicks = 200, Ppid = Runner, Comm = "wat_program_con", Cmdline = ["target/wat_program_contracts", "t14_spawn_process"], Role = ParticipantRole.Waiter, State = "S",
                Threads =
                [
                    Thread(Test, "wat_program_con", "Futex", "futex:0x7f1200", "futex_do_wait", "futex"),
                    Thread(Test + 1, "t14_spawn", "PipeRead", Stdout, "pipe_read", "read"),
                    Thread(Test + 2, "drainer", "Futex", "futex:0x7f1240", "futex_do_wait", "futex"),
                ],
                Fds =
                [
                    new(0, "/dev/null", "r", null), new(1, "/var/log/ci.log", "w", null), new(2, "/var/log/ci.log", "w", null),
                    new(3, "pipe:[2637227]", "r", null), new(6, "pipe:[2637227]", "w", null), new(8, "pipe:[2637228]", "r", null), new(9, "pipe:[2637228]", "w", null),
                    new(12, Stdout, "r", null), new(30, Lifeline, "w", null),
                ],
            },
            new Participant
            {
                Pid = Child, StartTimeTicks = 300, Ppid = Test, Comm = "spawned", Cmdline = ["target/spawned", "--serve"], Role = ParticipantRole.Holder, State = "S",
                Threads =
                [
                    Thread(Child, "spawned", "PipeRead", Lifeline, "pipe_read", "read"),
                    .. Enumerable.Range(1, 6).Select(i => Thread(Child + i, $"service-{i}", "Futex", $"futex:0x55{i}0", "futex_do_wait", "futex")),
                ],
                Fds =
                [
                    new(0, Stdin, "r", null), new(1, Stdout, "w", null), new(2, Stderr, "w", null), new(3, Stdin, "r", null),
                    new(4, Stdout, "w", null), new(5, Stderr, "w", null), new(29, Lifeline, "r", null),
                ],
            },
        ],
        Pids = [Runner, Test, Child],
        Culprit = new Culprit(Child, 4, Stdout, "It ends when spawned closes fd 4, the duplicate of its stdout."),
        Culprits = [new Culprit(Child, 4, Stdout, "It ends when spawned closes fd 4, the duplicate of its stdout.")],
        Notes = ["stdin and stderr of spawned are duplicated too (fds 3 and 5)."],
        Assumptions = ["no-itimer"],
        Edges =
        [
            new WaitEdge(new(Runner, Runner), 0, "ChildWait", $"child:{Test}", [new(Test, null, false)], EdgeBasis.Proven),
            new WaitEdge(new(Test, Test + 1), 0, "PipeRead", Stdout, [new(Child, 1, false), new(Child, 4, false)], EdgeBasis.Proven),
            new WaitEdge(new(Child, Child), 0, "PipeRead", Lifeline, [new(Test, 30, false)], EdgeBasis.Proven),
        ],
    };

    private static ThreadInfo Thread(int tid, string comm, string wait, string resource, string wchan, string call) =>
        new(tid, comm, wait, Bounded.No, resource, wchan, call, false, 2820);
}
