namespace OrphanBoard.Agent.Stacks;

/// <summary>A thread of a JVM, as it lies in memory.</summary>
internal struct JvmThread
{
    /// <summary>Of its JavaThread.</summary>
    public ulong Address;

    /// <summary>Its stack: the lowest address, and the first one after it.</summary>
    public ulong StackBegin, StackEnd;

    /// <summary>As monitors name their owner since JDK 24: of the thread, or of the virtual one that it runs. 0: that version has none.</summary>
    public ulong Id;

    /// <summary>Addresses of the objects on its lock stack, and the first word of each of them.</summary>
    public ulong[] Locked, Marks;
}

/// <summary>A monitor that is waited for; all 0: none is.</summary>
internal struct JvmMonitor
{
    /// <summary>Of its ObjectMonitor.</summary>
    public ulong Address;

    /// <summary>What it keeps of who has it.</summary>
    public ulong Owner;

    /// <summary>What its weak handle holds of the object that it belongs to. 0: not known.</summary>
    public ulong Object;

    /// <summary>Where the owner locked it, on its own stack, before anybody waited. 0: that version keeps none.</summary>
    public ulong Locker;
}

/// <summary>Which thread of a HotSpot JVM has a monitor.</summary>
/// <remarks>
/// <c>ObjectMonitor::_owner</c> is until JDK 23 the thread's address, or a place on its stack; since then its number. Who locks an object that nobody waits for leaves word on a stack of locked objects of its own
/// (<c>LockStack</c>; an option of JDK 21, and the rule since 22): who comes then and waits makes a monitor of an unnamed owner.
/// </remarks>
internal static class JvmOwners
{
    private const ulong Unnamed = 1, LowestId = 3;

    /// <summary>Last bits of the first word of an object that has a monitor; the others are its address, or a hash where monitors are in a table.</summary>
    private const ulong HasMonitor = 2;

    /// <summary>ZGC's references have so many bits of their own below the address; on a stack there are addresses alone.</summary>
    private const int LeastColor = 13, MostColor = 16;

    /// <summary>Its place among the threads; -1: nobody is known to have it.</summary>
    internal static int Find(ReadOnlySpan<JvmThread> threads, JvmMonitor monitor)
    {
        int found = -1;
        for (int place = 0; place < threads.Length; place++)
        {
            if (!Has(threads[place], monitor))
                continue;
            // Two of them: read in between, so neither is known to have it.
            if (found >= 0)
                return -1;
            found = place;
        }
        return found;
    }

    private static bool Has(in JvmThread thread, JvmMonitor monitor) => monitor.Owner switch
    {
        0 => false,
        Unnamed => IsOnStack(thread, monitor.Locker) || IsLocked(thread, monitor),
        _ when thread.Id != 0 => monitor.Owner >= LowestId && thread.Id == monitor.Owner,
        _ => thread.Address == monitor.Owner || IsOnStack(thread, monitor.Owner),
    };

    private static bool IsOnStack(in JvmThread thread, ulong address) => address >= thread.StackBegin && address < thread.StackEnd;

    private static bool IsLocked(in JvmThread thread, JvmMonitor monitor)
    {
        for (int place = 0; place < thread.Locked.Length; place++)
        {
            if (thread.Marks[place] == (monitor.Address | HasMonitor) || monitor.Object != 0 && IsAddressOf(thread.Locked[place], monitor.Object))
                return true;
        }
        return false;
    }

    private static bool IsAddressOf(ulong address, ulong reference)
    {
        for (int color = LeastColor; color <= MostColor; color++)
        {
            if (reference >> color == address)
                return true;
        }
        return reference == address;
    }
}
