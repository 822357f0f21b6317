using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>File locks: whoever holds one that conflicts.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>
    /// A clause for each conflicting lock: all of them have to be let go. Who holds one is told by fdinfo, which only suspects have: /proc/locks names
    /// who took it, and that process may be gone while the lock lives on with its open file description. In a guess nobody could let go.
    /// </summary>
    private void FindLockHolders(HostProcess process, Wait wait, IWakerSink sink)
    {
        if (guess)
        {
            sink.Begin(wait);
            sink.End(Openness.Closed, null);
            return;
        }
        if (process.Record.FindFd(wait.Fd!.Value) is not { Inode: { } inode, Description: { } description } own || (own.Device ?? DeviceOf(process, wait.Lock!.Kind, inode)) is not { } device)
        {
            Outside(wait, "which file it locks could not be read", sink);
            return;
        }
        if (RangeOf(process, wait.Lock!, inode, device) is not { } request)
        {
            Outside(wait, "which bytes it locks is not known", sink);
            return;
        }
        bool any = false;
        foreach (HeldLock held in LocksOn(inode, device))
        {
            if (!request.ConflictsWith(held.Lock) || held.IsOwn(process.Record, description))
                continue;
            any = true;
            AddClause(process, wait, held, own.Target.Text, sink);
        }
        if (any)
            return;
        bool inTable = resources.Look.FileLocks is { } table && table.Any(held => held.Inode == inode && held.Device == device && request.ConflictsWith(held));
        Outside(wait, inTable ? "whoever holds the lock can still run" : "nobody is seen to hold such a lock: it is about to get it", sink);
    }

    /// <summary>
    /// Of a file that no mountinfo lists (memfd_create(2), what was unmounted lazily): as /proc/locks shows it where its own request waits. Null: not told, or several have this inode.
    /// </summary>
    private uint? DeviceOf(HostProcess process, LockKind kind, ulong inode)
    {
        uint? found = null;
        foreach (FileLock line in resources.Look.FileLocks ?? [])
        {
            if (!line.Waits || line.Kind != kind || line.Inode != inode || kind != LockKind.Ofd && line.Pid != process.Pid)
                continue;
            if (found is not null && found != line.Device)
                return null;
            found = line.Device;
        }
        return found;
    }

    /// <summary>The request with its range as /proc/locks shows it, where the call counts from elsewhere than the file's beginning. Null: no line is known to be its own.</summary>
    private LockRequest? RangeOf(HostProcess process, LockRequest asked, ulong inode, uint device)
    {
        if (!asked.IsRelative)
            return asked;
        LockRequest? found = null;
        foreach (FileLock line in resources.Look.FileLocks ?? [])
        {
            // A lock of an open file description shows no pid: all who wait for such a one on this file have to want the same.
            if (!line.Waits || line.Kind != asked.Kind || line.Access != asked.Access || line.Inode != inode || line.Device != device
                || asked.Kind == LockKind.Posix && line.Pid != process.Pid)
                continue;
            if (found is not null && (found.Start, found.End) != (line.Start, line.End))
                return null;
            found = asked with { Start = line.Start, End = line.End, IsRelative = false };
        }
        return found;
    }

    private void AddClause(HostProcess process, Wait wait, HeldLock held, string ownName, IWakerSink sink)
    {
        var holders = new OrderedList<Holder>();
        sink.Begin(wait);
        foreach ((HostProcess owner, FileDescriptor fd) in held.Through)
        {
            holders.Add(new Holder(owner, fd.Number, fd.Access));
            if (LeavesAside && IsHeir(held, owner))
            {
                if (owner != process)
                    _leftAside.Add($"{Narrator.Name(owner.Record)} has inherited the open file of the lock on {fd.Target.Text} (fd {fd.Number}), and could unlock it: as long as it has that open, nobody lets go of the lock by closing it");
                continue;
            }
            sink.Add(owner, fd.Number, direct: true);
            if (held.Lock.Kind != LockKind.Posix)
                continue;
            foreach (int pid in owner.Record.SharesFilesWith ?? [])
            {
                if (resources.Find(pid) is { } sharer)
                    sink.Add(sharer, fd.Number, direct: false);
            }
        }
        // A lock that belongs to the open file description is held by all who have that; one of a process by those who share its table.
        Unseen unseen = held.Lock.Kind == LockKind.Posix ? Unseen.NotKnown : UnseenHolder.Of(resources.Look.Host, holders);
        if (unseen == Unseen.NotKnown)
        {
            AddPossibleHolders(held, ownName, sink);
            EndSighted(held.Through is [var through, ..] && IsKept(through.Fd, holders), holders, sink);
        }
        else if (unseen == Unseen.None)
        {
            sink.End(Openness.Closed, null);
        }
        else
        {
            sink.End(Openness.Outside, "somebody else has the open file that holds the lock");
        }
    }

    /// <summary>
    /// Whether it has the lock's open file from one above it, which has it still, runs another program, and has not taken the lock itself: such a one is not expected to unlock it, and that it closes it does not let go of the lock.
    /// </summary>
    private bool IsHeir(HeldLock held, HostProcess owner)
    {
        if (held.Lock.Kind == LockKind.Posix || held.Lock.Pid == owner.Pid)
            return false;
        HostProcess? first = null, next = resources.ParentOf(owner);
        for (int steps = 0; next is not null && steps < resources.Count; steps++, next = resources.ParentOf(next))
        {
            foreach ((HostProcess holder, _) in held.Through)
            {
                if (holder == next)
                    first = next;
            }
        }
        return first is { Record.Exe: { } exe } && owner.Record.Exe is { } own && own != exe;
    }

    /// <summary>Those whose fdinfo was not read and who have such a file open.</summary>
    private void AddPossibleHolders(HeldLock held, string ownName, IWakerSink sink)
    {
        // A duplicate of the description has the same link text, in whichever table it is.
        foreach (HostProcess other in resources.Processes)
        {
            foreach (FileDescriptor fd in other.Record.Fds)
            {
                if (fd.Locks is null && fd.Target.Kind == FdKind.Path && (fd.Target.Text == ownName || held.Through.Exists(entry => entry.Fd.Target.Text == fd.Target.Text))
                    && (held.Lock.Kind != LockKind.Posix || held.Through.Exists(entry => entry.Fd.Number == fd.Number)))
                {
                    sink.Add(other, fd.Number, direct: false);
                }
            }
        }
    }

    /// <summary>The locks on a file as the fdinfo of suspects shows them, each once, in the order of who holds them.</summary>
    private List<HeldLock> LocksOn(ulong inode, uint device)
    {
        var found = new Dictionary<(LockKind, LockAccess, long, long, ulong), HeldLock>();
        var order = new List<HeldLock>();
        foreach (HostProcess process in resources.Processes)
        {
            foreach (FileDescriptor fd in process.Record.Fds)
            {
                if (fd.Locks is not { IsEmpty: false } locks)
                    continue;
                foreach (FileLock held in locks)
                {
                    if (held.Inode != inode || held.Device != device || OwnerOf(process.Record, fd, held.Kind) is not { } owner)
                        continue;
                    var key = (held.Kind, held.Access, held.Start, held.End, owner);
                    if (!found.TryGetValue(key, out HeldLock? known))
                    {
                        found[key] = known = new HeldLock(held, owner);
                        order.Add(known);
                    }
                    known.Through.Add((process, fd));
                }
            }
        }
        return order;
    }

    /// <summary>What tells the owner of a lock from others: the table, named by the lowest pid that has it, or the open file description. Null: cannot be told.</summary>
    private static ulong? OwnerOf(ProcessRecord process, FileDescriptor fd, LockKind kind) =>
        kind == LockKind.Posix ? (ulong)TableOf(process) : fd.Description;

    private static int TableOf(ProcessRecord process) => process.SharesFilesWith is { IsEmpty: false } sharers ? Math.Min(process.Pid, sharers.Min()) : process.Pid;

    /// <summary>A lock and all fds through which it is held.</summary>
    private sealed class HeldLock(FileLock held, ulong owner)
    {
        public FileLock Lock => held;

        public List<(HostProcess Owner, FileDescriptor Fd)> Through { get; } = [];

        /// <summary>Locks of one owner do not conflict: they replace each other.</summary>
        public bool IsOwn(ProcessRecord process, ulong description) =>
            owner == (held.Kind == LockKind.Posix ? (ulong)TableOf(process) : description);
    }
}
