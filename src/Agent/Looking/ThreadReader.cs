using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Looking;

/// <param name="Records">Living threads, ascending by tid.</param>
/// <param name="Listed">How many task/ listed.</param>
/// <param name="Complete">False where one was listed and could not be read.</param>
internal readonly record struct ThreadList(ImmutableArray<ThreadRecord> Records, int Listed, bool Complete);

/// <summary>
/// Reads the threads of a process: counters of all of them first, then what each one waits for. A thread whose counters have not moved has not run, so
/// it waits where it waited: it is read again only where everything is.
/// </summary>
internal sealed class ThreadReader(ReadBuffer buffer, TextPool texts, FileBudget files, string architecture) : IDisposable
{
    private readonly DirectoryHandle _task = DirectoryHandle.Closed();
    private readonly List<int> _tids = [];
    private readonly List<TrackedThread> _threads = [];
    private readonly List<ThreadRecord> _records = [];
    private readonly byte[] _counterText = new byte[96];

    /// <summary>Null: sched cannot be read.</summary>
    internal TimeSpan? SchedulerLag { get; private set; }

    /// <summary>
    /// How far the scheduler's clock, which se.exec_start of sched counts by, is behind the time since boot: by seconds where a virtual machine was paused. Who asks runs
    /// now, so its own se.exec_start is the scheduler's now, to a tick. Taken over only where it has moved, for what has not run is to look the same.
    /// </summary>
    internal void BeginLook(DirectoryHandle proc)
    {
        // Whoever loses its CPU between the two clocks reads them anew, not for ever.
        for (int reads = 0; reads < 8; reads++)
        {
            TimeSpan before = Machine.SinceBoot;
            if (proc.Read("thread-self/sched"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen || SchedFile.Parse(text) is not { } now)
                return;
            TimeSpan after = Machine.SinceBoot, lag = after - now;
            if ((lag - (SchedulerLag ??= TimeSpan.Zero)).Duration() <= TimeSpan.FromSeconds(1))
                return;
            if (after - before > TimeSpan.FromMilliseconds(20))
                continue;
            SchedulerLag = lag;
            return;
        }
    }

    /// <inheritdoc cref="FileBudget.OpenIn"/>
    internal IReadOnlySet<int>? KeptFilesIn(int pid) => files.OpenIn(pid);

    /// <summary>The one thread of a process with num_threads 1: its files are the process's own, so task/ need not be listed.</summary>
    /// <param name="counters">Read before <paramref name="stat"/> was.</param>
    internal ThreadList ReadSingle(TrackedProcess process, DirectoryHandle directory, StatFile stat, RunCounters? counters, ReadPlan plan, LookTally tally)
    {
        KeptFile schedstat = Known(process, stat.Pid) is { Schedstat.IsOpen: true } known ? known.Schedstat : files.Open(directory, "schedstat"u8);
        KeepOnly(process, stat.Pid);
        process.Threads.Add(new TrackedThread(stat.Pid, schedstat, counters));
        ThreadRecord? before = plan.Before?.Threads is [{ } only] && only.Tid == stat.Pid ? only : null;
        ThreadRecord record = ReadThread(directory, stat, counters, task: null, before, plan, tally);
        return new ThreadList(before is not null && ReferenceEquals(before, record) ? plan.Before!.Threads : [record], 1, true);
    }

    internal ThreadList ReadAll(TrackedProcess process, DirectoryHandle directory, ReadPlan plan, LookTally tally)
    {
        _tids.Clear();
        bool listed = _task.Reopen(directory, "task"u8) == Sight.Seen && _task.ListNumbers(_tids) == Sight.Seen;
        _task.Dispose();
        if (!listed)
            return new ThreadList([], 0, false);
        ReadCounters(process, directory);

        bool complete = true;
        ImmutableArray<ThreadRecord> before = plan.Before?.Threads ?? [];
        int place = 0;
        _records.Clear();
        foreach (TrackedThread thread in process.Threads)
        {
            while (place < before.Length && before[place].Tid < thread.Tid)
                place++;
            ThreadRecord? known = place < before.Length && before[place].Tid == thread.Tid ? before[place] : null;
            if (known is not null && !plan.Suspect && !plan.Everything && known.Stood(thread.Counters))
            {
                _records.Add(WithoutCostly(known));
                continue;
            }
            Sight sight = directory.Read(new RelativePath("task"u8, thread.Tid, "stat"u8), buffer, out ReadOnlySpan<byte> text);
            if (sight != Sight.Seen || !StatFile.TryParse(text, out StatFile stat))
            {
                tally.CountLost(sight);
                complete = false;
            }
            else if (stat.State is not ('Z' or 'X'))
                _records.Add(ReadThread(directory, stat, thread.Counters, thread.Tid, known, plan, tally));
        }
        return new ThreadList(Kept(_records, before), _tids.Count, complete);
    }

    /// <summary>
    /// Of a process none of whose threads has run: whether each is still blocked in the call that is known. Its counters were asked for by the sweep, and
    /// who does not run neither comes nor goes.
    /// </summary>
    internal bool StillBlocked(DirectoryHandle directory, ProcessRecord before)
    {
        bool single = before.Threads.Length == 1 && before.Threads[0].Tid == before.Pid;
        foreach (ThreadRecord thread in before.Threads)
        {
            if (!ReferenceEquals(ReadCall(directory, single ? null : thread.Tid, thread.Call), thread.Call))
                return false;
        }
        return true;
    }

    /// <summary>Of threads that stood still since they were read. What was asked of a suspect, and is not any more, must not grow old.</summary>
    internal static ImmutableArray<ThreadRecord> WithoutCostly(ImmutableArray<ThreadRecord> threads)
    {
        foreach (ThreadRecord thread in threads)
        {
            if (!ReferenceEquals(WithoutCostly(thread), thread))
                return [.. threads.Select(WithoutCostly)];
        }
        return threads;
    }

    private static ThreadRecord WithoutCostly(ThreadRecord thread) => thread is { NsTid: null, LastRan: null, SignalsPending: null, SignalsBlocked: null }
        ? thread
        : thread with { NsTid = null, LastRan = null, SignalsPending = null, SignalsBlocked = null };

    /// <summary>
    /// For suspects, after everything else of the process was read: a thread whose counters have moved meanwhile ran, so what was
    /// read of it may belong to several instants. It is shown as running.
    /// </summary>
    internal ImmutableArray<ThreadRecord> MarkThoseThatRan(DirectoryHandle directory, ImmutableArray<ThreadRecord> threads) =>
        [.. threads.Select(thread => Counters(directory, new RelativePath("task"u8, thread.Tid, "schedstat"u8)) is { } after && after != thread.Counters
            ? thread with { Counters = after, Call = BlockedCall.Running, RanOutOf = thread.Call, Memory = null }
            : thread)];

    /// <summary>Whether a thread waits in a call for which eventfds and pidfds of the process have to be told apart.</summary>
    internal bool NamesObjects(ImmutableArray<ThreadRecord> threads)
    {
        foreach (ThreadRecord thread in threads)
        {
            if (NamesObjects(thread))
                return true;
        }
        return false;
    }

    private bool NamesObjects(ThreadRecord thread) =>
        CallOf(thread) is SystemCall.Poll or SystemCall.Ppoll or SystemCall.Select or SystemCall.Pselect6 or SystemCall.EpollWait or SystemCall.EpollPwait
            or SystemCall.EpollPwait2 or SystemCall.Waitid or SystemCall.Read or SystemCall.Readv or SystemCall.Write or SystemCall.Writev or SystemCall.RestartSyscall;

    /// <summary>The epoll fds that sleeping threads wait on. Valid until the next call.</summary>
    internal IReadOnlySet<int> EpollsWaitedOn(ImmutableArray<ThreadRecord> threads)
    {
        _epolls.Clear();
        foreach (ThreadRecord thread in threads)
        {
            if (thread.State == 'S' && CallOf(thread) is SystemCall.EpollWait or SystemCall.EpollPwait or SystemCall.EpollPwait2)
                _epolls.Add((int)thread.Call.Arguments[0]);
        }
        return _epolls;
    }

    private readonly HashSet<int> _epolls = [];

    /// <summary>Whether a thread sleeps in a call on an fd that is not in this table: it may have one of its own.</summary>
    internal bool AnyNamesAnUnknownFd(ImmutableArray<ThreadRecord> threads, ImmutableArray<FileDescriptor> fds)
    {
        foreach (ThreadRecord thread in threads)
        {
            if (thread.State == 'S' && CallOf(thread) is SystemCall.Read or SystemCall.Readv or SystemCall.Write or SystemCall.Writev or SystemCall.Recvfrom or SystemCall.Recvmsg
                or SystemCall.Sendto or SystemCall.Sendmsg or SystemCall.Sendmmsg && !fds.Any(fd => fd.Number == (int)thread.Call.Arguments[0]))
                return true;
        }
        return false;
    }

    internal static bool Sleeps(ThreadRecord thread) => thread is { State: 'S', Call.Status: BlockedCallStatus.InCall };

    /// <summary>Those of the leader, of the file that is kept open where there is one.</summary>
    internal RunCounters? LeaderCounters(TrackedProcess process, DirectoryHandle directory) =>
        process.Threads is [{ Schedstat.IsOpen: true } leader, ..] && leader.Tid == process.Pid && Counters(leader.Schedstat) is { } counters
            ? counters
            : Counters(directory, "schedstat"u8);

    internal RunCounters? Counters(DirectoryHandle directory, RelativePath schedstat) =>
        directory.Read(schedstat, buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? SchedstatFile.Parse(text) : null;

    /// <summary>Through a file that is kept open: null where it is not, or its thread is gone.</summary>
    internal RunCounters? Counters(KeptFile schedstat) =>
        schedstat.IsOpen && schedstat.Read(_counterText, out int length) == Sight.Seen ? SchedstatFile.Parse(_counterText.AsSpan(0, length)) : null;

    public void Dispose() => _task.Dispose();

    /// <summary>Brings the process's threads in line with those that are listed, each with its counters of now.</summary>
    private void ReadCounters(TrackedProcess process, DirectoryHandle directory)
    {
        _threads.Clear();
        int place = 0;
        foreach (int tid in _tids)
        {
            for (; place < process.Threads.Count && process.Threads[place].Tid < tid; place++)
                files.Close(process.Threads[place].Schedstat);
            KeptFile schedstat = place < process.Threads.Count && process.Threads[place].Tid == tid ? process.Threads[place++].Schedstat : default;
            RunCounters? counters = Counters(schedstat);
            if (counters is null)
            {
                // Not open yet, or that of a thread that had this tid before.
                files.Close(schedstat);
                var path = new RelativePath("task"u8, tid, "schedstat"u8);
                schedstat = files.Open(directory, path);
                counters = schedstat.IsOpen ? Counters(schedstat) : Counters(directory, path);
            }
            _threads.Add(new TrackedThread(tid, schedstat, counters));
        }
        for (; place < process.Threads.Count; place++)
            files.Close(process.Threads[place].Schedstat);
        process.Threads.Clear();
        process.Threads.AddRange(_threads);
    }

    private static TrackedThread? Known(TrackedProcess process, int tid)
    {
        foreach (TrackedThread thread in process.Threads)
        {
            if (thread.Tid == tid)
                return thread;
        }
        return null;
    }

    /// <summary>Forgets all threads, and closes their files but that of <paramref name="tid"/>.</summary>
    private void KeepOnly(TrackedProcess process, int tid)
    {
        foreach (TrackedThread thread in process.Threads)
        {
            if (thread.Tid != tid)
                files.Close(thread.Schedstat);
        }
        process.Threads.Clear();
    }

    /// <summary>When a task last ran, since boot; a zombie, to exit.</summary>
    /// <param name="directory">Of its process.</param>
    /// <param name="task">Null: the leader, by the files of the process.</param>
    internal TimeSpan? LastRanOf(DirectoryHandle directory, int? task) =>
        directory.Read(RelativePath.OfProcess(task, "sched"u8), buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? SchedFile.Parse(text) + SchedulerLag.GetValueOrDefault() : null;

    /// <summary>Whether what it waits on may be the word of a lock that names its owner.</summary>
    internal bool MayWaitForLock(ThreadRecord thread) =>
        CallOf(thread) == SystemCall.Futex
        && (FutexLock.WordsOf(thread.Call.Arguments[0], (int)thread.Call.Arguments[1], (uint)thread.Call.Arguments[2]) is not null || FutexLock.IsPriorityInheriting((int)thread.Call.Arguments[1]));

    /// <summary>The call that it is blocked in; null: in none, or one that is not known.</summary>
    internal SystemCall? CallOf(ThreadRecord thread) =>
        thread.Call.Status == BlockedCallStatus.InCall && SystemCallTable.TryGet(architecture, thread.Call.Number, out SystemCall call) ? call : null;

    private ThreadRecord ReadThread(DirectoryHandle directory, StatFile stat, RunCounters? counters, int? task, ThreadRecord? before, ReadPlan plan, LookTally tally)
    {
        bool stood = before is not null && before.Stood(counters);
        if (stood && !plan.Suspect && !plan.Everything)
            return WithoutCostly(before!);
        (int tid, char state) = (stat.Pid, stat.State);
        string comm = texts.Get(stat.Comm, before?.Comm);
        BlockedCall call = state == 'R' ? BlockedCall.Running : ReadCall(directory, task, before?.Call);
        if (call.Status == BlockedCallStatus.Denied)
            tally.WaitsDenied++;
        string? wchan = state == 'R' ? null
            // Where it sleeps is where it slept, as long as it has not run.
            : stood && before!.State == state && ReferenceEquals(before.Call, call) ? before.Wchan
            : directory.Read(RelativePath.OfProcess(task, "wchan"u8), buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? WchanFile.Parse(text) is { IsEmpty: false } name ? texts.Get(name) : null
            : null;
        TimeSpan? lastRan = plan.Suspect ? LastRanOf(directory, task) : null;
        StatusFile? signals = plan.Suspect && directory.Read(RelativePath.OfProcess(task, "status"u8), buffer, out text) == Sight.Seen
            && StatusFile.TryParse(text, out StatusFile status) ? status : null;
        int? nsTid = signals is { NsPid: not 0 and var number } && number != tid ? number : null;
        if (before is not null && before.Comm == comm && before.State == state && before.Counters == counters && before.NsTid == nsTid
            && ReferenceEquals(before.Call, call) && before.Wchan == wchan && before.LastRan == lastRan
            && before.SignalsPending == signals?.ThreadSignalsPending && before.SignalsBlocked == signals?.ThreadSignalsBlocked)
            return before;
        return new ThreadRecord { Tid = tid, NsTid = nsTid, Comm = comm, State = state, Counters = counters, Call = call, Wchan = wchan, LastRan = lastRan,
            SignalsPending = signals?.ThreadSignalsPending, SignalsBlocked = signals?.ThreadSignalsBlocked };
    }

    private BlockedCall ReadCall(DirectoryHandle directory, int? task, BlockedCall? before) =>
        directory.Read(RelativePath.OfProcess(task, "syscall"u8), buffer, out ReadOnlySpan<byte> text) switch
        {
            Sight.Seen => SyscallFile.Parse(text, before),
            Sight.Denied => BlockedCall.Denied,
            _ => BlockedCall.Unreadable,
        };

    /// <summary>The records that were read; the array of before where they are all the same.</summary>
    internal static ImmutableArray<ThreadRecord> Kept(List<ThreadRecord> records, ImmutableArray<ThreadRecord> before)
    {
        bool same = records.Count == before.Length;
        for (int i = 0; same && i < before.Length; i++)
            same = ReferenceEquals(records[i], before[i]);
        return same ? before : [.. CollectionsMarshal.AsSpan(records)];
    }
}
