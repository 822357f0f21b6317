using System.Buffers.Binary;
using System.Text;

namespace OrphanBoard.Agent.Stacks;

/// <summary>A class of Java.</summary>
/// <param name="Address">Of its Klass.</param>
/// <param name="Name">As in its file: <c>java/lang/Thread</c>.</param>
/// <param name="Super">What it extends.</param>
internal sealed record JvmClass(ulong Address, string Name, JvmClass? Super)
{
    /// <summary>Itself or the class above it of that name.</summary>
    internal JvmClass? Find(string name) => Name == name ? this : Super?.Find(name);
}

/// <summary>
/// Objects of Java, read in the memory of the JVM: their classes, and what their fields refer to. Of collectors that move objects while the program runs (ZGC, Shenandoah) references are no plain addresses: where
/// another one is at work than Serial, Parallel or G1, nothing is read.
/// </summary>
internal sealed class JvmHeap(JvmStructs structs)
{
    private const uint MostFlags = 4096, MostFieldBytes = 64 * 1024;

    private const int FlagLength = 24, FlagsAtOnce = 256, MostFlagName = 27, MostClasses = 1024, MostSupers = 64, MostName = 200;

    /// <summary>Where the class of an object is kept in its first word, if that has it.</summary>
    private const int CompactKlassShift = 42;

    private readonly List<JvmClass> _classes = [];
    private bool _narrowOops, _narrowKlasses, _compactHeaders;
    private ulong _oopBase, _klassBase, _heap;
    private int _oopShift, _klassShift;

    /// <summary>False: it cannot be read.</summary>
    internal bool Open()
    {
        if (!structs.HasAll(JvmField.ThreadObject, JvmField.FlagAddress) || !ReadFlags())
            return false;
        (_oopBase, _klassBase, _heap) = (Static(JvmField.OopBase), Static(JvmField.KlassBase), Static(JvmField.Heap));
        (_oopShift, _klassShift) = ((int)(structs.ReadNumber((ulong)structs[JvmField.OopShift]) ?? 0), (int)(structs.ReadNumber((ulong)structs[JvmField.KlassShift]) ?? 0));
        return _heap != 0;
    }

    /// <summary>How often the collector has begun; where that is the same before and after, no object has moved in between. Null: it is at work, or not known.</summary>
    internal uint? Collections =>
        structs[JvmField.Collecting] is >= 0 and var collecting && structs.Read(_heap + (ulong)collecting, 1, out ReadOnlySpan<byte> bytes) && bytes[0] == 0
            ? structs.ReadNumber(_heap + (ulong)structs[JvmField.Collections])
            : null;

    /// <summary>Null: there is no object.</summary>
    internal JvmClass? ClassOf(ulong oop)
    {
        if (oop == 0 || oop % sizeof(ulong) != 0)
            return null;
        if (!_compactHeaders && !_narrowKlasses)
            return ClassAt(structs.WordAt(oop, JvmField.OopKlass), 0);
        ulong narrow = _compactHeaders ? structs.WordAt(oop, JvmField.OopMark) >> CompactKlassShift : structs.ReadNumber(oop + (ulong)structs[JvmField.NarrowKlass]) ?? 0;
        return narrow == 0 ? null : ClassAt(_klassBase + (narrow << _klassShift), 0);
    }

    /// <summary>What a field of an object refers to; 0: nothing, or it cannot be read.</summary>
    internal ulong Reference(ulong oop, int offset)
    {
        if (!_narrowOops)
            return structs.ReadWord(oop + (ulong)offset) ?? 0;
        return structs.ReadNumber(oop + (ulong)offset) is { } narrow and not 0 ? _oopBase + ((ulong)narrow << _oopShift) : 0;
    }

    /// <summary>Where objects of a class have a field that it declares; -1: not known.</summary>
    /// <param name="type">The class.</param>
    /// <param name="name">Of the field.</param>
    /// <param name="signature">Its type: <c>J</c>, <c>Ljava/lang/Thread;</c>.</param>
    internal int OffsetOf(JvmClass type, string name, string signature)
    {
        ulong constants = structs.WordAt(type.Address, JvmField.Constants);
        bool isStream = structs[JvmField.FieldStream] >= 0;
        if (constants == 0 || Fields(type, isStream) is not { } bytes)
            return -1;
        int count = isStream || !structs.Read(type.Address + (ulong)structs[JvmField.FieldCount], sizeof(ushort), out ReadOnlySpan<byte> number) ? 0 : BinaryPrimitives.ReadUInt16LittleEndian(number);
        // The constants come after the pool's last fields, its length and another number.
        ulong first = constants + (((ulong)structs[JvmField.PoolLength] + (2 * sizeof(uint)) + 7) & ~7UL);
        uint most = structs.ReadNumber(constants + (ulong)structs[JvmField.PoolLength]) ?? 0;
        var fields = new JvmFieldReader(bytes, isStream, (uint)count);
        while (fields.Next())
        {
            if (fields.Name < most && fields.Signature < most && fields.Offset > 0 && TextAt(first + (fields.Name * sizeof(ulong))) == name && TextAt(first + (fields.Signature * sizeof(ulong))) == signature)
                return fields.Offset;
        }
        return -1;
    }

    private byte[]? Fields(JvmClass type, bool isStream)
    {
        JvmField field = isStream ? JvmField.FieldStream : JvmField.FieldShorts;
        if (structs[field] < 0 || !isStream && structs[JvmField.FieldCount] < 0 || structs.WordAt(type.Address, field) is not (> 0 and var array)
            || structs.ReadNumber(array + (ulong)structs[JvmField.ArrayLength]) is not { } length)
            return null;
        length *= isStream ? 1U : sizeof(ushort);
        return length <= MostFieldBytes && structs.Read(array + (ulong)structs[isStream ? JvmField.BytesData : JvmField.ShortsData], (int)length, out ReadOnlySpan<byte> bytes) ? bytes.ToArray() : null;
    }

    private JvmClass? ClassAt(ulong klass, int depth)
    {
        if (klass == 0 || klass % sizeof(ulong) != 0 || depth > MostSupers)
            return null;
        foreach (JvmClass known in _classes)
        {
            if (known.Address == klass)
                return known;
        }
        if (_classes.Count >= MostClasses || TextAt(klass + (ulong)structs[JvmField.KlassName]) is not { Length: > 0 } name)
            return null;
        var type = new JvmClass(klass, name, ClassAt(structs.WordAt(klass, JvmField.KlassSuper), depth + 1));
        _classes.Add(type);
        return type;
    }

    /// <summary>That of a symbol.</summary>
    /// <param name="address">Where its address is.</param>
    private string? TextAt(ulong address) =>
        structs.ReadWord(address) is { } symbol && symbol % sizeof(ulong) == 0 && symbol != 0 && structs.Read(symbol + (ulong)structs[JvmField.SymbolLength], sizeof(ushort), out ReadOnlySpan<byte> bytes)
            && BinaryPrimitives.ReadUInt16LittleEndian(bytes) is > 0 and <= MostName and var length && structs.Read(symbol + (ulong)structs[JvmField.SymbolBody], length, out bytes)
            ? Encoding.UTF8.GetString(bytes)
            : null;

    private ulong Static(JvmField field) => structs.ReadWord((ulong)structs[field]) ?? 0;

    /// <summary>Of the JVM's options. False: it has another collector, or they cannot be read.</summary>
    private bool ReadFlags()
    {
        int name = (int)structs[JvmField.FlagName], address = (int)structs[JvmField.FlagAddress], count = (int)ulong.Min(Static(JvmField.FlagCount), MostFlags);
        if (int.Max(name, address) > FlagLength - sizeof(ulong) || !structs.Read(Static(JvmField.Flags), count * FlagLength, out ReadOnlySpan<byte> bytes))
            return false;
        byte[] flags = bytes.ToArray();
        bool isKnown = false, toldOops = false;
        _narrowKlasses = true; // those without the option have them always
        for (int first = 0; first < count; first += FlagsAtOnce)
        {
            ulong[] names = new ulong[int.Min(FlagsAtOnce, count - first)];
            for (int place = 0; place < names.Length; place++)
                names[place] = JvmMemory.Word(flags.AsSpan((first + place) * FlagLength + name));
            byte[]?[] texts = structs.ReadAll(names, MostFlagName);
            for (int place = 0; place < names.Length; place++)
            {
                ReadOnlySpan<byte> text = texts[place];
                if (!text.StartsWith("Use"u8) || text.IndexOf((byte)0) is not (> 0 and var end))
                    continue;
                text = text[..end];
                ulong value = JvmMemory.Word(flags.AsSpan((first + place) * FlagLength + address));
                if (text.SequenceEqual("UseSerialGC"u8) || text.SequenceEqual("UseParallelGC"u8) || text.SequenceEqual("UseG1GC"u8))
                    isKnown |= IsSet(value) == true;
                else if (text.SequenceEqual("UseCompressedOops"u8))
                    (toldOops, _narrowOops) = (IsSet(value) is not null, IsSet(value) == true);
                else if (text.SequenceEqual("UseCompressedClassPointers"u8))
                    _narrowKlasses = IsSet(value) == true;
                else if (text.SequenceEqual("UseCompactObjectHeaders"u8))
                    _compactHeaders = IsSet(value) == true;
            }
        }
        return isKnown && toldOops;
    }

    private bool? IsSet(ulong flag) => structs.Read(flag, 1, out ReadOnlySpan<byte> bytes) ? bytes[0] != 0 : null;
}
