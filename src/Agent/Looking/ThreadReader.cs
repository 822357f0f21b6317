using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Looking;

/// <param name="Records">Living threads, ascending by tid.</param>
/// <param name="Listed">How many task/ listed.</param>
/// <param name="Complete">False where one was listed and could not be read.</param>
internal sealed record ThreadList(ImmutableArray<ThreadRecord> Records, int Listed, bool Complete);

/// <summary>Reads the threads of a process: counters of all of them first, then what each one waits for.</summary>
internal sealed class ThreadReader(ReadBuffer buffer, CallMemoryReader memoryReader, string architecture)
{
    private readonly List<int> _tids = [];
    private readonly List<RunCounters?> _counters = [];

    internal RunCounters? Counters(DirectoryHandle directory, RelativePath schedstat) =>
        directory.Read(schedstat, buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? SchedstatFile.Parse(text) : null;

    /// <summary>The one thread of a process with num_threads 1: its files are the process's own, so task/ need not be listed.</summary>
    internal ThreadList ReadSingle(DirectoryHandle directory, StatFile stat, RunCounters? counters, bool suspect, LookTally tally)
    {
        ThreadRecord record = ReadThread(directory, stat, counters, task: null, suspect, tally);
        return new ThreadList([WithMemory(record, tally)], 1, true);
    }

    internal ThreadList ReadAll(DirectoryHandle directory, bool suspect, LookTally tally)
    {
        _tids.Clear();
        _counters.Clear();
        if (!List(directory))
            return new ThreadList([], 0, false);
        foreach (int tid in _tids)
            _counters.Add(Counters(directory, new RelativePath("task"u8, tid, "schedstat"u8)));

        bool complete = true;
        ImmutableArray<ThreadRecord>.Builder records = ImmutableArray.CreateBuilder<ThreadRecord>(_tids.Count);
        for (int i = 0; i < _tids.Count; i++)
        {
            Sight sight = directory.Read(new RelativePath("task"u8, _tids[i], "stat"u8), buffer, out ReadOnlySpan<byte> text);
            if (sight != Sight.Seen || !StatFile.TryParse(text, out StatFile? stat))
            {
                tally.CountLost(sight);
                complete = false;
            }
            else if (stat!.State is not ('Z' or 'X'))
                records.Add(ReadThread(directory, stat, _counters[i], _tids[i], suspect, tally));
        }
        // The memory of a process is read only while all of it sleeps: a thread in state D may hold its lock, and the reader would hang with it.
        if (records.All(record => record.State == 'S'))
        {
            for (int i = 0; i < records.Count; i++)
                records[i] = WithMemory(records[i], tally);
        }
        return new ThreadList(records.ToImmutable(), _tids.Count, complete);
    }

    /// <summary>
    /// For suspects, after everything else of the process was read: a thread whose counters have moved meanwhile ran, so what was
    /// read of it may belong to several instants. It is shown as running.
    /// </summary>
    internal ImmutableArray<ThreadRecord> MarkThoseThatRan(DirectoryHandle directory, ImmutableArray<ThreadRecord> threads) =>
        [.. threads.Select(thread => Counters(directory, new RelativePath("task"u8, thread.Tid, "schedstat"u8)) is { } after && after != thread.Counters
            ? thread with { Counters = after, Call = BlockedCall.Running, Memory = null }
            : thread)];

    /// <summary>Whether the thread waits in a call for which eventfds and pidfds of the process have to be told apart.</summary>
    internal bool NamesObjects(ThreadRecord thread) =>
        CallOf(thread) is SystemCall.Poll or SystemCall.Ppoll or SystemCall.Select or SystemCall.Pselect6 or SystemCall.EpollWait or SystemCall.EpollPwait
            or SystemCall.EpollPwait2 or SystemCall.Waitid or SystemCall.Read or SystemCall.RestartSyscall;

    /// <summary>The epoll fds that sleeping threads wait on.</summary>
    internal IReadOnlySet<int> EpollsWaitedOn(ImmutableArray<ThreadRecord> threads)
    {
        HashSet<int>? epolls = null;
        foreach (ThreadRecord thread in threads)
        {
            if (thread.State == 'S' && CallOf(thread) is SystemCall.EpollWait or SystemCall.EpollPwait or SystemCall.EpollPwait2)
                (epolls ??= []).Add((int)thread.Call.Arguments[0]);
        }
        return epolls ?? None;
    }

    private static readonly HashSet<int> None = [];

    private SystemCall? CallOf(ThreadRecord thread) =>
        thread.Call.Status == BlockedCallStatus.InCall && SystemCallTable.TryGet(architecture, thread.Call.Number, out SystemCall call) ? call : null;

    private bool List(DirectoryHandle directory)
    {
        if (directory.OpenDirectory("task"u8, out DirectoryHandle? task) != Sight.Seen)
            return false;
        using (task)
            return task!.ListNumbers(_tids) == Sight.Seen;
    }

    private ThreadRecord ReadThread(DirectoryHandle directory, StatFile stat, RunCounters? counters, int? task, bool suspect, LookTally tally)
    {
        BlockedCall call = stat.State == 'R' ? BlockedCall.Running : ReadCall(directory, task);
        if (call.Status == BlockedCallStatus.Denied)
            tally.WaitsDenied++;
        StatusFile? signals = suspect && directory.Read(RelativePath.OfProcess(task, "status"u8), buffer, out ReadOnlySpan<byte> text) == Sight.Seen
            && StatusFile.TryParse(text, out StatusFile status) ? status : null;
        return new ThreadRecord
        {
            Tid = stat.Pid,
            Comm = stat.Comm,
            State = stat.State,
            Counters = counters,
            Call = call,
            Wchan = stat.State != 'R' && directory.Read(RelativePath.OfProcess(task, "wchan"u8), buffer, out text) == Sight.Seen
                ? WchanFile.Parse(text)
                : null,
            LastRan = suspect && directory.Read(RelativePath.OfProcess(task, "sched"u8), buffer, out text) == Sight.Seen ? SchedFile.Parse(text) : null,
            SignalsPending = signals?.ThreadSignalsPending,
            SignalsBlocked = signals?.ThreadSignalsBlocked,
        };
    }

    private BlockedCall ReadCall(DirectoryHandle directory, int? task) =>
        directory.Read(RelativePath.OfProcess(task, "syscall"u8), buffer, out ReadOnlySpan<byte> text) switch
        {
            Sight.Seen => SyscallFile.Parse(text),
            Sight.Denied => BlockedCall.Denied,
            _ => BlockedCall.Unreadable,
        };

    private ThreadRecord WithMemory(ThreadRecord thread, LookTally tally)
    {
        if (thread.State != 'S' || CallOf(thread) is not { } call)
            return thread;
        CallMemory? memory = memoryReader.Read(thread, call, out bool denied);
        if (denied)
            tally.WaitsDenied++;
        return memory is null ? thread : thread with { Memory = memory };
    }
}
