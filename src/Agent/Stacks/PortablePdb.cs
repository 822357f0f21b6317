using System.Numerics;
using System.Text;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Lines of methods from a portable PDB: dotnet/runtime, PortablePdb-Metadata.md, in the container of ECMA-335 II.24. Of its tables it needs the first two.
/// <code>
/// Document               name (blob), hash algorithm (guid), hash (blob), language (guid)
/// MethodDebugInformation document (row), sequence points (blob)          one row a method, in the order of the module's methods
/// </code>
/// An index has two bytes, or four where what it points into is large.
/// </summary>
internal sealed class PortablePdb
{
    private const int DocumentTable = 0x30, MethodTable = 0x31, MostNameLength = 4096;
    private readonly byte[] _file;
    private readonly (int Offset, int Size) _blobs;
    private readonly int _documents, _methods, _documentSize, _methodSize;
    private readonly uint _documentCount, _methodCount;
    private readonly bool _largeDocumentIndex, _largeBlobIndex;

    /// <exception cref="InvalidDataException">It is none.</exception>
    internal PortablePdb(byte[] file)
    {
        _file = file;
        Dictionary<string, (int Offset, int Size)> streams = Streams(file);
        if (!streams.TryGetValue("#Pdb", out (int, int) pdb) || !streams.TryGetValue("#~", out (int Offset, int Size) tables) || !streams.TryGetValue("#Blob", out _blobs))
            throw new InvalidDataException("no portable PDB");
        Id = new ByteCursor(Slice(pdb)).Guid();

        var cursor = new ByteCursor(Slice(tables));
        cursor.Take(6);
        int heaps = cursor.Byte();
        (bool largeGuidIndex, _largeBlobIndex) = ((heaps & 2) != 0, (heaps & 4) != 0);
        cursor.Take(1);
        ulong present = cursor.UInt64();
        if ((present & ((1UL << DocumentTable) - 1)) != 0)
            throw new InvalidDataException("no portable PDB of its own: it has tables of a module");
        cursor.Take(8);
        for (ulong left = present; left != 0; left &= left - 1)
        {
            uint count = cursor.UInt32();
            int table = BitOperations.TrailingZeroCount(left);
            _documentCount = table == DocumentTable ? count : _documentCount;
            _methodCount = table == MethodTable ? count : _methodCount;
        }
        _largeDocumentIndex = _documentCount > ushort.MaxValue;
        _documentSize = 2 * (_largeBlobIndex ? 4 : 2) + 2 * (largeGuidIndex ? 4 : 2);
        _methodSize = (_largeDocumentIndex ? 4 : 2) + (_largeBlobIndex ? 4 : 2);
        _documents = tables.Offset + tables.Size - cursor.Rest.Length;
        cursor.Take((long)_documentCount * _documentSize);
        _methods = _documents + (int)_documentCount * _documentSize;
        cursor.Take((long)_methodCount * _methodSize);
    }

    /// <summary>By which the module that it belongs to knows it.</summary>
    internal Guid Id { get; }

    /// <summary>Source file and line of an offset in the IL of a method; null: it has none.</summary>
    /// <param name="method">Row of the method in its module, from 1.</param>
    /// <exception cref="InvalidDataException">Something points to where nothing is.</exception>
    internal (string File, int Line)? LineOf(uint method, int il)
    {
        if (method == 0 || method > _methodCount)
            return null;
        var row = new ByteCursor(_file.AsSpan(_methods + (int)(method - 1) * _methodSize, _methodSize));
        uint document = Index(ref row, _largeDocumentIndex);
        uint blob = Index(ref row, _largeBlobIndex);
        if (blob == 0)
            return null;
        var points = new ByteCursor(Blob(blob));
        Compressed(ref points); // signature of the local variables
        if (document == 0)
            document = Compressed(ref points);
        (uint Document, int Line)? last = null;
        int line = 0;
        long offset = 0;
        for (bool first = true, firstLine = true; !points.IsAtEnd; first = false)
        {
            uint step = Compressed(ref points);
            if (step == 0 && !first)
            {
                document = Compressed(ref points);
                continue;
            }
            offset += step;
            if (offset > il)
                break;
            uint lines = Compressed(ref points);
            int columns = lines == 0 ? (int)Compressed(ref points) : CompressedSigned(ref points);
            if (lines == 0 && columns == 0)
                continue; // Hidden: the compiler's own, which belongs to what is before it.
            line = firstLine ? (int)Compressed(ref points) : line + CompressedSigned(ref points);
            _ = firstLine ? (int)Compressed(ref points) : CompressedSigned(ref points);
            firstLine = false;
            last = (document, line);
        }
        return last is { Line: > 0 } found ? (NameOf(found.Document), found.Line) : null;
    }

    /// <summary>A separator and the parts between them, each a blob of its own.</summary>
    private string NameOf(uint document)
    {
        if (document == 0 || document > _documentCount)
            throw new InvalidDataException($"no document {document}");
        var row = new ByteCursor(_file.AsSpan(_documents + (int)(document - 1) * _documentSize, _documentSize));
        var parts = new ByteCursor(Blob(Index(ref row, _largeBlobIndex)));
        char separator = (char)parts.Byte();
        var name = new StringBuilder();
        for (bool first = true; !parts.IsAtEnd; first = false)
        {
            if (!first && separator != 0)
                name.Append(separator);
            name.Append(Encoding.UTF8.GetString(Blob(Compressed(ref parts))));
            if (name.Length > MostNameLength)
                throw new InvalidDataException($"a name of more than {MostNameLength} characters");
        }
        return name.ToString();
    }

    // "BSJB" versions (4) reserved (4) length of text, text, flags (2) count of streams (2), each of which: offset, size, name with NULs up to a multiple of four
    private static Dictionary<string, (int, int)> Streams(byte[] file)
    {
        var cursor = new ByteCursor(file);
        if (!cursor.Take(4).SequenceEqual("BSJB"u8))
            throw new InvalidDataException("no metadata");
        cursor.Take(8);
        cursor.Take(cursor.UInt32());
        cursor.Take(2);
        var streams = new Dictionary<string, (int, int)>();
        for (int left = cursor.UInt16(); left > 0; left--)
        {
            (uint offset, uint size) = (cursor.UInt32(), cursor.UInt32());
            if ((ulong)offset + size > (ulong)file.Length)
                throw new InvalidDataException("a stream beyond the end");
            int length = cursor.Rest.IndexOf((byte)0);
            string name = Encoding.ASCII.GetString(cursor.Rest[..Math.Max(length, 0)]);
            cursor.Take((length + 4) & ~3);
            streams[name] = ((int)offset, (int)size);
        }
        return streams;
    }

    private ReadOnlySpan<byte> Slice((int Offset, int Size) stream) => _file.AsSpan(stream.Offset, stream.Size);

    private static uint Index(ref ByteCursor cursor, bool large) => large ? cursor.UInt32() : cursor.UInt16();

    private ReadOnlySpan<byte> Blob(uint offset)
    {
        var cursor = new ByteCursor(Slice(_blobs));
        cursor.Take(offset);
        return cursor.Take(Compressed(ref cursor));
    }

    // ECMA-335 II.23.2: the highest bits of the first byte say how many bytes there are, the highest byte first.
    private static uint Compressed(ref ByteCursor cursor) => Compressed(ref cursor, out _);

    private static uint Compressed(ref ByteCursor cursor, out int bits)
    {
        uint first = cursor.Byte();
        if ((first & 0x80) == 0)
        {
            bits = 7;
            return first;
        }
        if ((first & 0x40) == 0)
        {
            bits = 14;
            return (first & 0x3f) << 8 | cursor.Byte();
        }
        bits = 29;
        return (first & 0x1f) << 24 | (uint)cursor.Byte() << 16 | (uint)cursor.Byte() << 8 | cursor.Byte();
    }

    // Rotated by one, so that the sign is the lowest bit.
    private static int CompressedSigned(ref ByteCursor cursor)
    {
        uint rotated = Compressed(ref cursor, out int bits);
        int value = (int)(rotated >> 1);
        return (rotated & 1) == 0 ? value : value - (1 << (bits - 1));
    }
}
