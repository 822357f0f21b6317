using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What is asked of the fd tables of a look as a whole. They are gone through once for each question, when it is asked first.</summary>
internal sealed class Descriptors(ResourceIndex resources)
{
    private Dictionary<ulong, References?>? _references;
    private List<(HostProcess, FileDescriptor)>? _sharable;
    private List<Holder>? _carriers;
    private List<HostProcess>? _signallers;

    /// <summary>All references to an open file description. Null: not all that belong to them were read.</summary>
    public References? ReferencesOf(ulong description) => (_references ??= CountReferences()).GetValueOrDefault(description);

    /// <summary>All epolls and timers, and whose they are.</summary>
    public List<(HostProcess Owner, FileDescriptor Fd)> Sharable => _sharable ??= FindSharable();

    /// <summary>Where descriptors are that stand in no table, as far as it was asked: on their way over a socket (SCM_RIGHTS), or with an io_uring, which may have no fd itself (-1).</summary>
    public List<Holder> Carriers => _carriers ??= FindCarriers();

    /// <summary>Who is seen to have a file for which the kernel sends signals: to whom shows nowhere (F_SETOWN).</summary>
    public List<HostProcess> Signallers => _signallers ??= FindSignallers();

    private List<HostProcess> FindSignallers()
    {
        List<HostProcess> found = [];
        foreach (HostProcess process in resources.Processes)
        {
            if ((process.TableFacts & LocalFacts.SendsSignals) != 0)
                found.Add(process);
        }
        return found;
    }

    private Dictionary<ulong, References?> CountReferences()
    {
        Dictionary<ulong, References?> found = [];
        foreach (HostProcess process in resources.Processes)
        {
            if ((process.TableFacts & LocalFacts.HasDescriptions) == 0)
                continue;
            foreach (FileDescriptor fd in process.Record.Fds)
            {
                if (fd.Description is not { } known)
                    continue;
                References? here = References.Of(resources.Look.Host, new Holder(process, fd.Number, fd.Access));
                found[known] = found.TryGetValue(known, out References? before) ? (here is { } counted ? before?.With(counted) : null) : here;
            }
        }
        return found;
    }

    private List<(HostProcess, FileDescriptor)> FindSharable()
    {
        List<(HostProcess, FileDescriptor)> found = [];
        foreach (HostProcess process in resources.Processes)
        {
            if ((process.TableFacts & LocalFacts.HasEpollOrTimer) == 0)
                continue;
            foreach (FileDescriptor fd in process.Record.Fds)
            {
                if (fd.Target.Kind is FdKind.Epoll or FdKind.TimerFd)
                    found.Add((process, fd));
            }
        }
        return found;
    }

    private List<Holder> FindCarriers()
    {
        List<Holder> found = [];
        foreach (HostProcess process in resources.Processes)
        {
            if (process.Record.HasIoUring == true)
                found.Add(new Holder(process, -1, FdAccess.None));
            if ((process.TableFacts & (LocalFacts.CarriesDescriptors | LocalFacts.HasIoUring)) == 0)
                continue;
            foreach (FileDescriptor fd in process.Record.Fds)
            {
                if (fd.DescriptorsInFlight > 0 || fd.Target.Kind == FdKind.IoUring)
                    found.Add(new Holder(process, fd.Number, fd.Access));
            }
        }
        return found;
    }
}
