using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Who has a pidfd of one that is stuck, and could take what that has open.</summary>
internal static class PidFds
{
    /// <summary>
    /// Whether somebody outside has one of a member, or, being of the same user, one of which it is not known whose it is. Those above a member have them to be told of its end, and make nothing else of them; and who is init is above everybody.
    /// </summary>
    public static bool AnyMayTakeFrom(Incident incident)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (HostProcess process in resources.Processes)
        {
            if ((process.TableFacts & LocalFacts.HasPidFd) == 0 || incident.Members.Contains(process.Pid) || process.Pid == resources.Look.ObserverPid)
                continue;
            foreach (FileDescriptor fd in process.Record.Fds)
            {
                if (fd.Target.Kind == FdKind.PidFd && IsOfOneBeside(incident, resources, process, (int)fd.Target.Id))
                    return true;
            }
        }
        return false;
    }

    /// <param name="of">Whose pidfd it is; 0: not known.</param>
    private static bool IsOfOneBeside(Incident incident, ResourceIndex resources, HostProcess holder, int of)
    {
        foreach (int member in incident.Members)
        {
            if (resources.Find(member) is { } known && (of == member || of == 0 && holder.Record.Uid == known.Record.Uid) && !resources.IsDescendant(known, holder))
                return true;
        }
        return false;
    }
}
