using System.Collections.Immutable;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Threads from the rows of a kernel pass.</summary>
internal sealed class ThreadRows(WaitChannels channels, ThreadReader reader, TextPool texts)
{
    private readonly List<ThreadRecord> _records = [];

    internal ImmutableArray<ThreadRecord> Read(ProcessDirectory directory, ReadOnlySpan<TaskRow> rows, ReadPlan plan)
    {
        ImmutableArray<ThreadRecord> before = plan.Before?.Threads ?? [];
        int place = 0;
        _records.Clear();
        foreach (ref readonly TaskRow row in rows)
        {
            if (row.State is (byte)'Z' or (byte)'X')
                continue;
            while (place < before.Length && before[place].Tid < row.Tid)
                place++;
            ThreadRecord? known = place < before.Length && before[place].Tid == row.Tid ? before[place] : null;
            _records.Add(Read(directory, row, known, plan.Suspect));
        }
        return ThreadReader.Kept(_records, before);
    }

    private ThreadRecord Read(ProcessDirectory directory, in TaskRow row, ThreadRecord? before, bool suspect)
    {
        var counters = new RunCounters(row.RunTimeNs, row.Timeslices);
        char state = (char)row.State;
        string comm = texts.Get(row.Comm, before?.Comm);
        bool active = (row.Flags & TaskFlags.Active) != 0;
        BlockedCall call = state == 'R' || active ? BlockedCall.Running
            : (row.Flags & TaskFlags.InCall) != 0 ? BlockedCall.Of(row.CallNumber, row.Arguments, before?.Call)
            : BlockedCall.NotInCall;
        // One that was not to be had, for the thread was still on its way to sleep, is asked for again.
        string? wchan = state == 'R' || active ? null
            : before is { Wchan: not null } && before.Stood(counters) && before.State == state && ReferenceEquals(before.Call, call) ? before.Wchan
            : (channels.Find(row) ?? channels.NameOf(directory.Handle, row)) is { } name ? texts.Get(name) : null;
        // 0: see SchedFile.Parse.
        TimeSpan? lastRan = suspect && row.LastRanNs > 0 ? TimeSpan.FromTicks((long)(row.LastRanNs / TimeSpan.NanosecondsPerTick)) + reader.SchedulerLag : null;
        ulong? pending = suspect ? row.SignalsPending : null, blocked = suspect ? row.SignalsBlocked : null;
        return before is not null && before.Comm == comm && before.State == state && before.Counters == counters
            && ReferenceEquals(before.Call, call) && before.Wchan == wchan && before.NsTid is null
            && before.LastRan == lastRan && before.SignalsPending == pending && before.SignalsBlocked == blocked
            ? before
            : new ThreadRecord { Tid = row.Tid, Comm = comm, State = state, Counters = counters, Call = call, Wchan = wchan, LastRan = lastRan, SignalsPending = pending, SignalsBlocked = blocked };
    }

    /// <inheritdoc cref="ThreadReader.LastRanOf"/>
    internal TimeSpan? LastRanOf(DirectoryHandle directory) => reader.LastRanOf(directory, null);

    internal void Forget() => channels.Forget();
}
