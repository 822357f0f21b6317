using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Looking;

/// <summary>Timeouts of the sockets and pseudoterminals that threads are blocked on. In a set (poll, epoll) those of reads and writes do not count, so that only sockets are asked at which TCP may give up.</summary>
internal static class CallTimeouts
{
    /// <summary>Fills in <see cref="FileDescriptor.Timeouts"/>.</summary>
    internal static ImmutableArray<FileDescriptor> Added(
        int pid, string architecture, ImmutableArray<ThreadRecord> threads, ImmutableArray<FileDescriptor> fds)
    {
        ImmutableArray<FileDescriptor>.Builder? changed = null;
        foreach (ThreadRecord thread in threads)
        {
            foreach (int number in FdsOf(thread, architecture))
            {
                int at = IndexOf(fds, number);
                if (at >= 0 && Of(pid, fds[at]) is { } timeouts)
                    (changed ??= fds.ToBuilder())[at] = fds[at] with { Timeouts = timeouts };
            }
        }
        return changed?.ToImmutable() ?? fds;
    }

    // Hardly any host has more at a time: of what is beyond it stays unknown.
    private const int MostUnsent = 256;

    /// <summary>Fills them in for suspects' sockets over which something was sent that a process of this host does not take: there TCP_USER_TIMEOUT ends the connection, whoever waits for what.</summary>
    internal static void MarkUnsent(ProcessRecord[] processes, IReadOnlySet<int> suspects, ImmutableArray<SocketRecord> sockets)
    {
        List<SocketRecord>? unsent = null;
        foreach (SocketRecord socket in sockets)
        {
            if (socket is { Family: not SocketFamily.Unix, IsConnected: true, SendQueue: > 0, Peer: > 0 } && (unsent ??= []).Count < MostUnsent)
                unsent.Add(socket);
        }
        for (int i = 0; unsent is not null && i < processes.Length; i++)
        {
            ProcessRecord process = processes[i];
            if (!suspects.Contains(process.Pid))
                continue;
            ImmutableArray<FileDescriptor>.Builder? changed = null;
            for (int place = 0; place < process.Fds.Length; place++)
            {
                FileDescriptor fd = process.Fds[place];
                if (fd is { Target: { Kind: FdKind.Socket, Id: var inode }, Timeouts: null } && Has(unsent, inode) && TargetSocket.Timeouts(process.Pid, fd.Number, inode) is { } timeouts)
                    (changed ??= process.Fds.ToBuilder())[place] = fd with { Timeouts = timeouts };
            }
            if (changed is not null)
                processes[i] = process with { Fds = changed.ToImmutable() };
        }
    }

    private static bool Has(List<SocketRecord> sockets, ulong inode)
    {
        foreach (SocketRecord socket in sockets)
        {
            if (socket.Inode == inode)
                return true;
        }
        return false;
    }

    private static SocketTimeouts? Of(int pid, FileDescriptor fd) => fd.Target switch
    {
        { Kind: FdKind.Socket, Id: > 0 and var inode } => TargetSocket.Timeouts(pid, fd.Number, inode),
        { Kind: FdKind.Path, Text: var path } when path.StartsWith("/dev/pts/", StringComparison.Ordinal) => TargetTerminal.Timeouts(pid, fd.Number),
        _ => null,
    };

    /// <summary>Of two fds both: which of them is waited for shows later.</summary>
    private static IEnumerable<int> FdsOf(ThreadRecord thread, string architecture)
    {
        if (thread is not { State: 'S', Call.Status: BlockedCallStatus.InCall } || !SystemCallTable.TryGet(architecture, thread.Call.Number, out SystemCall call))
            yield break;
        if (call is SystemCall.Recvfrom or SystemCall.Recvmsg or SystemCall.Recvmmsg or SystemCall.Sendto or SystemCall.Sendmsg or SystemCall.Sendmmsg
            or SystemCall.Accept or SystemCall.Accept4 or SystemCall.Connect)
            yield return (int)thread.Call.Arguments[0];
        (int? read, int? written) = StreamCalls.FdsOf(call, thread.Call.Arguments);
        if (read is { } source)
            yield return source;
        if (written is { } destination)
            yield return destination;
    }

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
