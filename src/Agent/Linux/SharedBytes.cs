using System.Runtime.InteropServices;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Memory that two processes have in common: memfd_create(2), mapped by both. Zeroed at first; a page takes room once it is touched.</summary>
internal sealed unsafe partial class SharedBytes : IDisposable
{
    private const int CloseOnExec = 1; // MFD_CLOEXEC
    private byte* _start;
    private readonly int _length;

    private SharedBytes(int fd, byte* start, int length)
    {
        Descriptor = fd;
        _start = start;
        _length = length;
    }

    internal int Descriptor { get; }

    /// <exception cref="LinuxException">There is none.</exception>
    internal static SharedBytes Create(int length)
    {
        fixed (byte* name = "orphan-agent-reads\0"u8)
        {
            int fd = memfd_create(name, CloseOnExec);
            if (fd == -1)
                throw new LinuxException("memfd_create(2)", Marshal.GetLastPInvokeError());
            if (ftruncate(fd, length) != -1)
                return Map(fd, length);
            int error = Marshal.GetLastPInvokeError();
            _ = close(fd);
            throw new LinuxException("ftruncate(2)", error);
        }
    }

    /// <param name="fd">A memfd that the other process made. It is owned from now on.</param>
    /// <exception cref="LinuxException">It cannot be mapped.</exception>
    internal static SharedBytes Map(int fd, int length)
    {
        const int ReadWrite = 1 | 2, Shared = 1; // PROT_READ | PROT_WRITE, MAP_SHARED
        byte* start = (byte*)mmap(null, (nuint)length, ReadWrite, Shared, fd, 0);
        if (start == (byte*)-1)
        {
            int error = Marshal.GetLastPInvokeError();
            _ = close(fd);
            throw new LinuxException("mmap(2)", error);
        }
        return new SharedBytes(fd, start, length);
    }

    internal Span<byte> Slice(int offset, int length) => new Span<byte>(_start, _length).Slice(offset, length);

    internal ref int Number(int offset) => ref MemoryMarshal.AsRef<int>(Slice(offset, sizeof(int)));

    public void Dispose()
    {
        if (_start is null)
            return;
        _ = munmap(_start, (nuint)_length);
        _ = close(Descriptor);
        _start = null;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int memfd_create(byte* name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, nint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc")]
    private static partial int munmap(void* address, nuint length);
}
