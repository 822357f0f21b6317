using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Netlink;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// B: /proc, and taskstats to know who has run: one question a process, whatever the number of its threads. The sums do not say which thread ran, so of a
/// process that ran the counters of all its threads are read.
/// </summary>
internal sealed class TaskstatsBackend : ProcfsBackend
{
    /// <summary>Questions that are asked at once: their answers have to fit into what may wait at the socket.</summary>
    private const int Batch = 64;

    private const int ReceiveBuffer = 1024 * 1024;

    /// <summary>For one answer, some 700 bytes. What is read of one stands at its beginning; one that is cut counts as none.</summary>
    private const int AnswerRoom = 2048;

    private readonly NetlinkSocket _socket;
    private readonly ushort _family;
    private readonly byte[] _questions = new byte[Batch * TaskstatsMessage.RequestLength];
    private readonly byte[] _answers = new byte[Batch * AnswerRoom];
    private readonly int[] _lengths = new int[Batch];
    private readonly TrackedProcess[] _asked = new TrackedProcess[Batch];
    private uint _sequence;

    private TaskstatsBackend(NetlinkSocket socket, ushort family, DirectoryHandle proc, ProcessReader reader, Population population)
        : base(proc, reader, population)
    {
        _socket = socket;
        _family = family;
    }

    internal override BackendKind Kind => BackendKind.Taskstats;

    /// <summary>Null where it does not work here: then <paramref name="why"/> says the reason in one line.</summary>
    internal static TaskstatsBackend? TryOpen(DirectoryHandle proc, ProcessReader reader, int ownPid, Population population, out string? why)
    {
        why = null;
        Sight opened = NetlinkSocket.Open(NetlinkSocket.Generic, 0, ReceiveBuffer, out NetlinkSocket? socket);
        if (socket is null)
        {
            why = $"a generic netlink socket cannot be opened ({opened})";
            return null;
        }
        Span<byte> room = stackalloc byte[4096];
        int length = TaskstatsMessage.WriteFamilyRequest(room);
        if (socket.Send(room[..length]) != Sight.Seen || socket.Receive(room, out length) != Sight.Seen || !TaskstatsMessage.TryFamily(room[..length], out ushort family))
            why = "the kernel knows no taskstats here (CONFIG_TASKSTATS, and the first network namespace)";
        else
        {
            // What the others will be asked: the same of oneself, which is there and has run.
            TaskstatsMessage.WriteRequest(room, family, 0, ownPid);
            if (socket.Send(room[..TaskstatsMessage.RequestLength]) != Sight.Seen || socket.Receive(room, out length) != Sight.Seen)
                why = "taskstats does not answer";
            else if (TaskstatsMessage.Parse(room[..length], out _) is not { RunTimeNs: > 0, Timeslices: > 0 })
                why = "taskstats may not be asked (it takes CAP_NET_ADMIN), or counts nothing (CONFIG_SCHED_INFO)";
            else
                return new TaskstatsBackend(socket, family, proc, reader, population);
        }
        socket.Dispose();
        return null;
    }

    protected override void MarkWhoRan(ProcessTable table)
    {
        int asked = 0;
        foreach (TrackedProcess process in table.Processes)
        {
            if (process.IsKernelThread)
                continue;
            process.Ran = process.Record is not { IsZombie: true };
            // Asked also before it is read for the first time: the sums are to be older than what is read.
            if (!process.Ran)
                continue;
            _asked[asked++] = process;
            if (asked == Batch)
            {
                Ask(asked);
                asked = 0;
            }
        }
        Ask(asked);
    }

    public override void Dispose()
    {
        _socket.Dispose();
        base.Dispose();
    }

    private void Ask(int count)
    {
        if (count == 0)
            return;
        uint first = _sequence + 1;
        for (int i = 0; i < count; i++)
            TaskstatsMessage.WriteRequest(_questions.AsSpan(i * TaskstatsMessage.RequestLength), _family, ++_sequence, _asked[i].Pid);
        if (_socket.Send(_questions.AsSpan(0, count * TaskstatsMessage.RequestLength)) != Sight.Seen)
            return;
        // Each question has one answer, an error where the process is gone; it is in the queue when send(2) returns.
        for (int left = count; left > 0;)
        {
            int came = _socket.TryReceive(_answers, _lengths.AsSpan(0, left));
            if (came == 0)
                return;
            left -= came;
            int room = _answers.Length / (left + came);
            for (int i = 0; i < came; i++)
            {
                RunCounters? now = TaskstatsMessage.Parse(_answers.AsSpan(i * room, Math.Min(_lengths[i], room)), out uint sequence);
                uint place = sequence - first;
                if (place < count)
                    Take(_asked[place], now);
            }
        }
    }

    private static void Take(TrackedProcess process, RunCounters? now)
    {
        process.Ran = now is null || now != process.GroupCounters || process.MayHaveMoved || process.Record is null;
        process.GroupCounters = now ?? default;
    }
}
