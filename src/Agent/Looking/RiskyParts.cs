using System.Collections.Immutable;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// What of a process only reads tell that may block on it: arguments, marks of CI jobs, what its calls' pointers point to, members of its epolls. Queued while
/// the rest is read, made together for many processes, and put into their records then.
/// </summary>
internal sealed class RiskyParts(RiskyReads risky, CallMemoryReader memory, CommandLines commandLines, JobCookieReader jobCookies, ThreadReader threads, FdTableReader fds)
{
    private readonly List<Wanted> _wanted = [];
    private readonly LookTally _tally = new();

    private readonly record struct Wanted(
        TrackedProcess Process, ProcessRecord Record, ReadTicket? Arguments, ReadTicket? Environment, List<(int Thread, WantedCallMemory Memory)>? Memory,
        List<(int Fd, ReadTicket Fdinfo)>? Epolls, List<(int Fd, ReadTicket Links)>? Links, ReadTicket? Maps);

    /// <summary>Processes that wait for <see cref="Finish"/>.</summary>
    internal int Count => _wanted.Count;

    /// <summary>Queues what the record lacks.</summary>
    /// <param name="living">A living thread where the leader is dead, else null.</param>
    /// <param name="plan">Of a suspect what was read before is read again: others may have written it.</param>
    internal void Want(TrackedProcess process, ProcessRecord record, int? living, ReadPlan plan)
    {
        bool suspect = plan.Suspect;
        (bool asleep, bool allAsleep, ulong moved) = StateOf(record.Threads);
        ReadTicket? arguments = null, environment = null;
        if (process.OfExec is { } exec)
        {
            arguments = exec.Arguments is null ? commandLines.Want(record.Key, living, moved, asleep) : null;
            environment = plan.Origin && exec.JobCookies is null && !exec.EnvironmentDenied ? jobCookies.Want(record.Key, living, moved, asleep) : null;
        }
        // The memory of a process is read only while all of it sleeps: what runs changes it. But for locks, whose words stand as long as they are waited for.
        List<(int, WantedCallMemory)>? ofCalls = null;
        for (int i = 0; i < record.Threads.Length; i++)
        {
            ThreadRecord thread = record.Threads[i];
            if ((allAsleep || thread.State == 'S' && threads.MayWaitForLock(thread)) && (thread.Memory is null || suspect) && threads.CallOf(thread) is { } call && memory.Want(record.Key, thread, call, moved, asleep, suspect) is { } wanted)
                (ofCalls ??= []).Add((i, wanted));
        }
        List<(int, ReadTicket)>? epolls = fds.WantEpolls(record, living, moved, asleep, plan, threads.EpollsWaitedOn(record.Threads));
        List<(int, ReadTicket)>? links = suspect ? fds.WantLinks(record, living, moved, asleep) : null;
        ReadTicket? maps = suspect && plan.Maps && record.HasAio is null && !record.Threads.IsEmpty
            ? risky.Queue(record.Key, moved, new RiskyRead(RiskyReadKind.Maps, record.Pid, record.Threads[0].Tid, RiskyRead.MaxLength, 0), asleep)
            : null;
        if (arguments is not null || environment is not null || ofCalls is not null || epolls is not null || links is not null || maps is not null)
            _wanted.Add(new Wanted(process, record, arguments, environment, ofCalls, epolls, links, maps));
    }

    /// <summary>Makes what is queued and puts it into the records of the tracked processes.</summary>
    /// <param name="told">Called with each process whose record is another one now.</param>
    internal void Finish(Action<TrackedProcess, ProcessRecord> told)
    {
        risky.Run();
        foreach (Wanted wanted in _wanted)
        {
            _tally.Clear();
            told(wanted.Process, Complete(wanted, _tally));
            _tally.Add(wanted.Process.Reads);
            wanted.Process.Reads = _tally.Counts;
        }
        _wanted.Clear();
        risky.Clear();
    }

    /// <summary>The same for the one process that was queued last, at once; the others stay queued.</summary>
    internal ProcessRecord FinishLast(TrackedProcess process, ProcessRecord record, LookTally tally)
    {
        if (_wanted.Count == 0 || !ReferenceEquals(_wanted[^1].Process, process))
            return WithBlocked(record);
        risky.Run();
        record = Complete(_wanted[^1], tally);
        _wanted.RemoveAt(_wanted.Count - 1);
        return record;
    }

    /// <summary>What was queued for this process, which was queued last if at all, is not wanted any more.</summary>
    internal void Drop(TrackedProcess process)
    {
        if (_wanted.Count > 0 && ReferenceEquals(_wanted[^1].Process, process))
            _wanted.RemoveAt(_wanted.Count - 1);
    }

    private ProcessRecord Complete(in Wanted wanted, LookTally tally)
    {
        ProcessRecord record = wanted.Record;
        if (wanted.Process.OfExec is { } exec)
        {
            if (wanted.Arguments is { } arguments)
            {
                exec.Arguments = commandLines.Take(arguments, out Sight sight);
                if (sight == Sight.Failed)
                    tally.Failed++;
            }
            if (wanted.Environment is { } environment)
            {
                exec.JobCookies = jobCookies.Take(environment, out Sight sight);
                exec.EnvironmentDenied = sight == Sight.Denied; // and stays so until an exec
            }
            if (record.Cmdline != exec.Arguments || record.JobCookies != exec.JobCookies)
                record = record with { Cmdline = exec.Arguments, JobCookies = exec.JobCookies };
        }
        if (wanted.Memory is { } ofCalls)
            record = WithMemory(record, ofCalls, tally);
        if (wanted.Epolls is { } epolls)
            record = fds.WithEpolls(record, epolls);
        if (wanted.Links is { } links)
            record = fds.WithLinks(record, links);
        if (wanted.Maps is { } maps)
            record = WithMaps(record, maps);
        return WithBlocked(record);
    }

    /// <summary>
    /// <code>7f1c2a000000-7f1c2a001000 rw-s 10000000 00:0f 1062                       anon_inode:[io_uring]</code>
    /// <code>7f1c2a400000-7f1c2a421000 rw-s 00000000 00:10 44521                      /[aio] (deleted)</code>
    /// A file of such a name costs a proof and nothing more. What is cut says nothing of what it lacks.
    /// </summary>
    private ProcessRecord WithMaps(ProcessRecord record, ReadTicket maps)
    {
        if (risky.Take(maps, out ReadOnlySpan<byte> text) != Sight.Seen || text.IsEmpty)
            return record;
        bool ring = text.IndexOf("anon_inode:[io_uring]"u8) >= 0, aio = text.IndexOf("/[aio]"u8) >= 0, cut = text.Length == RiskyRead.MaxLength;
        return record with { HasIoUring = ring || !cut ? ring : null, HasAio = aio || !cut ? aio : null };
    }

    private ProcessRecord WithBlocked(ProcessRecord record)
    {
        bool blocked = risky.IsBlocked(record.Key);
        return blocked == record.MemoryBlocked ? record : record with { MemoryBlocked = blocked };
    }

    private ProcessRecord WithMemory(ProcessRecord record, List<(int Thread, WantedCallMemory Memory)> wanted, LookTally tally)
    {
        ThreadRecord[]? changed = null;
        foreach ((int place, WantedCallMemory ofCall) in wanted)
        {
            CallMemory? found = memory.Take(ofCall, out Sight sight);
            if (sight == Sight.Denied)
                tally.WaitsDenied++;
            if (!IsSame(record.Threads[place].Memory, found))
                (changed ??= [.. record.Threads])[place] = record.Threads[place] with { Memory = found };
        }
        return changed is null ? record : record with { Threads = [.. changed] };
    }

    private static bool IsSame(CallMemory? a, CallMemory? b) =>
        ReferenceEquals(a, b)
        || a is not null && b is not null && a.FutexWord == b.FutexWord && a.OnStack == b.OnStack && a.LockRange == b.LockRange && a.Path == b.Path && a.SignalSet == b.SignalSet && (a.Futexes ?? []).AsSpan().SequenceEqual((b.Futexes ?? []).AsSpan())
        && (a.LockWords ?? []).AsSpan().SequenceEqual((b.LockWords ?? []).AsSpan()) && a.PollSet.HasValue == b.PollSet.HasValue
        && (a.PollSet is not { } set || set.AsSpan().SequenceEqual(b.PollSet!.Value.AsSpan()));

    private static (bool NoneUninterruptible, bool AllAsleep, ulong Moved) StateOf(ImmutableArray<ThreadRecord> threads)
    {
        bool none = true, all = true;
        ulong moved = 0;
        foreach (ThreadRecord thread in threads)
        {
            none &= thread.State != 'D';
            all &= thread.State == 'S';
            moved += thread.Counters is { } ran ? ran.RunTimeNs + ran.Timeslices : 0;
        }
        return (none, all, moved);
    }
}
