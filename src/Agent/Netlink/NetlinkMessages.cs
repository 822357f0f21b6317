using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Netlink;

/// <summary>
/// Walks over netlink(7) messages and their attributes. Numbers are in the byte order of the machine, which is little-endian wherever this runs.
/// <code>
/// struct nlmsghdr { u32 len; u16 type; u16 flags; u32 seq; u32 pid; }     len counts the header; the next message begins at a multiple of 4
/// struct nlattr   { u16 len; u16 type; }                                  the same
/// </code>
/// </summary>
internal static class NetlinkMessages
{
    internal const int HeaderLength = 16;
    private const int AttributeHeader = 4;

    /// <summary>Takes the next message off <paramref name="rest"/>. False at the end, and where what is left is no whole message.</summary>
    internal static bool Next(ref ReadOnlySpan<byte> rest, out ushort type, out ReadOnlySpan<byte> payload)
    {
        type = 0;
        payload = default;
        if (rest.Length < HeaderLength)
            return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(rest);
        if (length < HeaderLength || length > rest.Length)
            return false;
        type = BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]);
        payload = rest[HeaderLength..(int)length];
        rest = rest[Math.Min(Aligned((int)length), rest.Length)..];
        return true;
    }

    /// <summary>Takes the next attribute off <paramref name="rest"/>. False at the end, and where what is left is no whole attribute.</summary>
    internal static bool NextAttribute(ref ReadOnlySpan<byte> rest, out ushort type, out ReadOnlySpan<byte> value)
    {
        type = 0;
        value = default;
        if (rest.Length < AttributeHeader)
            return false;
        ushort length = BinaryPrimitives.ReadUInt16LittleEndian(rest);
        if (length < AttributeHeader || length > rest.Length)
            return false;
        type = BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]);
        value = rest[AttributeHeader..length];
        rest = rest[Math.Min(Aligned(length), rest.Length)..];
        return true;
    }

    /// <summary>A whole message that asks for a dump.</summary>
    internal static byte[] DumpRequest<T>(ushort type, T body)
        where T : unmanaged
    {
        const ushort RequestDump = 0x301; // NLM_F_REQUEST | NLM_F_DUMP
        int length = HeaderLength + Unsafe.SizeOf<T>();
        byte[] message = new byte[length];
        BinaryPrimitives.WriteInt32LittleEndian(message, length);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), RequestDump);
        MemoryMarshal.Write(message.AsSpan(HeaderLength), in body);
        return message;
    }

    private static int Aligned(int length) => (length + 3) & ~3;
}
