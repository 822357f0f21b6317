using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Futexes: who has the memory.</summary>
internal sealed partial class WakerFinder
{
    private void FindFutex(HostProcess process, Wait wait, IWakerSink sink)
    {
        FutexWait futex = wait.Futex!;
        if (futex.IsPrivate)
            FindSharers(process, wait, sink);
        else if (futex.Mapping is { } mapping && resources.SharedObjectOf(mapping) is { } shared)
            FindMappers(process, shared, wait, sink);
        else if (guess)
            FindSharers(process, wait, sink);
        else
            Outside(wait, "who else has the memory of its futex is not known", sink);
    }

    /// <summary>A private futex belongs to the memory, whichever process has it. Who shares it was asked of suspects only: a guess at them does without.</summary>
    private void FindSharers(HostProcess process, Wait wait, IWakerSink sink)
    {
        sink.Begin(wait);
        sink.Add(process, null, direct: true);
        if (!guess)
        {
            foreach (int pid in process.Record.SharesMemoryWith)
            {
                if (resources.Find(pid) is { } sharer)
                    sink.Add(sharer, null, direct: true);
            }
        }
        sink.End(Openness.Closed, null);
    }

    /// <summary>
    /// Whoever has the object mapped, or has an fd by which to map it. Anonymous shared memory comes by fork alone; what had a name and has none any more
    /// comes by fork, or with an fd.
    /// </summary>
    private void FindMappers(HostProcess process, SharedObject shared, Wait wait, IWakerSink sink)
    {
        // A service alone may wait at a semaphore for its clients; who waits for a lock that somebody has does not.
        if (shared.Linked && !((guess || BelievesNames) && (shared.Mappers.Length > 1 || wait.Futex!.Lock is { OwnerTid: > 0 })))
        {
            Outside(wait, $"anybody may map {shared.Words}", sink);
            return;
        }
        sink.Begin(wait);
        bool more = sink.Add(process, null, direct: true);
        foreach (int pid in shared.Mappers)
        {
            if (more && pid != process.Pid && resources.Find(pid) is { } mapper)
                more = sink.Add(mapper, null, direct: true);
        }
        bool isKeyless = shared.Name == SharedObject.Keyless, isFile = shared.Name != SharedObject.Anonymous && !isKeyless;
        if (isKeyless && process.Record.Exe is null)
        {
            sink.End(Openness.Outside, UnknownProgram);
            return;
        }
        if (isKeyless)
        {
            NameFamily(process, sink);
            if (!IsToGo(process, shared))
            {
                sink.End(Openness.Hidden, MayBeToldTheId);
                return;
            }
            sink.Assume(Assumption.PrivateIpcInFamily);
        }
        if (isFile && more)
        {
            foreach (HostProcess other in resources.Processes)
            {
                if (HasOpen(other, shared) && !sink.Add(other, null, direct: false))
                    break;
            }
        }
        if (isFile)
        {
            sink.Assume(Assumption.NoFdInFlight);
            NameReceivers([process, .. shared.Mappers.Select(pid => resources.Find(pid)).OfType<HostProcess>()], sink);
        }
        if (isFile && process.Record.HasDescriptorsInFlight == true)
        {
            sink.End(Openness.Hidden, OnTheirWay);
            return;
        }
        if (shared.Unknown.IsEmpty && !resources.AnyUnlisted && !(isFile && resources.Hidden > 0))
        {
            sink.End(Openness.Closed, null);
        }
        else if (OnlyInitMayHave(shared, isFile))
        {
            sink.Assume(Assumption.InitSharesNoMemory);
            sink.End(Openness.Closed, null);
        }
        else if (!isFile && Tree?.KeepsMemory(shared.Mappers, shared.Unknown) == true)
        {
            sink.End(Openness.Closed, null);
        }
        else
        {
            sink.End(Openness.Hidden, shared.Unknown.IsEmpty ? HiddenWhy() : $"whether {shared.Unknown.Length} other processes have {shared.Words} mapped may not be read");
        }
    }

    /// <summary>Init has it from nobody: had it made it, those who have it would have come down from it.</summary>
    private bool OnlyInitMayHave(SharedObject shared, bool isFile) =>
        shared.Unknown.All(IsInit) && !resources.AnyUnlisted && (!isFile || resources.OnlyInitIsHidden)
        && !shared.Mappers.Any(pid => resources.Find(pid) is { } mapper && IsInit(mapper.Record.Ppid) && !IsSeen(shared, mapper.Record.Ppid));

    /// <summary>The init of a pid namespace further down than the one that may not be read has its mappings told.</summary>
    private static bool IsSeen(SharedObject shared, int pid) => !shared.Unknown.IsEmpty && !shared.Unknown.Contains(pid);

    private bool IsInit(int pid) => resources.Find(pid) is { Record.NsPid: 1 };

    /// <summary>By its name, where its inode was not read: another object of that name costs a finding at most.</summary>
    private static bool HasOpen(HostProcess process, SharedObject shared)
    {
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (fd.Target.Kind == FdKind.Path && fd.Target.Text == shared.Name && (fd.Inode is not { } inode || inode == shared.Inode))
                return true;
        }
        return false;
    }
}
