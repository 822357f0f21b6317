using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Looking;

/// <summary>Timeouts of the sockets that threads are blocked on. In a set (poll, epoll) they do not count, so those are not asked.</summary>
internal static class BlockedSockets
{
    /// <summary>Fills in <see cref="FileDescriptor.Timeouts"/>.</summary>
    internal static ImmutableArray<FileDescriptor> WithTimeouts(
        int pid, string architecture, ImmutableArray<ThreadRecord> threads, ImmutableArray<FileDescriptor> fds)
    {
        ImmutableArray<FileDescriptor>.Builder? changed = null;
        foreach (ThreadRecord thread in threads)
        {
            int at = FdOf(thread, architecture) is { } number ? IndexOf(fds, number) : -1;
            if (at >= 0 && fds[at] is { Target: { Kind: FdKind.Socket, Id: > 0 } target } && TargetSocket.Timeouts(pid, fds[at].Number, target.Id) is { } timeouts)
                (changed ??= fds.ToBuilder())[at] = fds[at] with { Timeouts = timeouts };
        }
        return changed?.ToImmutable() ?? fds;
    }

    private static int? FdOf(ThreadRecord thread, string architecture) =>
        thread is { State: 'S', Call.Status: BlockedCallStatus.InCall } && SystemCallTable.TryGet(architecture, thread.Call.Number, out SystemCall call)
        && call is SystemCall.Read or SystemCall.Readv or SystemCall.Write or SystemCall.Writev
            or SystemCall.Recvfrom or SystemCall.Recvmsg or SystemCall.Recvmmsg or SystemCall.Sendto or SystemCall.Sendmsg
            or SystemCall.Accept or SystemCall.Accept4 or SystemCall.Connect
            ? (int)thread.Call.Arguments[0]
            : null;

    private static int IndexOf(ImmutableArray<FileDescriptor> fds, int number)
    {
        for (int i = 0; i < fds.Length; i++)
        {
            if (fds[i].Number == number)
                return i;
        }
        return -1;
    }
}
