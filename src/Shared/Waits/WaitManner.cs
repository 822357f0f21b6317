namespace OrphanBoard.Shared.Waits;

/// <summary>
/// What of a wait its kind leaves open: which way, which sort of lock, which children. Told by the blocked call and its arguments alone, so that the same code waits in the same manner
/// whenever it does.
/// </summary>
public static class WaitManner
{
    /// <summary><c>lock-own</c>, <c>send</c>, <c>flock-shared</c>, <c>one</c> and the like; null where the kind says all.</summary>
    public static string? Of(Wait wait) => wait.Kind switch
    {
        WaitKind.Futex => wait.Futex?.Class,
        WaitKind.SysvMessage => wait.Call == SystemCall.Msgsnd ? "send" : wait.WantsType ? "receive-type" : "receive",
        WaitKind.PosixQueue => wait.WaitsForRoom ? "send" : "receive",
        WaitKind.EventFd => wait.WaitsForRoom ? "write" : null,
        WaitKind.Tty => wait.Target is { } side && side.Text.EndsWith("ptmx", StringComparison.Ordinal) ? "master" : null,
        WaitKind.FifoOpen => OfOpen(wait),
        WaitKind.FileLock => wait.Lock is { } request ? $"{Spell(request.Kind)}{(request.Access == Snapshots.LockAccess.Read ? "-shared" : "")}" : null,
        WaitKind.ChildWait => wait.Children switch
        {
            null => null,
            { Pid: not null } => "one",
            { Group: not null } => "group",
            _ => "any",
        },
        WaitKind.PipeRead or WaitKind.PipeWrite => wait.OnlyForTheEnd ? "end" : null,
        WaitKind.SocketRead => wait.WantsAll ? "all" : null,
        _ => null,
    };

    private static string? OfOpen(Wait wait) => wait.OpensFor switch
    {
        Snapshots.FdAccess.Read => "read",
        Snapshots.FdAccess.Write => "write",
        _ => null,
    };

    private static string Spell(Snapshots.LockKind kind) => kind switch
    {
        Snapshots.LockKind.Flock => "flock",
        Snapshots.LockKind.Posix => "posix",
        _ => "ofd",
    };
}
