using System.Buffers.Binary;

namespace OrphanBoard.Agent.Stacks;

/// <summary>The fields of a Java class as HotSpot keeps them, one after the other. Of bytes that are none it tells some or none, and comes to an end.</summary>
/// <remarks>
/// <code>
/// until JDK 20, InstanceKlass::_fields, each six shorts:  flags, name, signature, initial value, offset (low, high; two bits of tag below)
/// since JDK 21, InstanceKlass::_fieldinfo_stream, numbers coded as UNSIGNED5:
///   fields of Java, fields of the JVM's own, and for each: name, signature, offset, access, flags, and what the flags say follows
/// </code>
/// Names and signatures are places in the constant pool.
/// </remarks>
internal ref struct JvmFieldReader
{
    private const int ShortsOfField = 6, TagBits = 2, TagOfOffset = 1;

    /// <summary>Flags after which there is a number more: of an initial value, a generic signature, a group of contended fields.</summary>
    private const uint Initialized = 1 << 0, Generic = 1 << 2, Contended = 1 << 4;

    private readonly bool _isStream;
    private ReadOnlySpan<byte> _rest;
    private uint _left;

    /// <param name="bytes">What is in the array.</param>
    /// <param name="isStream">Whether it is that of JDK 21 and later.</param>
    /// <param name="count">Of the other one: fields of Java; after them come those of the JVM's own.</param>
    internal JvmFieldReader(ReadOnlySpan<byte> bytes, bool isStream, uint count = 0)
    {
        _rest = bytes;
        (_isStream, _left) = (isStream, count);
        if (isStream && (!TryNumber(out _left) || !TryNumber(out _)))
            _left = 0;
    }

    internal uint Name { get; private set; }

    internal uint Signature { get; private set; }

    /// <summary>In the object, of a static one in the class's mirror. -1: it has none yet.</summary>
    internal int Offset { get; private set; }

    /// <summary>False: there are no more.</summary>
    internal bool Next()
    {
        if (_left == 0)
            return false;
        _left--;
        return _isStream ? NextOfStream() : NextOfShorts();
    }

    private bool NextOfShorts()
    {
        if (_rest.Length < ShortsOfField * sizeof(ushort))
            return false;
        (Name, Signature) = (Short(1), Short(2));
        uint packed = Short(4) | Short(5) << 16;
        Offset = (packed & ((1 << TagBits) - 1)) == TagOfOffset ? (int)(packed >> TagBits) : -1;
        _rest = _rest[(ShortsOfField * sizeof(ushort))..];
        return true;
    }

    private readonly uint Short(int place) => BinaryPrimitives.ReadUInt16LittleEndian(_rest[(place * sizeof(ushort))..]);

    private bool NextOfStream()
    {
        if (!TryNumber(out uint name) || !TryNumber(out uint signature) || !TryNumber(out uint offset) || !TryNumber(out _) || !TryNumber(out uint flags)
            || (flags & Initialized) != 0 && !TryNumber(out _) || (flags & Generic) != 0 && !TryNumber(out _) || (flags & Contended) != 0 && !TryNumber(out _))
            return false;
        (Name, Signature, Offset) = (name, signature, offset <= int.MaxValue ? (int)offset : -1);
        return true;
    }

    /// <summary>UNSIGNED5: digits of base 64, the lowest first; one below 192 is the last. The byte 0 is none, each other is one more than its digit.</summary>
    private bool TryNumber(out uint number)
    {
        const int Excluded = 1, LastBelow = 192, Bits = 6, MostBytes = 5;
        number = 0;
        for (int place = 0; place < MostBytes && place < _rest.Length && _rest[place] >= Excluded; place++)
        {
            byte digit = _rest[place];
            number += (uint)(digit - Excluded) << (Bits * place);
            if (digit < LastBelow || place == MostBytes - 1)
            {
                _rest = _rest[(place + 1)..];
                return true;
            }
        }
        return false;
    }
}
