using System.IO.Compression;

namespace OrphanBoard.Agent.Stacks;

/// <summary>The symbols of the modules of one process, each read once: from the portable PDB beside the module, or from the one in it.</summary>
/// <param name="root">What to put before the paths of the modules.</param>
internal sealed class DotnetSymbols(string root)
{
    private const int MostBytes = 64 * 1024 * 1024;
    private readonly Dictionary<DotnetModule, PortablePdb?> _pdbs = [];

    /// <summary>Null: there are no symbols of it.</summary>
    internal (string File, int Line)? LineOf(DotnetModule module, DotnetMethod method, int il)
    {
        const uint MethodTable = 0x06, RowMask = 0xffffff;
        if (method.Token >> 24 != MethodTable)
            return null;
        if (!_pdbs.TryGetValue(module, out PortablePdb? pdb))
            _pdbs[module] = pdb = Find(module);
        try
        {
            return pdb?.LineOf(method.Token & RowMask, il);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private PortablePdb? Find(DotnetModule module)
    {
        // In a program that is one file, or made in memory, it is but a name.
        if (!module.Path.StartsWith('/'))
            return null;
        foreach (Func<string, byte[]?> read in (Func<string, byte[]?>[])[path => ReadFile(Path.ChangeExtension(path, ".pdb")), ReadEmbedded])
        {
            try
            {
                if (read(root + module.Path) is { } bytes && new PortablePdb(bytes) is var pdb && pdb.Id == module.Symbols)
                    return pdb;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
            {
            }
        }
        return null;
    }

    private static byte[]? ReadFile(string path) => new FileInfo(path) is { Exists: true, Length: <= MostBytes } ? File.ReadAllBytes(path) : null;

    // Debug directory of a PE file, an entry of which has type 17; its data: "MPDB", size, the PDB deflated.
    private static byte[]? ReadEmbedded(string path)
    {
        const uint EmbeddedPdb = 17;
        if (ReadFile(path) is not { } file)
            return null;
        var entries = new ByteCursor(DebugDirectory(file));
        while (!entries.IsAtEnd)
        {
            var entry = new ByteCursor(entries.Take(28));
            entry.Take(12);
            uint type = entry.UInt32();
            (uint size, _, uint offset) = (entry.UInt32(), entry.UInt32(), entry.UInt32());
            if (type != EmbeddedPdb)
                continue;
            var data = At(file, offset);
            var embedded = new ByteCursor(data.Take(size));
            if (!embedded.Take(4).SequenceEqual("MPDB"u8))
                return null;
            uint length = embedded.UInt32();
            if (length > MostBytes)
                return null;
            byte[] pdb = new byte[length];
            using var inflated = new DeflateStream(new MemoryStream(embedded.Rest.ToArray()), CompressionMode.Decompress);
            inflated.ReadExactly(pdb);
            return pdb;
        }
        return null;
    }

    // The offset of the PE header is at 0x3c: "PE" 0 0, then machine (2), count of sections (2), 12 bytes, size of the optional header (2), flags (2), the
    // optional header, whose directories are at its end, the seventh of which is the one, and the sections of 40 bytes each.
    private static ReadOnlySpan<byte> DebugDirectory(byte[] file)
    {
        ByteCursor header = At(file, At(file, 0x3c).UInt32());
        if (!header.Take(4).SequenceEqual("PE\0\0"u8))
            throw new InvalidDataException("no PE file");
        header.Take(2);
        int sections = header.UInt16();
        header.Take(12);
        int optionalSize = header.UInt16();
        header.Take(2);
        var optional = new ByteCursor(header.Take(optionalSize));
        bool is64 = optional.UInt16() == 0x20b;
        optional.Take((is64 ? 112 : 96) - 2 + 6 * 8);
        (uint address, uint size) = (optional.UInt32(), optional.UInt32());
        for (; sections > 0; sections--)
        {
            var section = new ByteCursor(header.Take(40));
            section.Take(8);
            (uint virtualSize, uint virtualAddress, _, uint offset) = (section.UInt32(), section.UInt32(), section.UInt32(), section.UInt32());
            if (address >= virtualAddress && address - virtualAddress < virtualSize)
                return At(file, offset + (address - virtualAddress)).Take(size);
        }
        return [];
    }

    private static ByteCursor At(byte[] file, uint offset)
    {
        var cursor = new ByteCursor(file);
        cursor.Take(offset);
        return cursor;
    }
}
