using System.Buffers.Binary;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>The memory of a process that runs a HotSpot JVM, and where in it is what libjvm.so exports.</summary>
internal class JvmMemory(RiskyReads risky, ProcessKey process)
{
    /// <summary>Program header and section entries of elf(5), 64 bits.</summary>
    private const int HeaderLength = 64, ProgramHeaderLength = 56, SymbolLength = 24, DynamicLength = 16, MostHeaders = 64, PtDynamic = 2;

    private const ulong DtStrings = 5, DtSymbols = 6, DtStringsSize = 10;

    internal static ulong Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);

    /// <summary>Valid until the next read.</summary>
    internal bool Read(ulong address, int length, out ReadOnlySpan<byte> bytes)
    {
        risky.Clear();
        return risky.Ask(process, 0, Of(address, length), asleep: false, out bytes) == Sight.Seen;
    }

    internal ulong? ReadWord(ulong address) => Read(address, sizeof(ulong), out ReadOnlySpan<byte> bytes) ? Word(bytes) : null;

    internal uint? ReadNumber(ulong address) => Read(address, sizeof(uint), out ReadOnlySpan<byte> bytes) ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : null;

    /// <summary>Reads at many addresses at the price of few, equally much at each. Null: it cannot be read there.</summary>
    internal byte[]?[] ReadAll(ReadOnlySpan<ulong> addresses, int length)
    {
        risky.Clear();
        var tickets = new ReadTicket[addresses.Length];
        for (int place = 0; place < tickets.Length; place++)
            tickets[place] = risky.Queue(process, 0, Of(addresses[place], length), asleep: false);
        risky.Run();
        byte[]?[] all = new byte[]?[tickets.Length];
        for (int place = 0; place < all.Length; place++)
            all[place] = risky.Take(tickets[place], out ReadOnlySpan<byte> bytes) == Sight.Seen ? bytes.ToArray() : null;
        return all;
    }

    private RiskyRead Of(ulong address, int length) => new(RiskyReadKind.Memory, process.Pid, 0, length, address);

    /// <summary>What the pointer <c>gHotSpotVMStructs</c> points to, by the dynamic symbols of the library as they lie in memory. Null: it is no such JVM, or may not be read.</summary>
    protected ulong? StructsTable()
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
