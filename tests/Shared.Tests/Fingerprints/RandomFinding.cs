using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Tests.Fingerprints;

/// <summary>Findings of any make, alike processes and objects among them, and the same finding on another day.</summary>
internal static class RandomFinding
{
    private static readonly string[] Names = ["worker", "worker", "server"];
    private static readonly string[] Kinds = ["PipeRead", "PipeWrite", "SocketRead", "Futex", "FileLock", "EventFd", "SysvSemaphore", "ChildWait"];
    private static readonly string[] Details = ["lock", "wait", "join"];

    public static Finding Of(int seed)
    {
        var random = new Random(seed);
        int count = random.Next(1, 7);
        string[] objects = [.. Enumerable.Range(0, random.Next(1, 6)).Select(place => Spell(random.Next(5), 1000 + place))];
        Participant[] participants = [.. Enumerable.Range(0, count).Select(place => OfProcess(random, 100 + 10 * place, objects))];
        WaitEdge[] edges = [.. Enumerable.Range(0, random.Next(0, 2 * count + 1)).Select(_ => OfWait(random, participants, objects))];
        Culprit[] culprits = [.. participants.Where(_ => random.Next(4) == 0).Select(holder =>
            new Culprit(holder.Pid, holder.Fds.Length > 0 ? holder.Fds[^1].Fd : null, holder.Fds.Length > 0 ? holder.Fds[^1].Target : "futex:0x7000", "?"))];
        return new Finding
        {
            Id = "f-1",
            Class = random.Next(3) switch { 0 => FindingClass.Stall, 1 => FindingClass.Orphan, _ => FindingClass.Deadlock },
            Confidence = Confidence.Likely,
            Rule = "stuck-set",
            Fingerprint = new FindingFingerprint("", "", "", null, "", 1, "all"),
            Summary = "?",
            Explanation = [],
            WaitedSeconds = 1,
            Participants = [.. participants],
            Pids = [.. participants.Select(participant => participant.Pid)],
            Culprit = culprits.FirstOrDefault(),
            Culprits = [.. culprits],
            Assumptions = [],
            Edges = [.. edges],
        };
    }

    /// <summary>So many alike ones, each of which reads a pipe of its own that all others could write to.</summary>
    public static Finding OfCrowd(int count)
    {
        Finding finding = Of(1) with { Class = FindingClass.Deadlock, Culprit = null, Culprits = [] };
        Participant[] crowd = [.. Enumerable.Range(0, count).Select(place => new Participant
        {
            Pid = 1000 + place,
            StartTimeTicks = 1,
            Ppid = 1,
            Comm = "worker",
            Cmdline = ["worker"],
            Role = ParticipantRole.Waiter,
            State = "S",
            Fds = [new FdInfo(3, $"pipe:[{7000 + place}]", "r", null), new FdInfo(4, "pipe:[6999]", "w", null)],
        })];
        return finding with
        {
            Participants = [.. crowd],
            Pids = [.. crowd.Select(participant => participant.Pid)],
            Edges = [.. crowd.Select(participant => new WaitEdge(
                new EdgeEnd(participant.Pid, participant.Pid), 0, "PipeRead", participant.Fds[0].Target,
                [.. crowd.Where(other => other != participant).Select(other => new EdgeTarget(other.Pid, null, false))], EdgeBasis.Proven))],
        };
    }

    /// <summary>Other pids, inodes, ids, addresses, temporary paths and fds above 2, and everything in another order.</summary>
    public static Finding Again(Finding finding, int seed)
    {
        var random = new Random(seed);
        Dictionary<int, int> pids = Fresh(finding.Participants.Select(participant => participant.Pid));
        Dictionary<string, string> objects = [];
        Dictionary<(int, int), int> fds = [];
        foreach (Participant participant in finding.Participants)
        {
            foreach ((int fd, int other) in Fresh(participant.Fds.Select(fd => fd.Fd).Where(fd => fd > 2)))
                fds[(participant.Pid, fd)] = other;
        }
        int Fd(int pid, int fd) => fds.GetValueOrDefault((pid, fd), fd);

        int number = random.Next(5000, 90_000);
        string Object(string text)
        {
            if (!objects.TryGetValue(text, out string? other))
            {
                number += random.Next(1, 50);
                int colon = text.IndexOf(':', StringComparison.Ordinal);
                objects[text] = other = text[0] == '/' ? $"/tmp/x{number}/file" : text.Contains('[', StringComparison.Ordinal) ? $"{text[..colon]}:[{number}]" : $"{text[..colon]}:{number}";
            }
            return other;
        }

        return finding with
        {
            Id = "f-2",
            Participants = Shuffled(finding.Participants.Select(participant => participant with
            {
                Pid = pids[participant.Pid],
                Ppid = random.Next(),
                StartTimeTicks = (ulong)random.Next(),
                Fds = Shuffled(participant.Fds.Select(fd => fd with { Fd = Fd(participant.Pid, fd.Fd), Target = Object(fd.Target) })
                    .Append(new FdInfo(3, $"/var/log/{random.Next()}.log", "w", false))),
                Threads = Shuffled(participant.Threads.Select(thread => thread with { Tid = pids[participant.Pid] + thread.Tid - participant.Pid, Wchan = $"wchan_{random.Next()}", WaitedSeconds = random.Next() })),
            })),
            Pids = Shuffled(finding.Pids.Select(pid => pids[pid])),
            Culprits = Shuffled(finding.Culprits.Select(culprit => culprit with { Pid = pids[culprit.Pid], Fd = culprit.Fd is { } fd ? Fd(culprit.Pid, fd) : null, Resource = Object(culprit.Resource), Remedy = "!" })),
            Edges = Shuffled(finding.Edges.Select(edge => edge with
            {
                From = new EdgeEnd(pids[edge.From.Pid], pids[edge.From.Pid] + edge.From.Tid - edge.From.Pid),
                Resource = Object(edge.Resource),
                To = Shuffled(edge.To.Select(to => to with { Pid = pids[to.Pid], Fd = to.Fd is { } fd ? Fd(to.Pid, fd) : null })),
            })),
            Rule = "another-rule",
            Confidence = Confidence.Proven,
        };

        Dictionary<int, int> Fresh(IEnumerable<int> numbers)
        {
            int next = random.Next(4, 5000);
            return Shuffled(numbers.Distinct()).ToDictionary(old => old, _ => next += random.Next(30, 60));
        }

        ImmutableArray<T> Shuffled<T>(IEnumerable<T> items) => [.. items.OrderBy(_ => random.Next())];
    }

    private static Participant OfProcess(Random random, int pid, string[] objects)
    {
        string name = Names[random.Next(Names.Length)];
        return new Participant
        {
            Pid = pid,
            StartTimeTicks = 1,
            Ppid = 1,
            Comm = name,
            Cmdline = random.Next(12) == 0 ? null : [$"/usr/bin/{name}"],
            Role = random.Next(4) == 0 ? ParticipantRole.OrphanHolder : ParticipantRole.Waiter,
            State = "S",
            FdsHidden = random.Next(12) == 0,
            Threads = [.. Enumerable.Range(pid, random.Next(1, 4)).Select(tid =>
                new ThreadInfo(tid, name, "Futex", Bounded.No, null, "futex_do_wait", "futex", false, 1, Details[random.Next(Details.Length)]))],
            Fds = [.. Enumerable.Range(0, 5).Where(_ => random.Next(2) == 0).Select(fd => new FdInfo(fd, objects[random.Next(objects.Length)], random.Next(2) == 0 ? "r" : "w", null))],
        };
    }

    private static WaitEdge OfWait(Random random, Participant[] participants, string[] objects)
    {
        Participant from = participants[random.Next(participants.Length)];
        Participant[] to = [.. participants.Where(_ => random.Next(3) == 0)];
        return new WaitEdge(
            new EdgeEnd(from.Pid, from.Threads[random.Next(from.Threads.Length)].Tid), 0, Kinds[random.Next(Kinds.Length)],
            random.Next(3) == 0 ? $"futex:{random.Next(3)}" : objects[random.Next(objects.Length)],
            [.. to.Select(holder => new EdgeTarget(holder.Pid, holder.Fds.Length == 0 || random.Next(3) == 0 ? null : holder.Fds[random.Next(holder.Fds.Length)].Fd, false))],
            random.Next(4) == 0 ? EdgeBasis.Kinship : EdgeBasis.Proven);
    }

    private static string Spell(int kind, int number) => kind switch
    {
        0 or 1 => $"pipe:[{number}]",
        2 => $"socket:[{number}]",
        3 => $"eventfd:[{number}]",
        _ => $"/tmp/zoo-{number}/file",
    };
}
