using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Memory shared with the kernel by a descriptor: mmap(2) with MAP_SHARED, until it is disposed of.</summary>
internal sealed unsafe class SharedMapping : IDisposable
{
    private readonly long _size;
    private void* _address;

    /// <exception cref="LinuxException">It cannot be mapped.</exception>
    internal SharedMapping(int fd, long size, bool writable)
    {
        int page = Environment.SystemPageSize;
        _size = (size + page - 1) / page * page;
        _address = mmap(null, (size_t)(ulong)_size, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
        if (_address == MAP_FAILED)
        {
            _address = null;
            throw new LinuxException("mmap(2) of a BPF map", errno);
        }
    }

    internal void* Address => _address;

    public void Dispose()
    {
        if (_address is not null)
            _ = munmap(_address, (size_t)(ulong)_size);
        _address = null;
    }
}
