namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Which threads of a JVM wait for locks of <c>java.util.concurrent</c>. Those are objects of Java: a thread that waits has in its field <c>parkBlocker</c> for what, and a lock in its <c>exclusiveOwnerThread</c> who has
/// it, until that one unlocks it.
/// </summary>
internal sealed class JvmLocks(JvmStructs structs, JvmHeap heap)
{
    private const string Thread = "java/lang/Thread", VirtualThread = "java/lang/BaseVirtualThread", Lock = "java/util/concurrent/locks/AbstractOwnableSynchronizer", Package = "java/util/concurrent/locks/";

    private int _parkBlocker = -1, _nativeThread = -1, _owner = -1;

    /// <summary>For what a thread waits; null: for no such lock, or nobody is known to have it.</summary>
    /// <param name="threads">The objects of all threads, by <see cref="ObjectOf"/>.</param>
    /// <param name="waiter">Its place among them.</param>
    internal JvmWait? Find(ulong[] threads, int waiter)
    {
        if (BlockerOf(threads[waiter]) is not (> 0 and var blocker) || heap.ClassOf(blocker) is not { } type || type.Find(Lock) is not { } ownable)
            return null;
        if (_owner < 0)
            _owner = heap.OffsetOf(ownable, "exclusiveOwnerThread", "Ljava/lang/Thread;");
        if (_owner < 0 || heap.Reference(blocker, _owner) is not (> 0 and var owner))
            return null;
        int place = threads.IndexOf(owner);
        return place >= 0 || HasEnded(owner) && type.Name.StartsWith(Package, StringComparison.Ordinal) ? new JvmWait(place, type.Name.Replace('/', '.')) : null;
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
