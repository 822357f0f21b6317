using System.Runtime.InteropServices;

namespace OrphanBoard.Bench.Measuring;

/// <summary>
/// What others do to the processor's caches within a second: walks through more memory than they hold. A look once a second begins cold.
/// </summary>
internal sealed unsafe class CacheEviction : IDisposable
{
    private const nuint Bytes = 64 << 20, CacheLine = 64;

    // Outside of the garbage collector's sight: its work is measured, this is not.
    private readonly byte* _memory = (byte*)NativeMemory.AllocZeroed(Bytes);

    internal void Evict()
    {
        for (nuint at = 0; at < Bytes; at += CacheLine)
            _memory[at]++;
    }

    public void Dispose() => NativeMemory.Free(_memory);
}
