using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>bpf(2). Each call answers a file descriptor or a count, or the negated errno.</summary>
/// <remarks>The attributes are those of include/uapi/linux/bpf.h, union bpf_attr; what is not named here is 0.</remarks>
internal static unsafe class Bpf
{
    private const int MapCreate = 0, MapUpdateElem = 2, ProgLoad = 5, ProgTestRun = 10, RawTracepointOpen = 17, LinkCreate = 28, IterCreate = 33;
    private const uint TypeArray = 2, TypeSyscall = 31, Sleepable = 1 << 4, TraceIter = 28;

    /// <summary>An array of one value.</summary>
    internal static int CreateArray(int valueSize)
    {
        var attributes = new MapAttributes { Type = TypeArray, KeySize = 4, ValueSize = (uint)valueSize, MaxEntries = 1 };
        return Call(MapCreate, &attributes, sizeof(MapAttributes));
    }

    internal static int SetElement(int map, uint key, ReadOnlySpan<byte> value)
    {
        fixed (byte* bytes = value)
        {
            var attributes = new ElementAttributes { Map = (uint)map, Key = (ulong)&key, Value = (ulong)bytes };
            return Call(MapUpdateElem, &attributes, sizeof(ElementAttributes));
        }
    }

    /// <summary>Loads a program of type BPF_PROG_TYPE_SYSCALL whose first map, by index, is <paramref name="map"/>.</summary>
    internal static int LoadSyscallProgram(ReadOnlySpan<byte> instructions, int map)
    {
        fixed (byte* code = instructions)
        fixed (byte* licence = "Dual BSD/GPL\0"u8)
        {
            var attributes = new ProgramAttributes
            {
                Type = TypeSyscall,
                Count = (uint)instructions.Length / 8,
                Instructions = (ulong)code,
                Licence = (ulong)licence,
                Flags = Sleepable,
                FdArray = (ulong)&map,
            };
            return Call(ProgLoad, &attributes, sizeof(ProgramAttributes));
        }
    }

    /// <summary>Runs a BPF_PROG_TYPE_SYSCALL program on <paramref name="context"/>, which it may write to. Answers what the program does.</summary>
    internal static int Run(int program, Span<byte> context)
    {
        fixed (byte* bytes = context)
        {
            var attributes = new RunAttributes { Program = (uint)program, ContextSize = (uint)context.Length, Context = (ulong)bytes };
            int result = Call(ProgTestRun, &attributes, sizeof(RunAttributes));
            return result < 0 ? result : (int)attributes.Result;
        }
    }

    /// <summary>Attaches a raw_tp program to the tracepoint of that name, which ends with a NUL, until the descriptor is closed.</summary>
    internal static int OpenTracepoint(int program, ReadOnlySpan<byte> name)
    {
        fixed (byte* bytes = name)
        {
            ulong* attributes = stackalloc ulong[] { (ulong)bytes, (uint)program };
            return Call(RawTracepointOpen, attributes, 2 * sizeof(ulong));
        }
    }

    internal static int CreateIteratorLink(int program)
    {
        uint* attributes = stackalloc uint[] { (uint)program, 0, TraceIter, 0, 0, 0, 0, 0 };
        return Call(LinkCreate, attributes, 8 * sizeof(uint));
    }

    /// <summary>A descriptor whose reading is one pass.</summary>
    internal static int CreateIterator(int link)
    {
        uint* attributes = stackalloc uint[] { (uint)link, 0 };
        return Call(IterCreate, attributes, 2 * sizeof(uint));
    }

    /// <summary>Reads an iterator to its end, whatever it prints. 0, or the negated errno.</summary>
    internal static int ReadToEnd(int iterator)
    {
        byte* buffer = stackalloc byte[256];
        while (true)
        {
            long count = read(iterator, buffer, 256);
            if (count == 0)
                return 0;
            // EAGAIN: a million tasks without a byte to show for them; it goes on where it stopped.
            if (count < 0 && errno != EINTR && errno != EAGAIN)
                return -errno;
        }
    }

    internal static void Close(int fd) => _ = close(fd);

    private static int Call(int command, void* attributes, int size)
    {
        long result;
        do
            result = (long)syscall(SystemCallNumbers.Bpf, command, attributes, size);
        while (result == -1 && errno is var error && (error == EINTR || error == EAGAIN));
        return result == -1 ? -errno : (int)result;
    }

    [StructLayout(LayoutKind.Sequential, Size = 72)]
    private struct MapAttributes
    {
        public uint Type, KeySize, ValueSize, MaxEntries;
    }

    private struct ElementAttributes
    {
        public ulong Map, Key, Value, Flags;
    }

    [StructLayout(LayoutKind.Explicit, Size = 144)]
    private struct ProgramAttributes
    {
        [FieldOffset(0)] public uint Type;
        [FieldOffset(4)] public uint Count;
        [FieldOffset(8)] public ulong Instructions;
        [FieldOffset(16)] public ulong Licence;
        [FieldOffset(44)] public uint Flags;
        [FieldOffset(120)] public ulong FdArray;
    }

    [StructLayout(LayoutKind.Explicit, Size = 80)]
    private struct RunAttributes
    {
        [FieldOffset(0)] public uint Program;
        [FieldOffset(4)] public uint Result;
        [FieldOffset(40)] public uint ContextSize;
        [FieldOffset(48)] public ulong Context;
    }
}
