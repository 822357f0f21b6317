using OrphanBoard.Shared.Diagnosis;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Which threads of a JVM wait for locks and tasks of <c>java.util.concurrent</c>. Those are objects of Java: a thread that waits has in its field <c>parkBlocker</c> for what, and a lock in its
/// <c>exclusiveOwnerThread</c> who has it, until that one unlocks it; a task in its <c>runner</c> who runs it.
/// </summary>
internal sealed class JvmLocks(JvmStructs structs, JvmHeap heap)
{
    private const string Thread = "java/lang/Thread", VirtualThread = "java/lang/BaseVirtualThread", Package = "java/util/concurrent/locks/";
    private const string Lock = "java/util/concurrent/locks/AbstractOwnableSynchronizer", Task = "java/util/concurrent/FutureTask";

    private int _parkBlocker = -1, _nativeThread = -1, _owner = -1, _runner = -1;

    /// <summary>For what a thread waits; null: for nothing of the kind, or nobody is known to have it.</summary>
    /// <param name="threads">The objects of all threads, by <see cref="ObjectOf"/>.</param>
    /// <param name="waiter">Its place among them.</param>
    internal JvmWait? Find(ulong[] threads, int waiter)
    {
        if (BlockerOf(threads[waiter]) is not (> 0 and var blocker) || heap.ClassOf(blocker) is not { } type)
            return null;
        RuntimeWaitKind kind;
        ulong owner;
        if (type.Find(Lock) is { } ownable)
            (kind, owner) = (RuntimeWaitKind.Lock, ThreadIn(blocker, ownable, "exclusiveOwnerThread", ref _owner));
        else if (type.Find(Task) is { } task)
            (kind, owner) = (RuntimeWaitKind.Task, ThreadIn(blocker, task, "runner", ref _runner));
        else
            return null;
        if (owner == 0)
            return null;
        int place = PlaceOf(owner, threads);
        if (place < 0 && kind == RuntimeWaitKind.Lock && type.Name.StartsWith(Package, StringComparison.Ordinal) && HasEnded(owner))
            kind = RuntimeWaitKind.LockOfEnded;
        return place >= 0 || kind == RuntimeWaitKind.LockOfEnded ? new JvmWait(place, kind, type.Name.Replace('/', '.')) : null;
    }

    /// <summary>-1: it is none of them.</summary>
    internal static int PlaceOf(ulong thread, ulong[] threads)
    {
        int place = threads.Length - 1;
        while (place >= 0 && threads[place] != thread)
            place--;
        return place;
    }

    private ulong ThreadIn(ulong oop, JvmClass type, string field, ref int offset)
    {
        if (offset < 0)
            offset = heap.OffsetOf(type, field, "Ljava/lang/Thread;");
        return offset < 0 ? 0 : heap.Reference(oop, offset);
    }

    /// <summary>That of the virtual thread which it runs, where it runs one. 0: not known.</summary>
    /// <param name="thread">Address of its JavaThread.</param>
    internal ulong ObjectOf(ulong thread)
    {
        ulong handle = structs.WordAt(thread, structs[JvmField.VirtualThread] >= 0 ? JvmField.VirtualThread : JvmField.ThreadObject);
        return handle == 0 ? 0 : structs.ReadWord(handle) ?? 0;
    }

    private ulong BlockerOf(ulong thread)
    {
        if (_parkBlocker < 0)
        {
            if (heap.ClassOf(thread)?.Find(Thread) is not { } type)
                return 0;
            (_parkBlocker, _nativeThread) = (heap.OffsetOf(type, "parkBlocker", "Ljava/lang/Object;"), heap.OffsetOf(type, "eetop", "J"));
        }
        return thread == 0 || _parkBlocker < 0 ? 0 : heap.Reference(thread, _parkBlocker);
    }

    /// <summary>One that is over has no thread of the JVM any more; a virtual one never has. Locks of other packages may be unlocked by anybody.</summary>
    private bool HasEnded(ulong thread) =>
        _nativeThread >= 0 && heap.ClassOf(thread) is { } type && type.Find(Thread) is not null && type.Find(VirtualThread) is null && structs.ReadWord(thread + (ulong)_nativeThread) == 0;
}
