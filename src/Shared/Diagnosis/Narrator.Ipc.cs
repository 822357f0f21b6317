using System.Collections.Immutable;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>File locks, queues, semaphores and terminals in words.</summary>
internal sealed partial class Narrator
{
    private static string IpcPhrase(Wait wait) => wait.Kind switch
    {
        WaitKind.FileLock => $"waits for {(wait.Lock is { } wanted ? wanted.Access == Snapshots.LockAccess.Write ? "an exclusive lock" : "a shared lock" : "a lock")} on {wait.Target?.Text} (fd {wait.Fd})",
        WaitKind.SysvSemaphore => $"waits for System V semaphore set {wait.SysvId}",
        WaitKind.SysvMessage when wait.WaitsForRoom => $"waits for room in System V message queue {wait.SysvId}",
        WaitKind.SysvMessage => $"waits for a message in System V queue {wait.SysvId}",
        _ when wait.WaitsForRoom => $"waits for room in message queue {wait.Target?.Text} (fd {wait.Fd})",
        _ => $"waits for a message in queue {wait.Target?.Text} (fd {wait.Fd})",
    };

    private string IpcHolderSentence(int process, IncidentEdge edge)
    {
        string holders = Listing(edge.To.GroupBy(waker => waker.Node).Select(group =>
        {
            ImmutableArray<int> fds = [.. group.Where(waker => waker.Fd is not null).Select(waker => waker.Fd!.Value).Order()];
            string who = group.Key == process ? "itself" : Name(group.Key);
            string other = edge.Part.Kind == WaitKind.FileLock && !fds.IsEmpty && resources[group.Key].FindFd(fds[0]) is { } held && held.Target.Text != edge.Part.Target?.Text ? $", {held.Target.Text} there" : "";
            return fds.IsEmpty ? who : $"{who} (fd {Listing(fds.Select(fd => fd.ToString()))}{other})";
        }));
        return edge.Part.Kind switch
        {
            WaitKind.FileLock => $"The lock in its way is held by {holders}.",
            WaitKind.SysvSemaphore or WaitKind.SysvMessage => $"It has no key, and is known to {holders}.",
            WaitKind.Tty => $"The terminal's other side is open in {holders}.",
            WaitKind.PosixQueue => $"The queue is unlinked, and open in {holders}.",
            WaitKind.PipeRead or WaitKind.PipeWrite when !WakerFinder.IsUnlinked(resources[process], edge.Part) => $"Its other end is open in {holders}.",
            _ => $"The FIFO is unlinked, and its other end is open in {holders}.",
        };
    }
}
