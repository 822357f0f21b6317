using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>What is asked for of a JVM's structures, in the order of <see cref="JvmStructs"/>'s names.</summary>
internal enum JvmField
{
    ThreadList, Length, Threads, PendingMonitor, OsThread, StackBase, StackSize, ThreadId, Owner,

    /// <summary>What only some versions have, from here on.</summary>
    OwnerId, LockStack, LockStackTop, LockStackBase, Object, StackLocker,
    WaitingMonitor, VirtualThread, FieldShorts, FieldCount, FieldStream, Collecting,

    /// <summary>What objects are read with, from here on.</summary>
    ThreadObject, KlassName, KlassSuper, OopMark, OopKlass, NarrowKlass, PoolLength, Constants,
    ArrayLength, ShortsData, BytesData, SymbolLength, SymbolBody, OopBase, OopShift, KlassBase, KlassShift,
    Heap, Collections, Flags, FlagCount, FlagName, FlagAddress,
}

/// <summary>
/// Where a HotSpot JVM keeps what it knows of its threads: libjvm.so exports a table of its own structures for debuggers (<c>gHotSpotVMStructs</c> of vmStructs.hpp), which is read in the memory of the process.
/// Nothing is asked of the JVM, which need not even run.
/// </summary>
/// <remarks>
/// <code>
/// struct VMStructEntry { const char* typeName; const char* fieldName; const char* typeString; int32_t isStatic; uint64_t offset; void* address; }
/// </code>
/// The table ends with an entry without a type.
/// </remarks>
internal sealed class JvmStructs(RiskyReads risky, ProcessKey process) : JvmMemory(risky, process)
{
    private const int EntryLength = 48, EntriesAtOnce = 32, MostEntries = 8192, NameLength = 40;

    /// <summary>A line for each <see cref="JvmField"/>; several names of one: which it is depends on the version.</summary>
    private static ReadOnlySpan<byte> Names => """
        ,ThreadsSMRSupport._java_thread_list,
        ,ThreadsList._length,
        ,ThreadsList._threads,
        ,JavaThread._current_pending_monitor,Thread._current_pending_monitor,
        ,JavaThread._osthread,Thread._osthread,
        ,JavaThread._stack_base,Thread._stack_base,
        ,JavaThread._stack_size,Thread._stack_size,
        ,OSThread._thread_id,
        ,ObjectMonitor._owner,
        ,JavaThread._monitor_owner_id,JavaThread._lock_id,
        ,JavaThread._lock_stack,
        ,LockStack._top,
        ,LockStack._base[0],
        ,ObjectMonitor._object,
        ,ObjectMonitor._stack_locker,
        ,JavaThread._current_waiting_monitor,Thread._current_waiting_monitor,
        ,JavaThread._vthread,
        ,InstanceKlass._fields,
        ,InstanceKlass._java_fields_count,
        ,InstanceKlass._fieldinfo_stream,
        ,CollectedHeap._is_stw_gc_active,CollectedHeap._is_gc_active,
        ,JavaThread._threadObj,
        ,Klass._name,
        ,Klass._super,
        ,oopDesc._mark,
        ,oopDesc._metadata._klass,
        ,oopDesc._metadata._compressed_klass,
        ,ConstantPool._length,
        ,InstanceKlass._constants,
        ,Array<Klass*>._length,
        ,Array<u2>._data,
        ,Array<u1>._data,
        ,Symbol._length,
        ,Symbol._body[0],
        ,CompressedOops._base,CompressedOops._narrow_oop._base,
        ,CompressedOops._shift,CompressedOops._narrow_oop._shift,
        ,CompressedKlassPointers._base,CompressedKlassPointers._narrow_klass._base,
        ,CompressedKlassPointers._shift,CompressedKlassPointers._narrow_klass._shift,
        ,Universe._collectedHeap,
        ,CollectedHeap._total_collections,
        ,JVMFlag.flags,
        ,JVMFlag.numFlags,
        ,JVMFlag._name,
        ,JVMFlag._addr,
        """u8;

    private readonly long[] _known = NoneKnown();

    /// <summary>Offset of a field, or address of a static one; -1 where that is not in the table.</summary>
    internal long this[JvmField field] => _known[(int)field];

    /// <summary>False: it is no such JVM, may not be read, or its table lacks something without which nothing can be told.</summary>
    internal bool Find()
    {
        if (StructsTable() is not { } table)
            return false;
        ulong known = 0;
        byte[] type = [];
        for (int place = 0; place < MostEntries; place += EntriesAtOnce, table += EntryLength * EntriesAtOnce)
        {
            if (!Read(table, EntryLength * EntriesAtOnce, out ReadOnlySpan<byte> bytes))
                return false;
            byte[] entries = bytes.ToArray();
            for (ReadOnlySpan<byte> entry = entries; !entry.IsEmpty; entry = entry[EntryLength..])
            {
                ulong name = Word(entry);
                if (name == 0)
                    return HasAll(JvmField.ThreadList, JvmField.Owner);
                // The fields of a type stand together.
                if (name != known)
                    (known, type) = (name, Wanted(Name(name)));
                if (type.Length > 0)
                    Take([.. type, .. Name(Word(entry[8..])), (byte)','], (long)Word(entry[((int)Word(entry[24..]) == 0 ? 32 : 40)..]));
            }
        }
        return false;
    }

    /// <summary>Whether the table has what stands in the enumeration from the one to the other.</summary>
    internal bool HasAll(JvmField first, JvmField last)
    {
        for (JvmField field = first; field <= last; field++)
        {
            if (this[field] < 0)
                return false;
        }
        return true;
    }

    /// <summary>The word at a field of a structure; 0: that version has no such field, or it cannot be read.</summary>
    internal ulong WordAt(ulong address, JvmField field) => this[field] is >= 0 and var offset && address != 0 ? ReadWord(address + (ulong)offset) ?? 0 : 0;

    private static long[] NoneKnown()
    {
        long[] none = new long[(int)JvmField.FlagAddress + 1];
        for (int place = 0; place < none.Length; place++)
            none[place] = -1;
        return none;
    }

    /// <summary>How the names of its fields begin; empty: none is asked for.</summary>
    private static byte[] Wanted(ReadOnlySpan<byte> type)
    {
        byte[] begin = [(byte)',', .. type, (byte)'.'];
        return type.IsEmpty || Names.IndexOf(begin) < 0 ? [] : begin;
    }

    private void Take(ReadOnlySpan<byte> name, long value)
    {
        if (Names.IndexOf(name) is not (>= 0 and var at))
            return;
        int line = 0;
        foreach (byte letter in Names[..at])
            line += letter == '\n' ? 1 : 0;
        _known[line] = value;
    }

    private ReadOnlySpan<byte> Name(ulong address) => Read(address, NameLength, out ReadOnlySpan<byte> bytes) && bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : default;
}
