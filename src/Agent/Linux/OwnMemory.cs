using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Linux;

/// <summary>What this program keeps resident.</summary>
internal static unsafe partial class OwnMemory
{
    private const int DontNeed = 4, HugePage = 14; // MADV_DONTNEED, MADV_HUGEPAGE
    private const int TrimThreshold = -1, FreeBytesKept = 128 * 1024; // M_TRIM_THRESHOLD, and its default

    /// <summary>
    /// For a program that allocates some 20 MB, never looks for garbage, and ends: a fault for each page of it would cost more than to fill them. The heap is what lies around the newest
    /// object; other memory there is none the worse for it, and where the machine has no large pages nothing changes.
    /// </summary>
    internal static void TakeInLargePages()
    {
        const nuint Around = 512 * 1024 * 1024;
        object newest = new();
        nuint address = *(nuint*)Unsafe.AsPointer(ref newest) & ~(nuint)(Environment.SystemPageSize - 1);
        _ = madvise((void*)(address - Around), 2 * Around, HugePage);
    }

    /// <summary>
    /// For a program that runs on and on. To set the threshold to what it is in any case keeps malloc(3) from raising it to twice the largest block that was ever
    /// freed: each compressed frame takes and frees some 300 kB, and each thread that had made one kept as much.
    /// </summary>
    internal static void KeepLittle() => _ = mallopt(TrimThreshold, FreeBytesKept);

    /// <summary>
    /// Gives back to the system what only a start needs: free memory of both heaps, and those pages of the program and its libraries that are as in their files.
    /// Of the latter the ones that are needed on come again from the page cache.
    /// </summary>
    internal static void GiveBack()
    {
        ForgetFilePages();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive);
        _ = malloc_trim(0);
    }

    /// <summary>Only where nobody may write, and nobody has: a relocation or a breakpoint is in no file.</summary>
    private static void ForgetFilePages()
    {
        const int MostBytes = 4 * 1024 * 1024;
        using DirectoryHandle? proc = DirectoryHandle.TryOpen("/proc/self");
        if (proc is null || proc.ReadTable("smaps"u8, new ReadBuffer(limit: MostBytes), out ReadOnlySpan<byte> text) != Sight.Seen)
            return;
        while (SmapsFile.Next(ref text, out MapsFile.Line line, out ulong? ownKb))
        {
            if (line is { Writable: false, Shared: false, Inode: not 0 } && ownKb == 0)
                _ = madvise((void*)line.Begin, (nuint)line.Size, DontNeed);
        }
    }

    [LibraryImport("libc")]
    private static partial int mallopt(int parameter, int value);

    [LibraryImport("libc")]
    private static partial int malloc_trim(nuint keep);

    [LibraryImport("libc")]
    private static partial int madvise(void* address, nuint length, int advice);
}
