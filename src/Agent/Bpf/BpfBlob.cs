using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Bpf;

/// <summary>
/// The kernel program as it is embedded: made of collector.bpf.c by eng/bpf.sh, packed by eng/bpf-pack.c. It is a program that loads
/// the others (BPF_PROG_TYPE_SYSCALL) and its data, so that nothing but bpf(2) is needed; the kernel itself fits it to its own structures.
/// Embedded as gzip: a quarter of its size.
/// </summary>
internal sealed class BpfBlob
{
    // "ORPHBPF1", 20 numbers of 32 bits as in Field, then the data and the instructions of the loading program.
    private const int FieldCount = 20, HeadSize = 8 + FieldCount * sizeof(uint);
    private readonly byte[] _bytes;

    private BpfBlob(byte[] bytes) => _bytes = bytes;

    /// <summary>Offsets of the descriptors in the context of the loading program, which takes room sizes and gives descriptors there.</summary>
    internal enum Field
    {
        Machine,
        ContextSize,
        DataSize,
        InstructionsSize,
        ControlSize,
        ProcessRowSize,
        TaskRowSize,
        FdRowSize,
        BirthRowSize,
        BirthSlots,
        ControlMap,
        PidMap,
        ProcessMap,
        TaskMap,
        FdMap,
        BirthMap,
        MemoryMap,
        LookProgram,
        ForkProgram,
        ControlOffset,
    }

    internal int this[Field field] => BinaryPrimitives.ReadInt32LittleEndian(_bytes.AsSpan(8 + (int)field * sizeof(uint)));

    internal ReadOnlySpan<byte> Data => _bytes.AsSpan(HeadSize, this[Field.DataSize]);

    internal ReadOnlySpan<byte> Instructions => _bytes.AsSpan(HeadSize + this[Field.DataSize], this[Field.InstructionsSize]);

    /// <summary>Null, and the reason in one line, where this agent was built without it or it does not fit.</summary>
    internal static BpfBlob? TryOpen(out string? reason)
    {
        using Stream? stream = typeof(BpfBlob).Assembly.GetManifestResourceStream("collector.bin.gz");
        if (stream is null)
        {
            reason = "this agent was built without it: install clang, bpftool and libbpf-dev and run ./orphanboard build again";
            return null;
        }
        try
        {
            return TryParse(Unpack(stream), out reason);
        }
        catch (InvalidDataException)
        {
            reason = Damaged;
            return null;
        }
    }

    /// <exception cref="InvalidDataException">It is no gzip.</exception>
    internal static byte[] Unpack(Stream stream)
    {
        using var packed = new GZipStream(stream, CompressionMode.Decompress);
        using var whole = new MemoryStream();
        packed.CopyTo(whole);
        return whole.ToArray();
    }

    private const string Damaged = "the program built into this agent is damaged; run ./orphanboard build again";

    internal static unsafe BpfBlob? TryParse(byte[] bytes, out string? reason)
    {
        var blob = new BpfBlob(bytes);
        if (bytes.Length < HeadSize || !bytes.AsSpan(0, 8).SequenceEqual("ORPHBPF1"u8)
            || bytes.Length != (long)HeadSize + (uint)blob[Field.DataSize] + (uint)blob[Field.InstructionsSize])
        {
            reason = Damaged;
            return null;
        }
        int machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 183 : 62; // e_machine of elf(5)
        if (blob[Field.Machine] != machine)
        {
            reason = "the program built into this agent is for another architecture; build it on this one";
            return null;
        }
        if ((blob[Field.ControlSize], blob[Field.ProcessRowSize], blob[Field.TaskRowSize], blob[Field.FdRowSize], blob[Field.BirthRowSize])
            != (sizeof(SweepControl), sizeof(ProcessRow), sizeof(TaskRow), sizeof(FdRow), sizeof(BirthRow)))
        {
            reason = "the program built into this agent is of another version; run ./orphanboard build again";
            return null;
        }
        reason = null;
        return blob;
    }
}
