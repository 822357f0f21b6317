using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Linux;

/// <summary>Memory of another process: process_vm_readv(2).</summary>
public static unsafe partial class TargetMemory
{
    /// <summary>Fills <paramref name="destination"/> from <paramref name="address"/> of process or thread <paramref name="pid"/>; all of it or nothing.</summary>
    public static Sight Read(int pid, ulong address, Span<byte> destination)
    {
        if (destination.IsEmpty)
            return Sight.Seen;
        fixed (byte* room = destination)
        {
            var local = new IoVector { Base = (nuint)room, Length = (nuint)destination.Length };
            var remote = new IoVector { Base = (nuint)address, Length = (nuint)destination.Length };
            nint count = process_vm_readv(pid, &local, 1, &remote, 1, 0);
            if (count == -1)
                return Errno.ToSight(Marshal.GetLastPInvokeError());
            return count == destination.Length ? Sight.Seen : Sight.Failed;
        }
    }

    // struct iovec
    private struct IoVector
    {
        public nuint Base;
        public nuint Length;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint process_vm_readv(int pid, IoVector* local, nuint localCount, IoVector* remote, nuint remoteCount, nuint flags);
}
