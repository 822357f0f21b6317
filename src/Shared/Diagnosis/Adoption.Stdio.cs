using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Orphans that nobody saw become one: told by whom they hang on, and by what their stdio leads to.</summary>
internal sealed partial class Adoption
{
    private Jobs? _jobs, _guessedJobs;

    /// <summary>
    /// Whether a process found without memory looks like an orphan. It was adopted, and its stdio says that it is no daemon: a pipe or socket whose other
    /// end nobody has, or a terminal that is gone. Adopted: a child is in its parent's session or leads one of its own. One that does neither was, if
    /// the leader of its process group or session is gone, or the job that its marks name is over. One that leads its session may be its parent's own child
    /// by all that shows: there the job must be over, or the parent be init, and all of its stdio must lead nowhere, for a parent closes the stdin
    /// of its child early, and never reads from /dev/null. In the session of init itself it has to be known that it was adopted. Where the job is over its stdin may be /dev/null: that is what a shell gives to what it runs in
    /// the background.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="guess">Where it is not known yet who is at the other end of a socket, nobody is.</param>
    public bool LooksOrphaned(HostProcess process, bool guess)
    {
        ProcessRecord record = process.Record;
        if (resources.ParentOf(process) is not { } parent || !HasDeadStdio(process, guess) || Listens(process))
            return false;
        if (record.Session == record.Pid)
            return parent.Record.NsPid == 1 && HasOnlyDeadStdio(process, guess, inputMayBeNull: false) || HasOnlyDeadStdio(process, guess, inputMayBeNull: true) && IsJobOver(process, guess);
        bool groupLeaderGone = record.Pgrp != record.Pid && IsGone(record.Pgrp);
        // In a container all may be in one session.
        return parent.Record.Session == record.Session ? parent.Record.NsPid == 1 && record.IsAdopted == true : groupLeaderGone || IsGone(record.Session) || IsJobOver(process, guess);
    }

    /// <summary>
    /// Whether a job that is over would make an orphan of it, and the marks of jobs were not read. Whose stdio is a socket is not asked for: what init starts has
    /// sockets, and at a first look all of them lead nowhere.
    /// </summary>
    public bool AsksForJobs(HostProcess process) =>
        process.Record is { JobCookies: null } record && record.Session == record.Pid && HasOnlyDeadStdio(process, guess: false, inputMayBeNull: true);

    /// <summary>What <see cref="LooksOrphaned"/> asks of the record alone.</summary>
    public static bool MayBeOrphan(ProcessRecord process)
    {
        foreach (FileDescriptor fd in process.Fds)
        {
            if (fd.Number > 2)
                break;
            if (fd.Target.Kind is FdKind.Pipe or FdKind.Socket || IsDeadTerminal(fd.Target))
                return true;
        }
        return false;
    }

    private bool IsJobOver(HostProcess process, bool guess) =>
        (guess ? _guessedJobs ??= new Jobs(resources, other => HasDeadStdio(other, guess: true)) : _jobs ??= new Jobs(resources, other => HasDeadStdio(other, guess: false)))
            .IsOver(process);

    /// <summary>
    /// Whether fd 0, 1 or 2 leads nowhere any more. False where that cannot be seen. A tracer that writes to a file has put ends of pipes there that it made itself (strace -o): what it was started with is what its
    /// tracee has.
    /// </summary>
    public bool HasDeadStdio(HostProcess process, bool guess)
    {
        foreach (HostProcess child in resources.ChildrenOf(process).Span)
        {
            if (child.Record.TracerPid == process.Pid)
                return HasDeadEnd(child, guess);
        }
        return HasDeadEnd(process, guess);
    }

    private bool HasDeadEnd(HostProcess process, bool guess)
    {
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Number > 2)
                break;
            if (IsDead(fd, guess))
                return true;
        }
        return false;
    }

    /// <summary>Whether its stdin and one of its outputs lead nowhere, and none of them to anybody.</summary>
    private bool HasOnlyDeadStdio(HostProcess process, bool guess, bool inputMayBeNull)
    {
        bool input = false, output = false;
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Number > 2)
                break;
            bool dead = IsDead(fd, guess);
            if (!dead && fd.Target.Kind is FdKind.Pipe or FdKind.Socket)
                return false;
            input |= fd.Number == 0 && (dead || inputMayBeNull && fd.Target is { Kind: FdKind.Path, Text: "/dev/null" });
            output |= dead && fd.Number != 0;
        }
        return input && output;
    }

    /// <summary>Whether nobody is at the other end.</summary>
    public bool IsDead(FileDescriptor fd, bool guess) => fd.Target.Kind switch
    {
        FdKind.Path => IsDeadTerminal(fd.Target),
        FdKind.Pipe => IsDeadPipe(fd),
        FdKind.Socket => IsDeadSocket(fd.Target.Id, guess),
        _ => false,
    };

    private static bool IsDeadTerminal(FdTarget target) => target.Kind == FdKind.Path
        && target.Text.StartsWith("/dev/pts/", StringComparison.Ordinal) && target.Text.EndsWith(" (deleted)", StringComparison.Ordinal);

    private bool IsDeadPipe(FileDescriptor fd)
    {
        if (!resources.OnlyInitIsHidden)
            return false;
        FdAccess other = (fd.Access & FdAccess.Write) != 0 ? FdAccess.Read : FdAccess.Write;
        foreach (Holder holder in resources.HoldersOf(fd.Target).Span)
        {
            if ((holder.Access & other) != 0)
                return false;
        }
        return true;
    }

    /// <summary>A connected unix socket whose other end is closed: the kernel has shut it down both ways.</summary>
    private bool IsDeadSocket(ulong inode, bool guess)
    {
        if (resources.Look.Sockets is not { } sockets)
            return guess;
        return SocketOf(sockets, inode) is
        {
            Family: SocketFamily.Unix, Type: SocketType.Stream or SocketType.SeqPacket, State: not SocketState.Listening, Peer: 0, PendingAt: null, Shutdown: 3,
        };
    }

    /// <summary>TCP sockets of a process that listen: ports that stay taken as long as it lives.</summary>
    public IEnumerable<(FileDescriptor Fd, SocketRecord Socket)> ListeningPorts(ProcessRecord process)
    {
        if (resources.Look.Sockets is not { } sockets)
            yield break;
        foreach (FileDescriptor fd in process.Fds)
        {
            if (fd.Target.Kind == FdKind.Socket && SocketOf(sockets, fd.Target.Id) is { State: SocketState.Listening, Family: not SocketFamily.Unix } socket)
                yield return (fd, socket);
        }
    }

    /// <summary>Sockets are listed in ascending order of their inodes.</summary>
    private static SocketRecord? SocketOf(ImmutableArray<SocketRecord> sockets, ulong inode) => OrderedSearch.Find(sockets, inode, static socket => socket.Inode);
}
