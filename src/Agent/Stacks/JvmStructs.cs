using System.Buffers.Binary;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

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
internal sealed class JvmStructs(RiskyReads risky, ProcessKey process)
{
    private const int EntryLength = 48, EntriesAtOnce = 32, MostEntries = 8192, NameLength = 40;

    /// <summary>Program header and section entries of elf(5), 64 bits.</summary>
    private const int HeaderLength = 64, ProgramHeaderLength = 56, SymbolLength = 24, DynamicLength = 16, MostHeaders = 64, PtDynamic = 2;

    private const ulong DtStrings = 5, DtSymbols = 6, DtStringsSize = 10;

    /// <summary>Address of the list of threads, or 0; and the offsets of what is asked for, or -1 where that is not in the table.</summary>
    internal ulong ThreadList { get; private set; }

    internal int Length { get; private set; } = -1;

    internal int Threads { get; private set; } = -1;

    internal int PendingMonitor { get; private set; } = -1;

    internal int OsThread { get; private set; } = -1;

    internal int StackBase { get; private set; } = -1;

    internal int StackSize { get; private set; } = -1;

    internal int ThreadId { get; private set; } = -1;

    internal int Owner { get; private set; } = -1;

    /// <summary>What only some versions have, here and below; -1 in others.</summary>
    internal int OwnerId { get; private set; } = -1;

    internal int LockStack { get; private set; } = -1;

    internal int LockStackTop { get; private set; } = -1;

    internal int LockStackBase { get; private set; } = -1;

    internal int Object { get; private set; } = -1;

    internal int StackLocker { get; private set; } = -1;

    /// <summary>False: it is no such JVM, may not be read, or its table lacks something.</summary>
    internal bool Find()
    {
        if (TableOf() is not { } table)
            return false;
        ulong known = 0;
        bool wanted = false;
        for (int place = 0; place < MostEntries; place += EntriesAtOnce, table += EntryLength * EntriesAtOnce)
        {
            if (!Read(table, EntryLength * EntriesAtOnce, out ReadOnlySpan<byte> bytes))
                return false;
            byte[] entries = bytes.ToArray();
            for (ReadOnlySpan<byte> entry = entries; !entry.IsEmpty; entry = entry[EntryLength..])
            {
                ulong type = Word(entry);
                if (type == 0)
                    return ThreadList != 0 && (Length | Threads | PendingMonitor | OsThread | StackBase | StackSize | ThreadId | Owner) >= 0;
                // The fields of a type stand together.
                if (type != known)
                    (known, wanted) = (type, IsWanted(Name(type)));
                if (wanted)
                    Take(Name(Word(entry[8..])), (int)Word(entry[32..]), Word(entry[40..]));
            }
        }
        return false;
    }

    internal static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    /// <summary>Valid until the next read.</summary>
    internal bool Read(ulong address, int length, out ReadOnlySpan<byte> bytes)
    {
        risky.Clear();
        return risky.Ask(process, 0, new RiskyRead(RiskyReadKind.Memory, process.Pid, 0, length, address), asleep: false, out bytes) == Sight.Seen;
    }

    internal ulong? ReadWord(ulong address) => Read(address, sizeof(ulong), out ReadOnlySpan<byte> bytes) ? Word(bytes) : null;

    private static bool IsWanted(ReadOnlySpan<byte> type) => type.SequenceEqual("ThreadsSMRSupport"u8) || type.SequenceEqual("ThreadsList"u8) || type.SequenceEqual("JavaThread"u8)
        || type.SequenceEqual("Thread"u8) || type.SequenceEqual("OSThread"u8) || type.SequenceEqual("ObjectMonitor"u8) || type.SequenceEqual("LockStack"u8);

    /// <summary>No two of these types have a field of the same name; which of Thread and JavaThread has it depends on the version.</summary>
    private void Take(ReadOnlySpan<byte> field, int offset, ulong address)
    {
        if (field.SequenceEqual("_java_thread_list"u8))
            ThreadList = address;
        else if (field.SequenceEqual("_length"u8))
            Length = offset;
        else if (field.SequenceEqual("_threads"u8))
            Threads = offset;
        else if (field.SequenceEqual("_current_pending_monitor"u8))
            PendingMonitor = offset;
        else if (field.SequenceEqual("_osthread"u8))
            OsThread = offset;
        else if (field.SequenceEqual("_stack_base"u8))
            StackBase = offset;
        else if (field.SequenceEqual("_stack_size"u8))
            StackSize = offset;
        else if (field.SequenceEqual("_thread_id"u8))
            ThreadId = offset;
        else if (field.SequenceEqual("_owner"u8))
            Owner = offset;
        else if (field.SequenceEqual("_monitor_owner_id"u8) || field.SequenceEqual("_lock_id"u8))
            OwnerId = offset;
        else if (field.SequenceEqual("_lock_stack"u8))
            LockStack = offset;
        else if (field.SequenceEqual("_top"u8))
            LockStackTop = offset;
        else if (field.SequenceEqual("_base[0]"u8))
            LockStackBase = offset;
        else if (field.SequenceEqual("_object"u8))
            Object = offset;
        else if (field.SequenceEqual("_stack_locker"u8))
            StackLocker = offset;
    }

    private ReadOnlySpan<byte> Name(ulong address) => Read(address, NameLength, out ReadOnlySpan<byte> bytes) && bytes.IndexOf((byte)0) is >= 0 and var end ? bytes[..end] : default;

    /// <summary>By the dynamic symbols of the library, as they lie in memory.</summary>
    private ulong? TableOf()
    {
        if (LibraryOf() is not { } library || !Read(library, HeaderLength, out ReadOnlySpan<byte> header) || !header.StartsWith("\u007fELF\u0002"u8))
            return null;
        ulong headers = library + Word(header[32..]);
        int count = int.Min(BinaryPrimitives.ReadUInt16LittleEndian(header[56..]), MostHeaders);
        if (!Read(headers, count * ProgramHeaderLength, out ReadOnlySpan<byte> programs))
            return null;
        while (!programs.IsEmpty && BinaryPrimitives.ReadUInt32LittleEndian(programs) != PtDynamic)
            programs = programs[ProgramHeaderLength..];
        if (programs.IsEmpty || !Read(library + Word(programs[16..]), (int)ulong.Min(Word(programs[40..]), 4096), out ReadOnlySpan<byte> dynamic))
            return null;
        ulong symbols = 0, strings = 0, size = 0;
        for (; dynamic.Length >= DynamicLength && Word(dynamic) != 0; dynamic = dynamic[DynamicLength..])
        {
            ulong value = Word(dynamic[8..]);
            switch (Word(dynamic))
            {
                case DtStrings: strings = value; break;
                case DtSymbols: symbols = value; break;
                case DtStringsSize: size = value; break;
            }
        }
        // The loader turns them into addresses, or leaves them as they are in the file.
        symbols += symbols < library ? library : 0;
        strings += strings < library ? library : 0;
        if (strings <= symbols || !Read(strings, (int)ulong.Min(size, RiskyRead.MaxLength), out ReadOnlySpan<byte> names) || names.IndexOf("\0gHotSpotVMStructs\0"u8) is not (>= 0 and var at))
            return null;
        // The names come after the symbols.
        if (!Read(symbols, (int)ulong.Min(strings - symbols, RiskyRead.MaxLength), out ReadOnlySpan<byte> table))
            return null;
        for (; table.Length >= SymbolLength; table = table[SymbolLength..])
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(table) == at + 1)
                return ReadWord(library + Word(table[8..]));
        }
        return null;
    }

    private ulong? LibraryOf()
    {
        if (risky.Ask(process, 0, new RiskyRead(RiskyReadKind.Maps, process.Pid, 0, RiskyRead.MaxLength, 0), asleep: false, out ReadOnlySpan<byte> maps) != Sight.Seen)
            return null;
        while (MapsFile.Next(ref maps, out MapsFile.Line line))
        {
            if (line.Name.Contains("/libjvm.so", StringComparison.Ordinal))
                return line.Begin;
        }
        return null;
    }
}
