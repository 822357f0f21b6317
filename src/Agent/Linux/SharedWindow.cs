namespace OrphanBoard.Agent.Linux;

/// <summary>
/// The first part of memory that is shared with the kernel, as much of it as is wanted now: all that is mapped counts as resident. The descriptor stays the caller's,
/// and open for as long as this is used.
/// </summary>
/// <param name="fd">Of a BPF map.</param>
/// <param name="room">Bytes that there are.</param>
internal sealed unsafe class SharedWindow(int fd, long room) : IDisposable
{
    private const long Least = 64 * 1024;

    private SharedMapping? _mapping;
    private long _shown;

    /// <summary>Null before the first <see cref="Show"/>.</summary>
    internal void* Address => _mapping is null ? null : _mapping.Address;

    /// <summary>Shows so many bytes, or all there are. To map anew costs a call for the pages: what is a little too large is left.</summary>
    /// <exception cref="LinuxException">They cannot be mapped; what was shown before still is.</exception>
    internal void Show(long bytes)
    {
        long wanted = Math.Min(Math.Max(bytes * 2, Least), room);
        if (_mapping is not null && Math.Min(bytes, room) <= _shown && wanted * 4 > _shown)
            return;
        var mapping = new SharedMapping(fd, wanted, writable: false);
        _mapping?.Dispose();
        (_mapping, _shown) = (mapping, wanted);
    }

    public void Dispose()
    {
        _mapping?.Dispose();
        _mapping = null;
    }
}
