using OrphanBoard.Shared.Findings;
using static OrphanBoard.Zoo.Places;

namespace OrphanBoard.Zoo;

/// <summary>Sockets with a local party at the other end.</summary>
internal static partial class ZooTable
{
    private static readonly Specimen[] SocketHangs =
    [
        SocketReaders("pair", "read"),
        SocketReaders("pair", "recv"),
        SocketReaders("pair", "poll"),
        SocketReaders("pair", "select"),
        SocketReaders("pair", "epoll"),
        SocketReaders("tcp", "recv"),
        SocketReaders("tcp", "epoll"),
        SocketReaders("half", "recv"),
        SocketReaders("half", "epoll"),
        // One of them comes back by itself, to the same wait.
        SocketTwin("timeout", "pair", "read") with
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "retry-without-progress") { Pids = ["first", "second"] },
        },
        SocketTwin("timed", "pair", "poll") with
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "retry-without-progress") { Pids = ["first", "second"] },
        },
        new("socket-readers-ring", Program("socket-readers"), "ring", "read")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "socket-mutual-read") { Pids = ["first", "second", "third"] },
        },
        new("socket-reader-holds-its-other-end", Program("socket-ends"), "self")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-self") { Pids = ["self"], Culprit = new("self", 4) },
        },
        new("sockets-full-both-ways", Program("socket-ends"), "full")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "socket-full-cycle") { Pids = ["first", "second"], Culprit = new("second", 3, 4) },
        },
        new("socket-output-held-twice", Program("socket-ends"), "duplicate")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "eof-held-by-duplicate") { Pids = ["parent", "child"], Culprit = new("child", Enumerable.Range(3, 10).ToArray()) },
        },
        new("connect-to-a-full-backlog", Program("socket-ends"), "backlog")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "never-accepted") { Pids = ["client", "server"], Culprit = new("server", 4, 5) },
        },
        Unaccepted("unix"),
        Unaccepted("tcp"),
        Unaccepted("unix") with
        {
            Name = "unaccepted-of-one-that-may-be-told",
            Environment = Told,
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "never-accepted") { Pids = ["parent", "client"], Culprit = new("parent", UnacceptedFds), Group = "unaccepted-unix" },
        },
        Unaccepted("poll"),
        Unaccepted("inherited"),
        Unaccepted("sends"),
        Unaccepted("backlog"),
        Unaccepted("ready"),
        Unaccepted("cross") with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "never-accepted") { Pids = ["parent", "client"], Culprit = new("client", UnacceptedFds) },
        },
        Unaccepted("self") with
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "never-accepted") { Pids = ["client"], Culprit = new("client", UnacceptedFds), Group = "unaccepted-self" },
        },
        Unaccepted("self") with
        {
            Name = "unaccepted-self-that-may-be-told",
            Environment = Told,
            Expected = new(FindingClass.Deadlock, Confidence.Likely, "never-accepted") { Pids = ["client"], Culprit = new("client", UnacceptedFds), Group = "unaccepted-self" },
        },
        Unaccepted("asleep") with
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "not-accepted-yet") { Pids = ["parent", "client"], Culprit = new("parent", UnacceptedFds), Group = "unaccepted-asleep" },
        },
        Unaccepted("apart") with
        {
            Expected = new(FindingClass.Stall, Confidence.Suspected, "not-accepted-yet") { Pids = ["parent", "client"], Culprit = new("parent", UnacceptedFds), Group = "unaccepted-asleep" },
        },
        new("a-socket-one-way-and-a-pipe-the-other", Program("socket-ends"), "mixed")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "pipe-read-cycle") { Pids = ["first", "second"] },
        },
        new("datagrams-that-nobody-takes", Program("socket-ends"), "datagrams")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "socket-full-cycle") { Pids = ["parent", "child"], Culprit = new("parent", 3, 4) },
        },
        new("two-wait-for-a-datagram", Program("socket-ends"), "dialogue")
        {
            Expected = new(FindingClass.Deadlock, Confidence.Proven, "socket-mutual-read") { Pids = ["parent", "child"] },
        },
        NodeCollector("orphan") with
        {
            Expected = new(FindingClass.Stall, Confidence.Likely, "eof-held-by-orphan") { Pids = ["collector", "leftover"], Culprit = new("leftover", 1) },
        },
    ];

    private static readonly Specimen[] HealthySockets =
    [
        SocketTwin("helper", "pair", "read"),
        SocketTwin("odd-child", "pair", "read"),
        SocketTwin("ping-pong", "pair", "recv"),
        SocketTwin("ping-pong", "tcp", "recv"),
        SocketTwin("keep-alive", "pair", "poll"),
        SocketTwin("busy", "tcp", "epoll"),
        SocketTwin("busy", "half", "recv"),
        SocketTwin("timer", "half", "recv"),
        new("sockets-full-and-one-at-work", Program("socket-ends"), "full") { TwinOf = "sockets-full-both-ways", Environment = new Dictionary<string, string> { ["ZOO_FORM"] = "busy" } },
        new("socket-reader-whose-other-end-is-carried", Program("socket-ends"), "self") { TwinOf = "socket-reader-holds-its-other-end", Environment = Form("carried") },
        .. ((string[])["unix", "tcp", "inherited", "backlog", "cross", "self"]).Select(form => HealthyClient(form, "busy")),
        HealthyClient("unix", "accepted"),
        HealthyClient("tcp", "accepted"),
        new("a-socket-one-way-and-a-pipe-that-may-be-written", Program("socket-ends"), "mixed") { TwinOf = "a-socket-one-way-and-a-pipe-the-other", Environment = Form("busy") },
        new("datagrams-that-somebody-may-take", Program("socket-ends"), "datagrams") { TwinOf = "datagrams-that-nobody-takes", Environment = Form("busy") },
        new("one-of-two-may-send-a-datagram", Program("socket-ends"), "dialogue") { TwinOf = "two-wait-for-a-datagram", Environment = Form("busy") },
        new("client-of-a-server-in-accept", Program("socket-ends"), "accepting"),
        new("idle-workers-in-epoll", Program("socket-service"), "workers"),
        new("client-of-a-polling-service", Program("socket-service"), "client"),
        NodeCollector("orphan", ("ZOO_FORM", "working")) with { TwinOf = "node-collector-orphan" },
        new("node-server-with-a-keep-alive-client", "node", Script("keep-alive.js")) { Needs = "node" },
    ];

    private static int[] UnacceptedFds => [3, 4, 5, 6];

    private static Specimen Unaccepted(string form) => new($"unaccepted-{form}", Program("unaccepted"), form)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "never-accepted")
        {
            Pids = ["parent", "client"], Culprit = new("parent", UnacceptedFds), Group = $"unaccepted-{form}",
        },
    };

    private static Specimen HealthyClient(string of, string form) => new($"unaccepted-{of}-{form}", Program("unaccepted"), of) { TwinOf = $"unaccepted-{of}", Environment = Form(form) };

    private static Specimen SocketReaders(string over, string call) => new($"socket-readers-{over}-{call}", Program("socket-readers"), over, call)
    {
        Expected = new(FindingClass.Deadlock, Confidence.Proven, "socket-mutual-read") { Pids = ["first", "second"], Group = $"{(call is "read" or "recv" ? "socket-readers" : "socket-pollers")}-{over}" },
    };

    private static Specimen SocketTwin(string form, string over, string call) => new($"socket-readers-{over}-{form}", Program("socket-readers"), over, call)
    {
        Environment = new Dictionary<string, string> { ["ZOO_FORM"] = form },
        TwinOf = $"socket-readers-{over}-{call}",
    };

    private static Specimen NodeCollector(string how, params (string Name, string Value)[] environment) => new(
        $"node-collector-{how}{string.Concat(environment.Select(entry => $"-{entry.Value}"))}", "node", Script("node-collector.js"), how)
    {
        Needs = "node",
        Environment = environment.Append(("ZOO_EXEC", Program("zoo-exec"))).ToDictionary(entry => entry.Item1, entry => entry.Item2),
    };
}
