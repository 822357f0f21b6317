using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Netlink;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Forks, execs and ptraces that the kernel tells of through the proc connector. They wait at the socket from look to look: a parent that lived and died in
/// between is known by its child's birth. What is lost because too many waited is counted; the listing of /proc makes up for all but such parents.
/// </summary>
internal sealed class ProcEvents : IDisposable
{
    /// <summary>Bytes that may wait: some ten thousand events.</summary>
    private const int ReceiveBuffer = 8 * 1024 * 1024;

    /// <summary>Events that one look takes in at most; the rest waits for the next.</summary>
    private const int Most = 65_536;

    private readonly NetlinkSocket _socket;
    private readonly byte[] _message = new byte[1024];
    private readonly List<Birth> _births = [];

    private ProcEvents(NetlinkSocket socket) => _socket = socket;

    /// <summary>Null where they are not to be had here; <paramref name="why"/> says the reason in one line.</summary>
    internal static ProcEvents? TryOpen(DirectoryHandle proc, ReadBuffer buffer, out string? why)
    {
        why = null;
        // In another pid namespace the kernel takes the subscription and sends nothing.
        if (proc.ReadLink("self/ns/pid"u8, buffer, out ReadOnlySpan<byte> link) != Sight.Seen || !link.SequenceEqual("pid:[4026531836]"u8))
        {
            why = "the proc connector tells nothing outside of the first pid namespace";
            return null;
        }
        if (NetlinkSocket.Open(NetlinkSocket.Connector, ProcEventMessage.Group, ReceiveBuffer, out NetlinkSocket? socket) is not Sight.Seen and var sight)
        {
            why = $"the proc connector cannot be listened to ({(sight == Sight.Denied ? "it takes CAP_NET_ADMIN, or Linux 6.6" : "the kernel has none: CONFIG_PROC_EVENTS")})";
            return null;
        }
        Span<byte> subscription = stackalloc byte[ProcEventMessage.SubscriptionLength];
        ProcEventMessage.WriteSubscription(subscription);
        if (socket!.Send(subscription) == Sight.Seen)
            return new ProcEvents(socket);
        socket.Dispose();
        why = "the proc connector refuses the subscription";
        return null;
    }

    /// <summary>Times that events were lost, for too many waited.</summary>
    internal long Overflows { get; private set; }

    /// <summary>Takes in what waits; marks in the table of the look before who has executed another program or is traced, and gives the births.</summary>
    /// <param name="sinceBoot">CLOCK_BOOTTIME less CLOCK_MONOTONIC: the time that the machine was asleep.</param>
    internal ImmutableArray<Birth> Take(ProcessTable table, TimeSpan sinceBoot)
    {
        _births.Clear();
        for (int taken = 0; taken < Most; taken++)
        {
            if (_socket.TryReceive(_message, out int length, out bool overflowed) != Sight.Seen)
                break;
            if (overflowed)
            {
                Overflows++;
                continue;
            }
            if (length == 0)
                break;
            Take(ProcEventMessage.Parse(_message.AsSpan(0, length)), table, sinceBoot);
        }
        return _births.Count == 0 ? [] : [.. _births];
    }

    public void Dispose() => _socket.Dispose();

    private void Take(ProcEvent told, ProcessTable table, TimeSpan sinceBoot)
    {
        switch (told.Kind)
        {
            case ProcEventKind.Fork:
                _births.Add(new Birth(told.Pid, told.Other, table.Find(told.Other)?.Record?.Comm, TimeSpan.FromTicks((long)(told.TimeNs / TimeSpan.NanosecondsPerTick)) + sinceBoot));
                break;
            case ProcEventKind.Exec when table.Find(told.Pid) is { } process:
                process.OfExec = null; // the same program again may have other arguments
                process.MayHaveMoved = true;
                break;
            case ProcEventKind.Ptrace when table.Find(told.Pid) is { } traced:
                traced.MayHaveMoved = true; // PTRACE_SEIZE changes its status without making it run
                break;
        }
    }
}
