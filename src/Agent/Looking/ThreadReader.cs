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
    internal ThreadList ReadSingle(DirectoryHandle directory, StatFile stat, RunCounters? counters, bool suspect, LookTally tally) =>
        new([ReadThread(directory, stat, counters, task: null, suspect, tally)], 1, true);

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
            or SystemCall.EpollPwait2 or SystemCall.Waitid or SystemCall.Read;

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
        return new ThreadRecord
        {
            Tid = stat.Pid,
            Comm = stat.Comm,
            State = stat.State,
            Counters = counters,
            Call = call,
            Wchan = stat.State != 'R' && directory.Read(RelativePath.OfProcess(task, "wchan"u8), buffer, out ReadOnlySpan<byte> text) == Sight.Seen
                ? WchanFile.Parse(text)
                : null,
            LastRan = suspect && directory.Read(RelativePath.OfProcess(task, "sched"u8), buffer, out text) == Sight.Seen ? SchedFile.Parse(text) : null,
        };
    }

    private BlockedCall ReadCall(DirectoryHandle directory, int? task) =>
        directory.Read(RelativePath.OfProcess(task, "syscall"u8), buffer, out ReadOnlySpan<byte> text) switch
        {
            Sight.Seen => SyscallFile.Parse(text),
            Sight.Denied => BlockedCall.Denied,
            _ => BlockedCall.Unreadable,
        };

    /// <summary>Sum of the run counters: another number once one of the threads has run.</summary>
    internal static ulong Moved(ImmutableArray<ThreadRecord> threads)
    {
        ulong moved = 0;
        foreach (ThreadRecord thread in threads)
            moved += thread.Counters is { } ran ? ran.RunTimeNs + ran.Timeslices : 0;
        return moved;
    }

    /// <summary>Queues what the sleeping threads' calls point to; each by the index of its thread.</summary>
    internal List<(int Thread, WantedCallMemory Memory)>? WantMemory(ProcessKey target, ImmutableArray<ThreadRecord> threads, ulong moved, bool asleep)
    {
        List<(int, WantedCallMemory)>? wanted = null;
        for (int i = 0; i < threads.Length; i++)
        {
            if (threads[i].State == 'S' && CallOf(threads[i]) is { } call && memoryReader.Want(target, threads[i], call, moved, asleep) is { } memory)
                (wanted ??= []).Add((i, memory));
        }
        return wanted;
    }

    internal ImmutableArray<ThreadRecord> TakeMemory(ImmutableArray<ThreadRecord> threads, List<(int Thread, WantedCallMemory Memory)>? wanted, LookTally tally)
    {
        if (wanted is null)
            return threads;
        ThreadRecord[] records = [.. threads];
        foreach ((int thread, WantedCallMemory memory) in wanted)
        {
            if (memoryReader.Take(memory, out Sight sight) is { } found)
                records[thread] = records[thread] with { Memory = found };
            if (sight == Sight.Denied)
                tally.WaitsDenied++;
        }
        return [.. records];
    }
}
