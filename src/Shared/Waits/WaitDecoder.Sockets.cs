using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>Calls on sockets.</summary>
public static partial class WaitDecoder
{
    private static Wait OfSocket(ProcessRecord process, ThreadRecord thread, SystemCall call, WaitKind kind)
    {
        int fd = (int)thread.Call.Arguments[0];
        return process.FindFd(fd) is { Target.Kind: FdKind.Socket } entry
            ? new Wait { Kind = kind, Bounded = Bounded.Unknown, Call = call, Fd = fd, Target = entry.Target }
            : Wait.Unknown($"fd {fd} of {SystemCallTable.NameOf(call)} is no socket that was seen", call);
    }
}
