using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>One open fd: who has it, under which number, with which access.</summary>
/// <param name="Owner">Whose table it is in.</param>
/// <param name="Fd">File descriptor number.</param>
/// <param name="Access">Its access mode: which end of a pipe.</param>
internal readonly record struct Holder(HostProcess Owner, int Fd, FdAccess Access) : IComparable<Holder>
{
    /// <summary>Pid of the owner.</summary>
    public int Process => Owner.Pid;

    public int CompareTo(Holder other) => Process != other.Process ? Process.CompareTo(other.Process) : Fd.CompareTo(other.Fd);
}

/// <summary>What an fd refers to, where that can be told from its like.</summary>
internal readonly record struct HeldObject(FdKind Kind, ulong Id)
{
    public static HeldObject Of(FdTarget target) => new(target.Kind, target.Id);

    /// <summary>Asked for each fd of the host: ids differ in their low bits.</summary>
    public override int GetHashCode() => (int)((uint)Id * 8 + (uint)Kind);
}

/// <summary>From an object that fds refer to, to all who hold it. Only what changes in an fd table costs.</summary>
internal sealed class HolderTable
{
    private readonly Dictionary<HeldObject, OrderedList<Holder>> _lists = [];
    private readonly HashSet<HeldObject> _lost = [];
    private readonly List<FdTarget> _letGo = [];
    private readonly List<HeldObject> _freed = [];

    /// <summary>All who hold an eventfd, whichever it is.</summary>
    public OrderedList<Holder> EventFds { get; } = new();

    /// <summary>All who hold an eventfd of which it is not known which it is: it was not asked.</summary>
    public OrderedList<Holder> UntoldEventFds { get; } = new();

    /// <summary>Who held what until now is what the look before says.</summary>
    public void BeginLook()
    {
        _lost.Clear();
        _freed.Clear();
    }

    /// <summary>Kind and id of all that somebody holds.</summary>
    public Dictionary<HeldObject, OrderedList<Holder>>.KeyCollection Objects => _lists.Keys;

    /// <summary>What its last holder has let go of since the look before; somebody may have taken it up again.</summary>
    public List<HeldObject> Freed => _freed;

    /// <summary>All who hold it, ascending by pid and fd. Empty also where the object cannot be told from its like.</summary>
    public OrderedList<Holder> Of(FdTarget target) =>
        CanBeTold(target) && _lists.TryGetValue(HeldObject.Of(target), out OrderedList<Holder>? list) ? list : OrderedList<Holder>.None;

    /// <summary>The same of a socket, by its inode.</summary>
    public OrderedList<Holder> OfSocket(ulong inode) => _lists.TryGetValue(new HeldObject(FdKind.Socket, inode), out OrderedList<Holder>? list) ? list : OrderedList<Holder>.None;

    /// <summary>Whether somebody held it at the look before who no longer does.</summary>
    public bool LostOne(FdTarget target) => _lost.Contains(HeldObject.Of(target));

    /// <param name="owner">Whose table changes.</param>
    /// <param name="before">Its table until now, ascending.</param>
    /// <param name="after">Its table from now on.</param>
    public void Change(HostProcess owner, ImmutableArray<FileDescriptor> before, ImmutableArray<FileDescriptor> after)
    {
        if (before == after)
            return;
        _letGo.Clear();
        int old = 0, now = 0;
        while (old < before.Length || now < after.Length)
        {
            FileDescriptor? was = old < before.Length ? before[old] : null, becomes = now < after.Length ? after[now] : null;
            if (was is not null && becomes is not null && IsSame(was, becomes))
            {
                old++;
                now++;
            }
            else if (becomes is null || (was is not null && was.Number <= becomes.Number))
            {
                Remove(new Holder(owner, was!.Number, was.Access), was.Target);
                old++;
            }
            else
            {
                Add(new Holder(owner, becomes.Number, becomes.Access), becomes.Target);
                now++;
            }
        }
        // At another number, or with another access mode, it still holds it.
        foreach (FdTarget target in _letGo)
        {
            if (!Holds(owner, target))
                _lost.Add(HeldObject.Of(target));
        }
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
        ref OrderedList<Holder>? list = ref CollectionsMarshal.GetValueRefOrAddDefault(_lists, HeldObject.Of(target), out _);
        list ??= new OrderedList<Holder>();
        list.Add(holder);
    }

    private void Remove(Holder holder, FdTarget target)
    {
        if (target.Kind == FdKind.EventFd)
        {
            EventFds.Remove(holder);
            if (target.Id == 0)
                UntoldEventFds.Remove(holder);
        }
        if (!CanBeTold(target) || !_lists.TryGetValue(HeldObject.Of(target), out OrderedList<Holder>? list))
            return;
        list.Remove(holder);
        if (list.Count == 0)
        {
            _lists.Remove(HeldObject.Of(target));
            _freed.Add(HeldObject.Of(target));
        }
        _letGo.Add(target);
    }

    private bool Holds(HostProcess owner, FdTarget target)
    {
        ReadOnlySpan<Holder> holders = Of(target).Span;
        int index = holders.BinarySearch(new Holder(owner, 0, FdAccess.None));
        if (index < 0)
            index = ~index;
        return index < holders.Length && holders[index].Owner == owner;
    }

    private static bool IsSame(FileDescriptor a, FileDescriptor b) =>
        a.Number == b.Number && a.Access == b.Access && a.Target.Kind == b.Target.Kind && a.Target.Id == b.Target.Id;

    private static bool CanBeTold(FdTarget target) => target.Kind is FdKind.Pipe or FdKind.Socket or FdKind.EventFd && target.Id != 0;
}
