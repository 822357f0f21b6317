using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>What is kept of a process from look to look.</summary>
/// <param name="pid">Its pid in the /proc that is read.</param>
/// <param name="inode">Inode number of its directory there: another one, and it is (or may be) another process.</param>
internal sealed class TrackedProcess(int pid, ulong inode)
{
    internal int Pid => pid;

    internal ulong Inode => inode;

    /// <summary>As it was read last. Null: not yet, or it could not be; and of kernel threads.</summary>
    internal ProcessRecord? Record { get; set; }

    /// <summary>PF_KTHREAD: there is nothing to read.</summary>
    internal bool IsKernelThread { get; set; }

    /// <summary>Set by the sweep: a thread of it has run, or may have, since <see cref="Record"/> was read.</summary>
    internal bool Ran { get; set; } = true;

    /// <summary>Number of the look that read it last.</summary>
    internal long ReadAt { get; set; }

    /// <summary>Read with the costly facts, which must not grow old.</summary>
    internal bool WasSuspect { get; set; }

    /// <summary>
    /// It is to be read again whatever the counters say: a thread was running when they were read, and the kernel brings them up to date later; or an event
    /// told of something that changes a process from outside.
    /// </summary>
    internal bool MayHaveMoved { get; set; }

    /// <summary>A self-check found something new in it; the next sweep tells whether it had run meanwhile.</summary>
    internal bool DifferedAtCheck { get; set; }

    /// <summary>Looks in a row, up to now, that found that it had run, and that its fd table was the same all the same.</summary>
    internal int HotLooks { get; set; }

    /// <summary>What could not be read of it.</summary>
    internal ReadCounts Reads { get; set; }

    /// <summary>What is read once and stays until it executes another program. Null: not read, or an exec was told.</summary>
    internal ExecFacts? OfExec { get; set; }

    /// <summary>What it keeps as the program that it is now.</summary>
    /// <param name="leaderLeft">
    /// Its leader is dead and other threads are not. What was read while it left, by the leader, may be empty for that reason alone: it is read again by a thread that lives.
    /// </param>
    internal ExecFacts ExecOf(string comm, string? exe, bool leaderLeft) =>
        OfExec is { } known && known.AreOf(comm, exe, leaderLeft) ? known : OfExec = new ExecFacts(comm, exe, leaderLeft);

    /// <summary>Living threads as they were listed last, ascending by tid; the one of a process with one thread as well.</summary>
    internal List<TrackedThread> Threads { get; } = [];

    /// <summary>Sum of the counters of all its threads, where a back end has only that.</summary>
    internal RunCounters GroupCounters { get; set; }

    /// <summary>Which fd table, which memory, which program, which cgroup, and the open file description of each entry of the record's table, as the kernel program named them; 0: it did not.</summary>
    internal ulong TableId { get; set; }
    internal ulong MemoryId { get; set; }
    internal ulong ExecId { get; set; }
    internal ulong CgroupId { get; set; }
    internal ulong[] Descriptions { get; set; } = [];

    /// <summary>The kernel program saw a thread with another table than <see cref="TableId"/>.</summary>
    internal bool HasOtherTables { get; set; }

    internal void CloseFiles(FileBudget files)
    {
        foreach (TrackedThread thread in Threads)
            files.Close(thread.Schedstat);
        Threads.Clear();
    }
}

/// <summary>What belongs to a program from one execve(2) to the next, which changes comm or exe. Each part is null until it could be read.</summary>
internal sealed class ExecFacts(string comm, string? exe, bool leaderLeft)
{
    internal ImmutableArray<string>? Arguments { get; set; }
    internal ImmutableArray<JobCookie>? JobCookies { get; set; }
    internal NamespaceSet? Namespaces { get; set; }

    /// <summary>Its environment may not be read; it stays so until an exec.</summary>
    internal bool EnvironmentDenied { get; set; }

    internal bool AreOf(string otherComm, string? otherExe, bool otherLeft) => comm == otherComm && exe == otherExe && leaderLeft == otherLeft;
}

/// <param name="Tid">Thread id.</param>
/// <param name="Schedstat">Kept open by the back end that asks all threads at each look whether they have run; not open otherwise.</param>
/// <param name="Counters">As they were before the thread was read. Null: not readable.</param>
internal readonly record struct TrackedThread(int Tid, KeptFile Schedstat, RunCounters? Counters);
