using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Whom the next look should read beside those who may be stuck: for what they hold, or because they could end a wait.</summary>
internal sealed partial class Triage
{
    /// <summary>
    /// Who may have had an eventfd that somebody waits on: it may have given it to the kernel (AIO, an io_uring) and closed it. As <c>AreKin</c> of <see cref="WakerFinder"/>: of the session, above, below, or
    /// beside. Not where the kernel's count of the eventfd is seen, and not who was asked and has stood still since.
    /// </summary>
    private void AddTheirFamily(HostIdentity host)
    {
        HashSet<int> own = [], above = [], parents = [], sessions = [];
        foreach (HostProcess waiter in Lists.Stuck)
        {
            foreach (Wait wait in waiter.WaitsOf(host))
            {
                AddHolders(wait);
                foreach (Wait member in wait.Members)
                    AddHolders(member);
            }
        }
        if (own.Count == 0)
            return;
        foreach (HostProcess process in resources.Processes)
        {
            if (process.Record.HasAio is null && (sessions.Contains(process.Record.Session) || parents.Contains(process.Record.Ppid) || above.Contains(process.Pid) || IsBelow(process)))
                _suspects.Add(process.Pid);
        }

        void AddHolders(Wait wait)
        {
            if (wait is not { Kind: WaitKind.EventFd, Target: { } target })
                return;
            foreach (Holder holder in resources.HoldersOf(target).Span)
            {
                if (holder.Owner.Record.FindFd(holder.Fd) is { GivenToKernel: not null } || !own.Add(holder.Process))
                    continue;
                sessions.Add(holder.Owner.Record.Session);
                parents.Add(holder.Owner.Record.Ppid);
                for (HostProcess? next = resources.ParentOf(holder.Owner); next is not null && above.Add(next.Pid);)
                    next = resources.ParentOf(next);
            }
        }

        bool IsBelow(HostProcess process)
        {
            HostProcess? next = process;
            for (int steps = 0; next is not null && steps < resources.Count; steps++, next = resources.ParentOf(next))
            {
                if (own.Contains(next.Pid))
                    return true;
            }
            return false;
        }
    }

    /// <summary>Who holds the lock that somebody waits for shows in the fdinfo of those who have the file open, under the same name mostly.</summary>
    private void AddThoseWhoMayHaveLocks(HostIdentity host)
    {
        HashSet<string>? files = null;
        foreach (HostProcess process in Lists.Stuck)
        {
            foreach (Wait wait in process.WaitsOf(host))
            {
                if (wait is { Kind: WaitKind.FileLock, Target: { Kind: FdKind.Path } file })
                    (files ??= []).Add(file.Text);
            }
        }
        if (files is null)
            return;
        foreach (HostProcess process in resources.Processes)
        {
            foreach (FileDescriptor fd in process.Record.Fds)
            {
                if (fd.Target.Kind == FdKind.Path && files.Contains(fd.Target.Text))
                    _suspects.Add(process.Pid);
            }
        }
    }

    /// <summary>
    /// Since when those stand still who have the listener from which a suspect's connection is not accepted. Before the tables of sockets were read that is not known:
    /// then it may be anybody of its session who has a socket.
    /// </summary>
    private void AddThoseWhoMayAccept(HostIdentity host)
    {
        _sessions.Clear();
        foreach (HostProcess process in Lists.Stuck)
        {
            foreach (Wait wait in process.WaitsOf(host))
            {
                AddHoldersOfListener(process, wait);
                AddThoseWhoMayCarry(process, wait);
                foreach (Wait member in wait.Members)
                {
                    AddHoldersOfListener(process, member);
                    AddThoseWhoMayCarry(process, member);
                }
            }
        }
        if (_sessions.Count == 0)
            return;
        foreach (HostProcess process in resources.Processes)
        {
            if ((process.TableFacts & LocalFacts.HasSocket) != 0 && _sessions.Contains(process.Record.Session))
                _suspects.Add(process.Pid);
        }
    }

    /// <summary>
    /// Whether a descriptor lies in the queue of a socket (SCM_RIGHTS) shows in the fdinfo of that socket alone, and it is whoever may take it who could wake those who wait: anybody
    /// of the session, by way of it, asleep or not.
    /// </summary>
    private void AddThoseWhoMayCarry(HostProcess process, Wait wait)
    {
        if (wait is { Kind: WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.EventFd } or { Kind: WaitKind.PipeRead or WaitKind.PipeWrite, Target.Kind: FdKind.Pipe })
            _sessions.Add(process.Record.Session);
    }

    private void AddHoldersOfListener(HostProcess process, Wait wait)
    {
        if (wait is not { Kind: WaitKind.SocketRead or WaitKind.SocketWrite or WaitKind.SocketConnect, Target: { } socket })
            return;
        if (resources.Look.Sockets is null && resources.Sockets.FactOf(socket.Id).Party == SocketParty.NotKnown)
            _sessions.Add(process.Record.Session);
        else if (resources.Sockets.QueueOf(socket) is { } listener)
            AddHolders(listener);
        else if (wait.Kind == WaitKind.SocketConnect)
        {
            foreach (SocketRecord full in resources.Sockets.FullListeners(resources.Sockets.Find(socket.Id)?.NetNamespace))
                AddHolders(full.Inode);
        }

        void AddHolders(ulong inode)
        {
            foreach (Holder holder in resources.HoldersOfSocket(inode).Span)
                _suspects.Add(holder.Process);
        }
    }

    /// <summary>Who above a suspect may have a timer (see <see cref="Limits"/>) is asked for it too.</summary>
    private void AddThoseWhoMayEndIt()
    {
        foreach (TriageList list in Lists.All)
        {
            if (!list.AsksAboveThem)
                continue;
            foreach (HostProcess process in list)
            {
                HostProcess? above = resources.ParentOf(process);
                for (int steps = 0; steps < resources.Count && above is not null; steps++, above = resources.ParentOf(above))
                {
                    if (Limits.MayHaveATimer(above.Record))
                        _suspects.Add(above.Pid);
                }
            }
        }
    }
}
