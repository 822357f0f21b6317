using System.Collections.Immutable;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Board.Tests.Hosts;

internal static class Trees
{
    /// <summary>1 systemd [2 sshd [3 bash, 4 vim], 5 cron (orphan)].</summary>
    public static ImmutableArray<ProcessRow> Small { get; } =
    [
        Row(1, "systemd", 0, 4), Row(2, "sshd", 1, 2), Row(3, "bash", 2, 0), Row(4, "vim", 2, 0, args: ["vim", "notes.txt"]), Row(5, "cron", 1, 0, ProcessMark.Orphan, "e1"),
    ];

    public static ProcessRow Row(int pid, string comm, int depth, int descendants, ProcessMark mark = ProcessMark.None, string? episode = null, string[]? args = null) => new(
        new ProcessState(
            new ProcessKey(pid, (ulong)pid), new ProcessFacts(0, pid, pid, comm, args is null ? [comm] : [.. args], 'S', 0, true, null),
            [new ThreadInfo(pid, comm, "Poll", Bounded.No, null, "ep_poll", "epoll_wait", false, null)], []),
        depth, descendants, mark, episode);

    public static HostView View(string id, ImmutableArray<ProcessRow> rows, DateTimeOffset at) => new()
    {
        Host = new HostIdentity(id, "box", "boot", "6.1", "x86_64", 100, at.AddDays(-1)),
        AgentVersion = "0.1.0", Backend = "proc", State = HostState.Online, TakenAt = at, LastSeen = at,
        Visibility = new Visibility(rows.Length, rows.Length, 0, 0, 0, true), Rows = rows, Findings = ImmutableDictionary<string, Finding>.Empty,
    };
}
