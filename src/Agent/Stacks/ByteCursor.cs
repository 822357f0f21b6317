using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Takes little-endian values off the front of bytes that come from outside.</summary>
/// <exception cref="InvalidDataException">Of each: there are not that many.</exception>
internal ref struct ByteCursor(ReadOnlySpan<byte> bytes)
{
    internal ReadOnlySpan<byte> Rest { get; private set; } = bytes;

    internal readonly bool IsAtEnd => Rest.IsEmpty;

    internal ReadOnlySpan<byte> Take(long count)
    {
        if (count < 0 || count > Rest.Length)
            throw new InvalidDataException($"{count} bytes expected where {Rest.Length} are left");
        ReadOnlySpan<byte> taken = Rest[..(int)count];
        Rest = Rest[(int)count..];
        return taken;
    }

    internal byte Byte() => Take(1)[0];

    internal ushort UInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    internal int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    internal uint UInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    internal ulong UInt64() => BinaryPrimitives.ReadUInt64LittleEndian(Take(8));

    internal Guid Guid() => new(Take(16));

    /// <summary>Seven bits a byte, the lowest first; the eighth says that there are more.</summary>
    internal ulong VarUInt()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte part = Byte();
            value |= (ulong)(part & 0x7f) << shift;
            if ((part & 0x80) == 0)
                return value;
        }
        throw new InvalidDataException("a number of more than ten bytes");
    }

    /// <summary>UTF-16 up to a NUL, which is taken too.</summary>
    internal ReadOnlySpan<char> Utf16()
    {
        int end = MemoryMarshal.Cast<byte, char>(Rest).IndexOf('\0');
        if (end < 0)
            throw new InvalidDataException("a text without its end");
        return MemoryMarshal.Cast<byte, char>(Take(2L * (end + 1)))[..end];
    }
}
