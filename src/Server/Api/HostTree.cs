using System.Collections.Immutable;
using System.ComponentModel;
using OrphanBoard.Server.Live;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Server.Api;

public sealed record HostTree(
    [property: Description("The instant shown.")] DateTimeOffset At,
    [property: Description("True when nothing is known of the instant asked for.")] bool Gap,
    string? GapReason,
    [property: Description("Depth first, siblings ascending by pid.")] ImmutableArray<TreeProcess> Processes);

public record TreeProcess(
    int Pid,
    [property: Description("starttime, clock ticks since boot: with the pid it tells the process from a later one of that pid.")] ulong StartTimeTicks,
    int Ppid,
    int Pgrp,
    int Session,
    string Comm,
    [property: Description("Redacted argument vector; null: could not be read.")] ImmutableArray<string>? Cmdline,
    [property: Description("State letter of proc(5).")] string State,
    uint Uid,
    [property: Description("How many threads.")] int Threads,
    [property: Description("How many open file descriptors; 0 where the table is hidden from the agent.")] int Fds,
    [property: Description("False: the fd table is hidden from the agent.")] bool FdsVisible,
    OrphanInfo? Orphan,
    [property: Description("Id of the open finding that it takes part in, or null.")] string? Finding,
    [property: Description("Id of that finding's episode, or null.")] string? Episode)
{
    internal static ImmutableArray<TreeProcess> All(HostView view)
    {
        FindingMarks marks = FindingMarks.Of(view.Findings.Values);
        return [.. view.Rows.Select(row => Of(row, marks))];
    }

    internal static TreeProcess Of(ProcessRow row, FindingMarks marks)
    {
        var (key, facts, threads, fds) = row.Process;
        return new TreeProcess(
            key.Pid, key.StartTimeTicks, facts.Ppid, facts.Pgrp, facts.Session, facts.Comm, facts.Cmdline, facts.State.ToString(), facts.Uid,
            threads.Length, fds.Length, facts.FdsVisible, facts.Orphan, marks.For(row.Process).FindingId, row.EpisodeId);
    }
}

public sealed record HostProcess(
    [property: Description("The instant shown.")] DateTimeOffset At, bool Gap, string? GapReason,
    int Pid, ulong StartTimeTicks, int Ppid, int Pgrp, int Session, string Comm, ImmutableArray<string>? Cmdline, string State, uint Uid,
    int Threads, int Fds, bool FdsVisible, OrphanInfo? Orphan, string? Finding, string? Episode,
    [property: Description("As in the scan schema.")] ImmutableArray<ThreadInfo> ThreadList,
    [property: Description("As in the scan schema.")] ImmutableArray<FdInfo> FdTable)
    : TreeProcess(Pid, StartTimeTicks, Ppid, Pgrp, Session, Comm, Cmdline, State, Uid, Threads, Fds, FdsVisible, Orphan, Finding, Episode)
{
    /// <summary>Of two with one pid, the later one: the earlier has ended.</summary>
    internal static HostProcess? Find(HostView view, int pid, string? gapReason)
    {
        if (view.Rows.Where(r => r.Process.Key.Pid == pid).MaxBy(r => r.Process.Key) is not { } row)
            return null;
        TreeProcess p = TreeProcess.Of(row, FindingMarks.Of(view.Findings.Values));
        return new HostProcess(
            view.TakenAt, gapReason is not null, gapReason, p.Pid, p.StartTimeTicks, p.Ppid, p.Pgrp, p.Session, p.Comm, p.Cmdline, p.State, p.Uid,
            p.Threads, p.Fds, p.FdsVisible, p.Orphan, p.Finding, p.Episode, row.Process.Threads, row.Process.Fds);
    }
}
