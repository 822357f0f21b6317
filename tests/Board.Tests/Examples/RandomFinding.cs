using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Board.Tests.Examples;

/// <summary>Findings of any shape: circles, waits for oneself, outsiders, pids that were not collected, shared and doubled pipes.</summary>
internal static class RandomFinding
{
    public static Finding Of(int processes, int seed)
    {
        var random = new Random(seed);
        int Pid(int i) => 1000 + i;
        string Pipe() => $"pipe:[{random.Next(1, processes * 2 + 1)}]";

        ImmutableArray<Participant> participants =
        [
            .. Enumerable.Range(0, processes).Select(i => new Participant
            {
                Pid = Pid(i), StartTimeTicks = 1, Ppid = i == 0 ? 1 : Pid(random.Next(i)), Comm = new string((char)('a' + i % 26), random.Next(1, 16)),
                Role = ParticipantRole.Waiter, State = "S",
                Threads = [.. Enumerable.Range(0, random.Next(1, 30)).Select(t => new ThreadInfo(Pid(i) + t, "t", "Futex", Bounded.No, null, "futex_do_wait", null, t > 4, null))],
                Fds = [.. Enumerable.Range(0, random.Next(0, 8)).Select(fd => new FdInfo(fd, Pipe(), random.Next(3) switch { 0 => "r", 1 => "w", _ => "rw" }, null))],
            }),
        ];
        ImmutableArray<WaitEdge> edges =
        [
            .. Enumerable.Range(0, random.Next(0, processes * 2 + 1)).Select(_ => new WaitEdge(
                new EdgeEnd(Pid(random.Next(processes)), 0), 0, random.Next(2) == 0 ? "ChildWait" : "PipeRead", Pipe(),
                [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => random.Next(12) switch
                {
                    0 => new EdgeTarget(0, null, true),
                    1 => new EdgeTarget(7, null, false),
                    _ => new EdgeTarget(Pid(random.Next(processes)), null, false),
                })],
                (EdgeBasis)random.Next(3))),
        ];
        return FoundingHang.Finding with
        {
            Participants = participants, Edges = edges, Pids = [.. participants.Where((_, i) => i % 2 == 0).Select(p => p.Pid)],
            Culprit = new Culprit(Pid(random.Next(processes)), 1, Pipe(), "Let go."), Culprits = [],
        };
    }
}
