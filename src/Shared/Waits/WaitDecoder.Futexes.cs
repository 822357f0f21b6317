using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>futex(2).</summary>
public static partial class WaitDecoder
{
    // futex(2): uaddr, op, val, timeout, uaddr2, val3
    private const int FutexWaitOp = 0, FutexWaitBitsetOp = 9;
    private const int FutexPrivateFlag = 0x80, FutexCommandMask = 0x7f;

    private static Wait OfFutex(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        ImmutableArray<ulong> args = thread.Call.Arguments;
        int operation = (int)args[1];
        if ((operation & FutexCommandMask) is not (FutexWaitOp or FutexWaitBitsetOp))
            return Wait.Unknown($"futex operation 0x{operation:x} is not decoded", call);
        uint expected = (uint)args[2];
        // pthread_join(3) waits without the private flag for the kernel to clear the tid in a thread's own control block.
        int? joins = (operation & FutexPrivateFlag) == 0 && expected != thread.Tid && process.Threads.Any(other => other.Tid == (int)expected)
            ? (int)expected
            : null;
        return new Wait
        {
            Kind = WaitKind.Futex,
            Bounded = args[3] == 0 ? Bounded.No : Bounded.Yes,
            Call = call,
            Futex = new FutexWait(args[0], operation, expected, (operation & FutexPrivateFlag) != 0 || joins is not null, joins),
        };
    }
}
