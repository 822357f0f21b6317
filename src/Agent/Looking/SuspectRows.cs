using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// A suspect by its rows: they are of one instant, that of the pass. Added is what rows do not hold; and a thread that has run since, so that what was read meanwhile may be of another
/// instant, is shown as running.
/// </summary>
internal sealed class SuspectRows(DirectoryHandle proc, ReadBuffer buffer, ThreadReader threads, FreezerReader freezer, RiskyParts parts, NamespaceReader namespaces, string architecture)
{
    private readonly ulong? _ownPidNamespace = namespaces.Link(proc, null, "self/ns/pid"u8);

    /// <summary>
    /// Whether rows tell as much as /proc: not of who is in the middle of something, whose table others may change, or whose threads have other numbers in a pid namespace of
    /// their own.
    /// </summary>
    internal bool AreEnough(in ProcessRow row)
    {
        const ProcessFlags No = ProcessFlags.Zombie | ProcessFlags.LeaderExited | ProcessFlags.NoTable | ProcessFlags.TableShared | ProcessFlags.TableTorn | ProcessFlags.OtherTables
            | ProcessFlags.SignalsUnknown | ProcessFlags.Active | ProcessFlags.WithoutProgram;
        return (row.Flags & No) == 0 && row.PidNamespace == _ownPidNamespace;
    }

    /// <summary>Null: it is another one now, or has left.</summary>
    internal ProcessRecord? Complete(TrackedProcess process, ProcessRecord record, in ProcessRow row, BpfSweep sweep, DirectoryHandle directory, ReadPlan plan, LookTally tally)
    {
        record = record with
        {
            Fds = CallTimeouts.Added(record.Pid, architecture, record.Threads, record.Fds),
            Frozen = freezer.IsFrozen(record.Cgroup),
        };
        parts.Want(process, record, null, plan);
        record = parts.FinishLast(process, record, tally);
        record = record with { Threads = threads.MarkThoseThatRan(directory, record.Threads) };
        if (directory.Read("stat"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen || !StatFile.TryParse(text, out StatFile after)
            || after.IsZombie || after.StartTimeTicks != record.StartTimeTicks)
            return null;
        record = record with { Ppid = after.Ppid, Pgrp = after.Pgrp, Session = after.Session, ThreadsComplete = record.ThreadsComplete && after.NumThreads == row.TaskCount };
        return RowReader.Complete(record, row, sweep.TasksOf(row), sweep.FdsOf(row));
    }
}
