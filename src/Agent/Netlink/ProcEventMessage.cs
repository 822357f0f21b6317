using System.Buffers.Binary;

namespace OrphanBoard.Agent.Netlink;

/// <summary>What a process event says.</summary>
internal enum ProcEventKind
{
    /// <summary>Of no interest here.</summary>
    Other,

    /// <summary>A process forked a process (not a thread).</summary>
    Fork,

    /// <summary>A process has executed another program.</summary>
    Exec,

    /// <summary>The last words of a process (not of one of its threads).</summary>
    Exit,

    /// <summary>Somebody began or ended to trace it.</summary>
    Ptrace,
}

/// <param name="Pid">The process that it is about; of a fork the child.</param>
/// <param name="Other">Of a fork the parent; of ptrace the tracer, 0 for none any more.</param>
/// <param name="TimeNs">CLOCK_MONOTONIC, nanoseconds.</param>
internal readonly record struct ProcEvent(ProcEventKind Kind, int Pid, int Other, ulong TimeNs);

/// <summary>
/// The proc connector: include/uapi/linux/cn_proc.h, connector.h.
/// <code>
/// struct nlmsghdr   16 bytes
/// struct cn_msg     { u32 idx; u32 val; u32 seq; u32 ack; u16 len; u16 flags; }     20 bytes; idx and val are 1
/// struct proc_event { u32 what; u32 cpu; u64 timestamp_ns; union { ... } }
/// fork   { parent_pid, parent_tgid, child_pid, child_tgid }
/// exec   { process_pid, process_tgid }
/// ptrace { process_pid, process_tgid, tracer_pid, tracer_tgid }
/// exit   { process_pid, process_tgid, exit_code, exit_signal, ... }
/// </code>
/// All pids are those of the first pid namespace.
/// </summary>
internal static class ProcEventMessage
{
    internal const int SubscriptionLength = 40;

    /// <summary>CN_IDX_PROC, as a mask of netlink groups.</summary>
    internal const uint Group = 1;

    private const int ConnectorAt = 16, EventAt = 36, DataAt = EventAt + 16;
    private const uint Fork = 1, Exec = 2, Ptrace = 0x100, Exit = 0x80000000;

    /// <summary>PROC_CN_MCAST_LISTEN.</summary>
    internal static void WriteSubscription(Span<byte> room)
    {
        room[..SubscriptionLength].Clear();
        BinaryPrimitives.WriteInt32LittleEndian(room, SubscriptionLength);
        BinaryPrimitives.WriteUInt16LittleEndian(room[4..], 3); // NLMSG_DONE
        BinaryPrimitives.WriteUInt32LittleEndian(room[ConnectorAt..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(room[(ConnectorAt + 4)..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(room[(ConnectorAt + 16)..], 4);
        BinaryPrimitives.WriteUInt32LittleEndian(room[EventAt..], 1);
    }

    /// <summary><see cref="ProcEventKind.Other"/> for what is of no interest or not in the expected form.</summary>
    internal static ProcEvent Parse(ReadOnlySpan<byte> message)
    {
        if (message.Length < DataAt + 8
            || BinaryPrimitives.ReadUInt32LittleEndian(message[ConnectorAt..]) != 1
            || BinaryPrimitives.ReadUInt32LittleEndian(message[(ConnectorAt + 4)..]) != 1)
            return default;
        ulong time = BinaryPrimitives.ReadUInt64LittleEndian(message[(EventAt + 8)..]);
        (int task, int group) = (Number(message, 0), Number(message, 1));
        switch (BinaryPrimitives.ReadUInt32LittleEndian(message[EventAt..]))
        {
            case Fork when message.Length >= DataAt + 16 && Number(message, 2) == Number(message, 3):
                return new ProcEvent(ProcEventKind.Fork, Number(message, 3), group, time);
            case Exec:
                return new ProcEvent(ProcEventKind.Exec, group, 0, time);
            case Ptrace when message.Length >= DataAt + 16:
                return new ProcEvent(ProcEventKind.Ptrace, group, Number(message, 3), time);
            case Exit when task == group:
                return new ProcEvent(ProcEventKind.Exit, group, 0, time);
            default:
                return default;
        }
    }

    private static int Number(ReadOnlySpan<byte> message, int place) => BinaryPrimitives.ReadInt32LittleEndian(message[(DataAt + place * 4)..]);
}
