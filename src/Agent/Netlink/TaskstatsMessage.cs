using System.Buffers.Binary;
using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Netlink;

/// <summary>
/// taskstats over generic netlink: Documentation/accounting/taskstats.rst, include/uapi/linux/taskstats.h. Asked for a thread group, the kernel sums over
/// its living threads and those that have exited.
/// <code>
/// struct nlmsghdr   { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }       16 bytes
/// struct genlmsghdr { u8 cmd; u8 version; u16 reserved; }                     4 bytes
/// struct nlattr     { u16 len; u16 type; } value, padded to 4                 one after the other; some hold others
/// </code>
/// </summary>
internal static class TaskstatsMessage
{
    internal const int RequestLength = 28;

    private const int HeaderLength = 20; // both headers
    private const ushort ErrorType = 2; // NLMSG_ERROR
    private const ushort ControlFamily = 16; // GENL_ID_CTRL
    private const byte GetFamily = 3, GetStats = 1; // CTRL_CMD_GETFAMILY, TASKSTATS_CMD_GET
    private const ushort FamilyId = 1, FamilyName = 2; // CTRL_ATTR_
    private const ushort OfThreadGroup = 2; // TASKSTATS_CMD_ATTR_TGID
    private const ushort Aggregate = 5, Stats = 3; // TASKSTATS_TYPE_AGGR_TGID, TASKSTATS_TYPE_STATS

    /// <summary>Asks which number the family called TASKSTATS has in this kernel.</summary>
    internal static int WriteFamilyRequest(Span<byte> room)
    {
        ReadOnlySpan<byte> name = "TASKSTATS\0"u8;
        int length = HeaderLength + 4 + 12; // padded
        room[..length].Clear();
        WriteHeader(room, length, ControlFamily, 0, GetFamily);
        BinaryPrimitives.WriteUInt16LittleEndian(room[HeaderLength..], (ushort)(4 + name.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(room[(HeaderLength + 2)..], FamilyName);
        name.CopyTo(room[(HeaderLength + 4)..]);
        return length;
    }

    internal static bool TryFamily(ReadOnlySpan<byte> reply, out ushort family)
    {
        family = 0;
        if (!TryBody(reply, out _, out ReadOnlySpan<byte> body) || !TryAttribute(body, FamilyId, out ReadOnlySpan<byte> value) || value.Length < 2)
            return false;
        family = BinaryPrimitives.ReadUInt16LittleEndian(value);
        return true;
    }

    /// <summary>Asks for the sums of a thread group; <see cref="RequestLength"/> bytes.</summary>
    /// <param name="sequence">Comes back in the reply.</param>
    internal static void WriteRequest(Span<byte> room, ushort family, uint sequence, int tgid)
    {
        WriteHeader(room, RequestLength, family, sequence, GetStats);
        BinaryPrimitives.WriteUInt16LittleEndian(room[HeaderLength..], 8);
        BinaryPrimitives.WriteUInt16LittleEndian(room[(HeaderLength + 2)..], OfThreadGroup);
        BinaryPrimitives.WriteInt32LittleEndian(room[(HeaderLength + 4)..], tgid);
    }

    /// <summary>
    /// <c>cpu_run_virtual_total</c> (ns) and <c>cpu_count</c>, summed over the group: sum_exec_runtime and pcount, as in schedstat. Null: no such group, or not
    /// in the expected form.
    /// </summary>
    internal static RunCounters? Parse(ReadOnlySpan<byte> reply, out uint sequence)
    {
        const int CpuCount = 16, RunVirtualTotal = 72; // offsets in struct taskstats, the same since version 1
        if (!TryBody(reply, out sequence, out ReadOnlySpan<byte> body)
            || !TryAttribute(body, Aggregate, out ReadOnlySpan<byte> group)
            || !TryAttribute(group, Stats, out ReadOnlySpan<byte> stats)
            || stats.Length < RunVirtualTotal + 8)
            return null;
        return new RunCounters(MemoryMarshal.Read<ulong>(stats[RunVirtualTotal..]), MemoryMarshal.Read<ulong>(stats[CpuCount..]));
    }

    private static void WriteHeader(Span<byte> room, int length, ushort type, uint sequence, byte command)
    {
        BinaryPrimitives.WriteInt32LittleEndian(room, length);
        BinaryPrimitives.WriteUInt16LittleEndian(room[4..], type);
        BinaryPrimitives.WriteUInt16LittleEndian(room[6..], 1); // NLM_F_REQUEST
        BinaryPrimitives.WriteUInt32LittleEndian(room[8..], sequence);
        BinaryPrimitives.WriteUInt32LittleEndian(room[12..], 0);
        BinaryPrimitives.WriteUInt32LittleEndian(room[16..], command | 1U << 8); // version 1
    }

    private static bool TryBody(ReadOnlySpan<byte> reply, out uint sequence, out ReadOnlySpan<byte> body)
    {
        body = default;
        sequence = reply.Length >= 12 ? BinaryPrimitives.ReadUInt32LittleEndian(reply[8..]) : 0;
        if (reply.Length < HeaderLength || BinaryPrimitives.ReadUInt16LittleEndian(reply[4..]) == ErrorType)
            return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(reply);
        if (length < HeaderLength || length > reply.Length)
            return false;
        body = reply[HeaderLength..(int)length];
        return true;
    }

    private static bool TryAttribute(ReadOnlySpan<byte> attributes, ushort type, out ReadOnlySpan<byte> value)
    {
        while (attributes.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (length < 4 || length > attributes.Length)
                break;
            value = attributes[4..length];
            if ((BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) & 0x3fff) == type) // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
                return true;
            attributes = attributes[Math.Min((length + 3) & ~3, attributes.Length)..];
        }
        value = default;
        return false;
    }
}
