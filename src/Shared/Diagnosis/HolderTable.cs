using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>One open fd: who has it, under which number, with which access.</summary>
/// <param name="Owner">Whose table it is in.</param>
/// <param name="Fd">File descriptor number.</param>
/// <param name="Access">Its access mode: which end of a pipe.</param>
internal readonly record struct Holder(HostProcess Owner, int Fd, FdAccess Access) : IComparable<Holder>
{
    // In a byte: of a large host there are a million of these.
    private readonly byte _access = (byte)Access;

    public FdAccess Access => (FdAccess)_access;

    /// <summary>Pid of the owner.</summary>
    public int Process => Owner.Pid;

    /// <summary>Which of the tables that single threads of the owner have for themselves it is in, from 1 on; 0: in the owner's.</summary>
    public byte Table { get; init; }

    public int CompareTo(Holder other) =>
        Process != other.Process ? Process.CompareTo(other.Process) : Fd != other.Fd ? Fd.CompareTo(other.Fd) : Table.CompareTo(other.Table);
}

/// <summary>What two looks at an fd table have not in common. Ascending.</summary>
internal enum TableChange
{
    None,

    /// <summary>What is known of the fds beyond number, access mode and the link's text: fdinfo, which is read of suspects only, tells which eventfd it is, say.</summary>
    Facts,

    /// <summary>Which fds there are, or where they lead.</summary>
    Links,
}

/// <summary>
/// From an object that fds refer to, to all who hold it. Only what changes in an fd table costs. Most objects have one holder and nobody asks for them: such a
/// holder lies in the table itself, without a reference that the collector would have to follow, and a list is made when a second one comes, or somebody asks.
/// </summary>
/// <param name="byPid">Everybody whose table was told of, by pid.</param>
internal sealed class HolderTable(Dictionary<int, HostProcess> byPid)
{
    private readonly Dictionary<ulong, Held> _held = [];
    private readonly List<OrderedList<Holder>> _lists = [];
    private readonly Stack<int> _free = []; // places in the lists that nobody has any more
    private readonly HashSet<ulong> _lost = [];
    private readonly List<FdTarget> _letGo = [];
    private int _look;

    // What is asked of one process is asked several times in a row.
    private ulong _lastAsked;
    private OrderedList<Holder>? _lastAnswer;

    /// <summary>All who hold an eventfd, whichever it is.</summary>
    public OrderedList<Holder> EventFds { get; } = new();

    /// <summary>All who hold an eventfd of which it is not known which it is: it was not asked.</summary>
    public OrderedList<Holder> UntoldEventFds { get; } = new();

    /// <summary>Who held what until now is what the look before says.</summary>
    public void BeginLook()
    {
        _look++;
        _lost.Clear();
    }

    /// <summary>Room for so many objects, before the first of them: growing would take twice that.</summary>
    public void Expect(int objects) => _held.EnsureCapacity(objects);

    /// <summary>All who hold it, ascending by pid and fd. Empty also where the object cannot be told from its like.</summary>
    public OrderedList<Holder> Of(FdTarget target) => CanBeTold(target) ? Of(KeyOf(target)) : OrderedList<Holder>.None;

    /// <summary>The same of a socket, by its inode.</summary>
    public OrderedList<Holder> OfSocket(ulong inode) => Of(KeyOf(FdKind.Socket, inode));

    /// <summary>Whether anybody but <paramref name="process"/> holds it with this access. Makes no list where there is none.</summary>
    public bool IsHeldBeyond(HostProcess? process, FdTarget target, FdAccess access)
    {
        if (!CanBeTold(target) || !_held.TryGetValue(KeyOf(target), out Held held))
            return false;
        if (!held.HasList)
            return (held.Access & access) != 0 && held.Pid != process?.Pid;
        foreach (Holder holder in _lists[held.List].Span)
        {
            if ((holder.Access & access) != 0 && holder.Owner != process)
                return true;
        }
        return false;
    }

    /// <summary>Whether somebody held it at the look before who no longer does.</summary>
    public bool LostOne(FdTarget target) => _lost.Contains(KeyOf(target));

    /// <summary>Marks all who have the one end of a pipe of which nobody has the other, see <see cref="HostProcess.LooseEnds"/>.</summary>
    public void MarkLooseEnds()
    {
        foreach ((ulong key, Held held) in _held)
        {
            if (key % Kinds != 0)
                continue;
            if (!held.HasList)
            {
                if (held.Access != FdAccess.ReadWrite)
                    byPid[held.Pid].LooseEnds |= held.Access;
                continue;
            }
            ReadOnlySpan<Holder> holders = _lists[held.List].Span;
            if (Ends(holders) == FdAccess.ReadWrite)
                continue;
            foreach (Holder holder in holders)
                holder.Owner.LooseEnds |= holder.Access;
        }
    }

    private static FdAccess Ends(ReadOnlySpan<Holder> holders)
    {
        FdAccess all = FdAccess.None;
        foreach (Holder holder in holders)
            all |= holder.Access;
        return all;
    }

    /// <summary>Since how many looks, the last one included, somebody has held the socket with this inode; 0: nobody does. Let go of and taken up again, it may be another.</summary>
    public int LooksHeld(ulong inode) => _held.TryGetValue(KeyOf(FdKind.Socket, inode), out Held held) ? _look - held.Since + 1 : 0;

    /// <param name="owner">Whose table changes.</param>
    /// <param name="before">Its table until now, ascending.</param>
    /// <param name="after">Its table from now on.</param>
    /// <param name="table">As <see cref="Holder.Table"/>.</param>
    /// <returns>How far they differ.</returns>
    public TableChange Change(HostProcess owner, ImmutableArray<FileDescriptor> before, ImmutableArray<FileDescriptor> after, byte table = 0)
    {
        if (before == after)
            return TableChange.None;
        _lastAnswer = null;
        var change = TableChange.None;
        _letGo.Clear();
        int old = 0, now = 0;
        while (old < before.Length || now < after.Length)
        {
            FileDescriptor? was = old < before.Length ? before[old] : null, becomes = now < after.Length ? after[now] : null;
            int order = was is null ? 1 : becomes is null ? -1 : was.Number - becomes.Number;
            TableChange here = order == 0 ? Compare(was!, becomes!) : TableChange.Links;
            if (here > change)
                change = here;
            if (here == TableChange.Links || here == TableChange.Facts && !IsSameObject(was!.Target, becomes!.Target))
            {
                if (order <= 0)
                    Remove(new Holder(owner, was!.Number, was.Access) { Table = table }, was.Target);
                if (order >= 0)
                    Add(new Holder(owner, becomes!.Number, becomes.Access) { Table = table }, becomes.Target);
            }
            old += order <= 0 ? 1 : 0;
            now += order >= 0 ? 1 : 0;
        }
        // At another number, or with another access mode, it still holds it.
        foreach (FdTarget target in _letGo)
        {
            if (!Holds(owner, target))
                _lost.Add(KeyOf(target));
        }
        return change;
    }

    private OrderedList<Holder> Of(ulong key)
    {
        if (key != _lastAsked || _lastAnswer is null)
        {
            ref Held held = ref CollectionsMarshal.GetValueRefOrNullRef(_held, key);
            (_lastAsked, _lastAnswer) = (key, Unsafe.IsNullRef(ref held) ? OrderedList<Holder>.None : ListOf(ref held));
        }
        return _lastAnswer;
    }

    private OrderedList<Holder> ListOf(ref Held held)
    {
        if (held.HasList)
            return _lists[held.List];
        var holder = new Holder(byPid[held.Pid], held.Fd, held.Access);
        OrderedList<Holder> list = MakeList(ref held);
        list.Add(holder);
        return list;
    }

    private OrderedList<Holder> MakeList(ref Held held)
    {
        var list = new OrderedList<Holder>();
        if (!_free.TryPop(out int place))
        {
            place = _lists.Count;
            _lists.Add(list);
        }
        _lists[place] = list;
        held = held with { Pid = 0, Fd = place };
        return list;
    }

    private void Add(Holder holder, FdTarget target)
    {
        if (target.Kind == FdKind.EventFd)
        {
            EventFds.Add(holder);
            if (target.Id == 0)
                UntoldEventFds.Add(holder);
        }
        if (!CanBeTold(target))
            return;
        ref Held held = ref CollectionsMarshal.GetValueRefOrAddDefault(_held, KeyOf(target), out bool known);
        if (known)
        {
            ListOf(ref held).Add(holder);
            return;
        }
        held = new Held(holder.Process, holder.Fd, holder.Access, _look);
        // What lies in the table itself says nothing of threads.
        if (holder.Table != 0)
            MakeList(ref held).Add(holder);
    }

    private void Remove(Holder holder, FdTarget target)
    {
        if (target.Kind == FdKind.EventFd)
        {
            EventFds.Remove(holder);
            if (target.Id == 0)
                UntoldEventFds.Remove(holder);
        }
        if (!CanBeTold(target))
            return;
        ulong key = KeyOf(target);
        if (!_held.TryGetValue(key, out Held held))
            return;
        if (held.HasList)
            _lists[held.List].Remove(holder);
        if (!held.HasList || _lists[held.List].Count == 0)
        {
            _held.Remove(key);
            if (held.HasList)
                GiveUp(held.List);
        }
        _letGo.Add(target);
    }

    private void GiveUp(int list)
    {
        _lists[list] = OrderedList<Holder>.None;
        _free.Push(list);
    }

    private bool Holds(HostProcess owner, FdTarget target)
    {
        ReadOnlySpan<Holder> holders = Of(target).Span;
        int index = holders.BinarySearch(new Holder(owner, 0, FdAccess.None));
        if (index < 0)
            index = ~index;
        return index < holders.Length && holders[index].Owner == owner;
    }

    private static TableChange Compare(FileDescriptor was, FileDescriptor becomes) =>
        ReferenceEquals(was, becomes) || was.Equals(becomes) ? TableChange.None
        : was.Access == becomes.Access && was.Target.Text == becomes.Target.Text ? TableChange.Facts
        : TableChange.Links;

    private static bool IsSameObject(FdTarget a, FdTarget b) => a.Kind == b.Kind && a.Id == b.Id;

    private static bool CanBeTold(FdTarget target) => target.Kind is FdKind.Pipe or FdKind.Socket or FdKind.EventFd && target.Id != 0;

    private static ulong KeyOf(FdTarget target) => KeyOf(target.Kind, target.Id);

    /// <summary>Kind and id in one number. What the kernel counts these objects with has far fewer bits.</summary>
    private static ulong KeyOf(FdKind kind, ulong id) => id * Kinds + (ulong)(kind - FdKind.Pipe);

    private const ulong Kinds = 4;

    /// <summary>An object that somebody holds.</summary>
    /// <param name="Pid">Of the holder; 0: there is a list.</param>
    /// <param name="Fd">Of the holder; or the place of the list.</param>
    /// <param name="Since">The look since which somebody has held it.</param>
    private readonly record struct Held(int Pid, int Fd, FdAccess Access, int Since)
    {
        public bool HasList => Pid == 0;

        public int List => Fd;
    }
}
