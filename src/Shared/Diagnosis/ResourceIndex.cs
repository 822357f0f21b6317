using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// A host from look to look, the other way round: from an object to all who hold it, from a process to its children. A look costs what it changes:
/// a record that is the same instance as at the look before costs a comparison. Processes are named by pid, of which a look has each once.
/// </summary>
internal sealed class ResourceIndex
{
    private readonly Dictionary<int, HostProcess> _byPid = [];
    private readonly HolderTable _holders;
    private readonly Kin _children = new(), _tracees = new();
    private readonly List<HostProcess> _changed = [], _gone = [];
    private readonly AlikeWaits _alike = new();
    private HostProcess[] _processes = [], _spare = [];
    private int _hidden, _hiddenButInit;
    private bool _looseEndsKnown;
    private Descriptors? _descriptors;

    public ResourceIndex()
    {
        _holders = new HolderTable(_byPid);
        Sockets = new KnownSockets(_holders);
    }

    /// <summary>What is known of sockets, by this look and those before it.</summary>
    public KnownSockets Sockets { get; }

    /// <summary>The last look; its list of processes is not kept beyond the next.</summary>
    /// <exception cref="InvalidOperationException">There was none yet.</exception>
    public Snapshot Look => _look ?? throw new InvalidOperationException("no look yet");

    private Snapshot? _look;

    /// <summary>Ascending by pid.</summary>
    public ReadOnlySpan<HostProcess> Processes => _processes.AsSpan(0, Count);

    public int Count { get; private set; }

    public int ThreadCount { get; private set; }

    public int FdCount { get; private set; }

    /// <summary>Number of living processes whose fd table could not be read, in whole or in part: each may hold anything. Those that are not listed count as one.</summary>
    public int Hidden => _hidden + (AnyUnlisted ? 1 : 0);

    /// <summary>Whether nobody but init, pid 1, is hidden. True also where none is.</summary>
    public bool OnlyInitIsHidden => _hiddenButInit == 0 && !AnyUnlisted;

    /// <summary>Whether there are processes that are not in the look, and may hold anything.</summary>
    public bool AnyUnlisted => _look is { OthersUnlisted: true } or { OutsideUnlisted: true };

    /// <summary>New, or with another record than at the look before; ascending by pid.</summary>
    public IReadOnlyList<HostProcess> Changed => _changed;

    /// <summary>There at the look before and not at the last; ascending by pid.</summary>
    public IReadOnlyList<HostProcess> Gone => _gone;

    /// <summary>One more look. One of another boot begins anew.</summary>
    public void Advance(Snapshot look)
    {
        foreach (HostProcess process in _changed)
            process.Settle();
        _changed.Clear();
        _gone.Clear();
        _holders.BeginLook();
        _looseEndsKnown = false;
        _descriptors = null;
        int before = Count, old = 0, now = 0;
        if (_look is not null && _look.Host.BootId != look.Host.BootId)
        {
            while (old < before)
                Remove(_processes[old++]);
        }
        _look = look;
        if (_spare.Length < look.Processes.Length)
            _spare = new HostProcess[look.Processes.Length + look.Processes.Length / 8];
        if (before == 0)
            MakeRoom(look);
        foreach (ProcessRecord record in look.Processes)
        {
            if (old < before && ReferenceEquals(_processes[old].Record, record))
            {
                _spare[now++] = _processes[old++];
                continue;
            }
            while (old < before && _processes[old].Pid < record.Pid)
                Remove(_processes[old++]);
            HostProcess? process = old < before && _processes[old].Pid == record.Pid ? _processes[old++] : null;
            if (process is not null && process.Record.StartTimeTicks != record.StartTimeTicks)
            {
                Remove(process);
                process = null;
            }
            _spare[now++] = process is null ? Add(record) : Replace(process, record);
        }
        while (old < before)
            Remove(_processes[old++]);
        // Nothing of those that have ended is kept.
        Array.Clear(_processes);
        (_processes, _spare) = (_spare, _processes);
        Count = now;
        FindParents();
        Sockets.Advance(look);
    }

    /// <summary>For the first look, which adds everybody: what grows bit by bit takes twice the room on its way.</summary>
    private void MakeRoom(Snapshot look)
    {
        int fds = 0;
        foreach (ProcessRecord record in look.Processes)
            fds += record.Fds.Length;
        _byPid.EnsureCapacity(look.Processes.Length);
        _changed.EnsureCapacity(look.Processes.Length);
        // The others are files, or several fds on one thing.
        _holders.Expect(fds / 2);
    }

    /// <summary>Of those who changed, and of the children of those who came or went.</summary>
    private void FindParents()
    {
        foreach (HostProcess gone in _gone)
        {
            foreach (HostProcess child in ChildrenOf(gone).Span)
                child.Parent = Find(gone.Pid);
        }
        foreach (HostProcess process in _changed)
        {
            process.Parent = Find(process.Record.Ppid);
            if (!process.IsNew)
                continue;
            foreach (HostProcess child in ChildrenOf(process).Span)
                child.Parent = process;
        }
    }

    /// <exception cref="KeyNotFoundException">The last look has no such process.</exception>
    public ProcessRecord this[int pid] => _byPid[pid].Record;

    /// <summary>The process with this pid, or null.</summary>
    public HostProcess? Find(int pid) => _byPid.GetValueOrDefault(pid);

    /// <summary>All who hold this object, either end, ascending by pid and fd. Empty also where the object cannot be told from its like.</summary>
    public OrderedList<Holder> HoldersOf(FdTarget target) => _holders.Of(target);

    /// <summary>Whether anybody but <paramref name="process"/> holds this object with this access. Of most objects that costs no list.</summary>
    public bool IsHeldBeyond(HostProcess? process, FdTarget target, FdAccess access) => _holders.IsHeldBeyond(process, target, access);

    /// <summary>All who hold an eventfd, whichever it is.</summary>
    public OrderedList<Holder> EventFdHolders => _holders.EventFds;

    /// <summary>All who hold an eventfd of which it is not known which it is.</summary>
    public OrderedList<Holder> UntoldEventFdHolders => _holders.UntoldEventFds;

    /// <summary>All who hold the socket with this inode, ascending by pid and fd.</summary>
    public OrderedList<Holder> HoldersOfSocket(ulong inode) => _holders.OfSocket(inode);

    /// <summary>
    /// All who have the same FIFO or queue open. Inode and device are read of suspects only; the link's text is the same for all duplicates of one open, and of an
    /// unlinked file it hardly ever names two.
    /// </summary>
    /// <param name="own">One that has it.</param>
    /// <param name="byName">By the link's text alone.</param>
    public OrderedList<Holder> OpenersOf(FileDescriptor own, bool byName = false)
    {
        var openers = new OrderedList<Holder>();
        foreach (HostProcess process in Processes)
        {
            foreach (FileDescriptor fd in process.Record.Fds)
            {
                if (fd.Target.Kind is FdKind.Path or FdKind.PosixQueue
                    && (fd.Target.Text == own.Target.Text || !byName && own.Inode is not null && fd.Inode == own.Inode && fd.Device == own.Device))
                    openers.Add(new Holder(process, fd.Number, fd.Access));
            }
        }
        return openers;
    }

    /// <summary>What is asked of all fd tables of the last look together.</summary>
    public Descriptors Descriptors => _descriptors ??= new Descriptors(this);

    /// <summary>Which ends it has of pipes of which nobody is seen to have the other one. Looked for once a look, where somebody asks.</summary>
    public FdAccess LooseEndsOf(HostProcess process)
    {
        if (!_looseEndsKnown)
        {
            foreach (HostProcess known in Processes)
                known.LooseEnds = FdAccess.None;
            _holders.MarkLooseEnds();
            _looseEndsKnown = true;
        }
        return process.LooseEnds;
    }

    /// <summary>Whether somebody held this object at the look before who no longer does: an end may have been handed on unseen.</summary>
    public bool LostAHolder(FdTarget target) => _holders.LostOne(target);

    /// <summary>What is mapped there, if the look asked for it, or null.</summary>
    public SharedObject? SharedObjectOf(FutexMapping mapping) =>
        Look.SharedObjects?.FirstOrDefault(shared => shared.Device == mapping.Device && shared.Inode == mapping.Inode);

    /// <summary>The children of a process, zombies among them.</summary>
    public OrderedList<HostProcess> ChildrenOf(HostProcess process) => _children.Of(process.Pid);

    /// <summary>Whether anybody traces anybody.</summary>
    public bool AnyTraced => _tracees.Any;

    /// <summary>The processes that this one traces: wait4(2) tells it of them as of children.</summary>
    public OrderedList<HostProcess> TraceesOf(HostProcess process) => _tracees.Of(process.Pid);

    /// <param name="process">One of the last look.</param>
    public HostProcess? ParentOf(HostProcess process) => Count == 0 ? null : process.Parent;

    /// <summary>Pid of the parent if that is in the look, or null.</summary>
    public int? ParentOf(int pid) => Find(this[pid].Ppid)?.Pid;

    /// <summary>Whether <paramref name="descendant"/> has <paramref name="ancestor"/> among its parents. Nobody is a descendant of itself.</summary>
    public bool IsDescendant(HostProcess descendant, HostProcess ancestor)
    {
        // A pid reused while the look walked could close a circle of parents: bounded by the number of processes.
        HostProcess? current = ParentOf(descendant);
        for (int steps = 0; current is not null && steps < Count; steps++)
        {
            if (current == ancestor)
                return true;
            current = ParentOf(current);
        }
        return false;
    }

    private HostProcess Add(ProcessRecord record)
    {
        var process = new HostProcess(record, _alike);
        _byPid[process.Pid] = process;
        _children.Add(record.Ppid, process);
        _tracees.Add(record.TracerPid, process);
        _holders.Change(process, [], record.Fds);
        ChangeOwnTables(process, null, record);
        CountIn(process, 1);
        _changed.Add(process);
        return process;
    }

    private HostProcess Replace(HostProcess process, ProcessRecord record)
    {
        ProcessRecord before = process.Record;
        CountIn(process, -1);
        process.Replace(record, _holders.Change(process, before.Fds, record.Fds));
        ChangeOwnTables(process, before, record);
        CountIn(process, 1);
        _children.Move(before.Ppid, record.Ppid, process);
        _tracees.Move(before.TracerPid, record.TracerPid, process);
        _changed.Add(process);
        return process;
    }

    private void Remove(HostProcess process)
    {
        _byPid.Remove(process.Pid);
        _children.Remove(process.Record.Ppid, process);
        _tracees.Remove(process.Record.TracerPid, process);
        _holders.Change(process, process.Record.Fds, []);
        ChangeOwnTables(process, process.Record, null);
        CountIn(process, -1);
        _gone.Add(process);
    }

    /// <summary>Those of single threads, which hardly any program has.</summary>
    private void ChangeOwnTables(HostProcess process, ProcessRecord? before, ProcessRecord? after)
    {
        if (!HasOwnTables(before) && !HasOwnTables(after))
            return;
        bool alike = before is not null && after is not null && ThreadsWithOwnTables(before).SequenceEqual(ThreadsWithOwnTables(after));
        byte table = 0;
        foreach (ThreadRecord thread in before?.Threads ?? [])
        {
            if (thread.Fds is { } were && ++table > 0)
                _holders.Change(process, were, alike && after!.FindThread(thread.Tid)?.Fds is { } are ? are : [], table);
        }
        if (after is null || alike)
            return;
        table = 0;
        foreach (ThreadRecord thread in after.Threads)
        {
            if (thread.Fds is { } are && ++table > 0)
                _holders.Change(process, [], are, table);
        }
    }

    private static bool HasOwnTables(ProcessRecord? process)
    {
        foreach (ThreadRecord thread in process?.Threads ?? [])
        {
            if (thread.Fds is not null)
                return true;
        }
        return false;
    }

    private static IEnumerable<int> ThreadsWithOwnTables(ProcessRecord process) => process.Threads.Where(thread => thread.Fds is not null).Select(thread => thread.Tid);

    private void CountIn(HostProcess process, int sign)
    {
        ThreadCount += sign * process.Record.Threads.Length;
        FdCount += sign * process.Record.Fds.Length;
        if (!process.IsHidden)
            return;
        _hidden += sign;
        if (process.Pid != 1)
            _hiddenButInit += sign;
    }

    /// <summary>Processes by the pid of their parent or tracer, which need not be in the look.</summary>
    private sealed class Kin
    {
        private readonly Dictionary<int, OrderedList<HostProcess>> _lists = [];

        public OrderedList<HostProcess> Of(int pid) => _lists.TryGetValue(pid, out OrderedList<HostProcess>? list) ? list : OrderedList<HostProcess>.None;

        public bool Any => _lists.Count > 0;

        /// <summary>0 is nobody's pid.</summary>
        public void Add(int pid, HostProcess process)
        {
            if (pid == 0)
                return;
            if (!_lists.TryGetValue(pid, out OrderedList<HostProcess>? list))
                _lists[pid] = list = new OrderedList<HostProcess>();
            list.Add(process);
        }

        public void Remove(int pid, HostProcess process)
        {
            if (!_lists.TryGetValue(pid, out OrderedList<HostProcess>? list))
                return;
            list.Remove(process);
            if (list.Count == 0)
                _lists.Remove(pid);
        }

        public void Move(int from, int to, HostProcess process)
        {
            if (from == to)
                return;
            Remove(from, process);
            Add(to, process);
        }
    }
}
