using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Streams that are read to their end: pipes, and connected local sockets, which some runtimes give their children as stdio. The end comes when nobody holds
/// the other end any more.
/// </summary>
internal static class StreamEnds
{
    public static bool IsRead(Wait wait) =>
        wait is { Kind: WaitKind.PipeRead, Target.Kind: FdKind.Pipe } or { Kind: WaitKind.SocketRead, Target: { Kind: FdKind.Socket, Id: not 0 } };

    /// <summary>The stream that a wait is for, or those of a set's members.</summary>
    public static IEnumerable<Wait> ReadsOf(Wait wait) => (wait.Kind == WaitKind.Poll ? wait.Members : [wait]).Where(IsRead);

    /// <summary>Whether <see cref="ReadsOf"/> has any.</summary>
    public static bool HasRead(Wait wait)
    {
        if (wait.Kind != WaitKind.Poll)
            return IsRead(wait);
        foreach (Wait member in wait.Members)
        {
            if (IsRead(member))
                return true;
        }
        return false;
    }

    /// <summary>Whether one of these waits, or of their members, is for what comes at this end of a pipe or of a pair of sockets: who waits there is spoken to, and does not merely keep it open.</summary>
    public static bool IsSpokenToAt(ImmutableArray<Wait> waits, FdTarget end)
    {
        foreach (Wait wait in waits)
        {
            if (IsRead(wait) && wait.Target == end)
                return true;
            foreach (Wait member in wait.Members)
            {
                if (IsRead(member) && member.Target == end)
                    return true;
            }
        }
        return false;
    }

    /// <summary>
    /// All who hold what is at the other end of a stream. Of a pipe these are all its holders: those with <see cref="FdAccess.Write"/> hold its write end, as all
    /// do who hold the peer of a socket. Empty where no peer is known.
    /// </summary>
    public static OrderedList<Holder> FarHoldersOf(this ResourceIndex resources, FdTarget target) => target.Kind != FdKind.Socket
        ? resources.HoldersOf(target)
        : resources.FarHoldersOf(resources.Sockets.FactOf(target.Id));

    /// <summary>All who hold the peer of a socket.</summary>
    public static OrderedList<Holder> FarHoldersOf(this ResourceIndex resources, SocketFact socket) =>
        socket.Party == SocketParty.Local ? resources.HoldersOfSocket(socket.Peer) : OrderedList<Holder>.None;

    /// <summary>Whether it is a stream that a parent hands to its children: a pipe, or a pair of sockets without names.</summary>
    public static bool IsHandedOn(this ResourceIndex resources, FdTarget target) =>
        target.Kind == FdKind.Pipe || target.Kind == FdKind.Socket && resources.Sockets.FactOf(target.Id).Pair;

    /// <summary><c>pipe 7000</c>, <c>socket 4711</c>.</summary>
    public static string NameOf(FdTarget target) => target.Kind == FdKind.Path ? $"FIFO {target.Text}" : $"{(target.Kind == FdKind.Socket ? "socket" : "pipe")} {target.Id}";

    /// <summary>What an fd of a process refers to, in the words of the contract.</summary>
    public static string ResourceOf(this ResourceIndex resources, int pid, int fd) => resources[pid].FindFd(fd)?.Target.Text ?? $"fd {fd}";
}
