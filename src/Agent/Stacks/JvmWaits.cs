using System.Buffers.Binary;
using OrphanBoard.Shared.Diagnosis;

namespace OrphanBoard.Agent.Stacks;

/// <summary>For what a thread of a JVM waits.</summary>
/// <param name="Owner">For which other, as a place among the threads; -1: one that has ended.</param>
/// <param name="Kind">For what of it.</param>
/// <param name="Type">As in <see cref="RuntimeWait"/>.</param>
internal sealed record JvmWait(int Owner, RuntimeWaitKind Kind, string Type);

/// <summary>Threads that do not go on by what the JVM keeps of their locks: a circle, or those who wait for what a thread has that has ended.</summary>
/// <param name="Tids">Each waits for the next and the last for the first, or each for one that has ended. 0: not known.</param>
/// <param name="Waits">For what each of them waits.</param>
internal sealed record JvmFault(int[] Tids, JvmWait[] Waits)
{
    internal static JvmFault None { get; } = new([], []);

    internal bool OwnerGone => Waits is [{ Owner: < 0 }, ..];

    internal bool HasMonitorsAlone => Array.TrueForAll(Waits, wait => wait.Kind == RuntimeWaitKind.Monitor);

    /// <summary>Whatever other threads have come and gone in between.</summary>
    internal bool IsSame(JvmFault other)
    {
        if (!Tids.AsSpan().SequenceEqual(other.Tids))
            return false;
        for (int place = 0; place < Waits.Length; place++)
        {
            if (Waits[place].Kind != other.Waits[place].Kind || Waits[place].Type != other.Waits[place].Type)
                return false;
        }
        return true;
    }
}

/// <summary>Which threads of a JVM wait for which, read in its memory once.</summary>
/// <param name="structs">Found.</param>
/// <param name="locks">Null: its objects cannot be read, monitors only.</param>
/// <param name="tids">From the tid that the JVM has to ours.</param>
internal sealed class JvmWaits(JvmStructs structs, JvmLocks? locks, Func<int, int?> tids)
{
    private const uint MostThreads = 4096;

    /// <summary>A lock stack has eight places.</summary>
    private const int MostLocked = 8;

    /// <summary>A circle before those who wait for what nobody has any more.</summary>
    internal JvmFault Find()
    {
        ulong[] addresses = Addresses();
        var threads = new JvmThread[addresses.Length];
        var monitors = new JvmMonitor[addresses.Length];
        ulong[] objects = new ulong[addresses.Length];
        for (int place = 0; place < threads.Length; place++)
        {
            if (!TryRead(addresses[place], out threads[place]) || structs.ReadWord(addresses[place] + (ulong)structs[JvmField.PendingMonitor]) is not { } pending)
                return JvmFault.None;
            if (pending != 0)
                monitors[place] = MonitorAt(pending);
            objects[place] = locks?.ObjectOf(addresses[place]) ?? 0;
        }
        var waits = new JvmWait?[threads.Length];
        for (int place = 0; place < waits.Length; place++)
        {
            if (monitors[place].Address == 0)
                waits[place] = locks?.Find(objects, place) ?? (EndAwaitedBy(addresses[place], objects) is >= 0 and var ends && ends != place ? new JvmWait(ends, RuntimeWaitKind.ThreadEnd, "thread") : null);
            else if (JvmOwners.Find(threads, monitors[place]) is >= 0 and var owner)
                waits[place] = new JvmWait(owner, RuntimeWaitKind.Monitor, "monitor");
        }
        return Circle(waits, threads) ?? FaultOf([.. Enumerable.Range(0, waits.Length).Where(place => waits[place] is { Owner: < 0 })], waits, threads);
    }

    private JvmFault FaultOf(List<int> places, JvmWait?[] waits, JvmThread[] threads) => new([.. places.Select(place => TidOf(threads[place].Address))], [.. places.Select(place => waits[place]!)]);

    /// <summary>
    /// By <c>Thread.join</c>, which waits to be notified by the thread's own object. A place among the threads; -1: of none. Who joins itself (<c>Thread.currentThread().join()</c>) means to stay, and leaves the work to other threads.
    /// </summary>
    private int EndAwaitedBy(ulong address, ulong[] objects) =>
        locks is not null && structs.WordAt(address, JvmField.WaitingMonitor) is not 0 and var monitor && structs.WordAt(monitor, JvmField.Object) is not 0 and var handle && structs.ReadWord(handle) is { } thread and not 0
            ? JvmLocks.PlaceOf(thread, objects)
            : -1;

    private JvmFault? Circle(JvmWait?[] waits, JvmThread[] threads)
    {
        for (int start = 0; start < waits.Length; start++)
        {
            List<int> chain = [];
            for (int at = start; at >= 0 && chain.Count <= waits.Length; at = waits[at]?.Owner ?? -1)
            {
                if (chain.Count > 0 && at == start)
                    return FaultOf(chain, waits, threads);
                chain.Add(at);
            }
        }
        return null;
    }

    /// <summary>Of the JavaThread of each; empty: not known.</summary>
    private ulong[] Addresses()
    {
        if (structs.ReadWord((ulong)structs[JvmField.ThreadList]) is not { } list || list == 0 || structs.ReadNumber(list + (ulong)structs[JvmField.Length]) is not (> 1 and <= MostThreads and var count)
            || structs.ReadWord(list + (ulong)structs[JvmField.Threads]) is not { } array || !structs.Read(array, (int)count * sizeof(ulong), out ReadOnlySpan<byte> bytes))
            return [];
        return Words(bytes);
    }

    private bool TryRead(ulong address, out JvmThread thread)
    {
        thread = default;
        if (structs.ReadWord(address + (ulong)structs[JvmField.StackBase]) is not { } stack || structs.ReadWord(address + (ulong)structs[JvmField.StackSize]) is not { } size)
            return false;
        ulong[] locked = LockedBy(address);
        ulong[] marks = new ulong[locked.Length];
        for (int place = 0; place < marks.Length; place++)
            marks[place] = structs.ReadWord(locked[place]) ?? 0;
        thread = new JvmThread { Address = address, StackBegin = stack - size, StackEnd = stack, Id = structs.WordAt(address, JvmField.OwnerId), Locked = locked, Marks = marks };
        return true;
    }

    private JvmMonitor MonitorAt(ulong address)
    {
        ulong handle = structs.WordAt(address, JvmField.Object);
        return new JvmMonitor
        {
            Address = address,
            Owner = structs.WordAt(address, JvmField.Owner),
            Object = handle == 0 ? 0 : structs.ReadWord(handle) ?? 0,
            Locker = structs.WordAt(address, JvmField.StackLocker),
        };
    }

    /// <summary>The objects on its lock stack, whose top is kept as an offset in the thread.</summary>
    private ulong[] LockedBy(ulong thread)
    {
        if (!structs.HasAll(JvmField.LockStack, JvmField.LockStackBase) || structs.ReadNumber(thread + (ulong)(structs[JvmField.LockStack] + structs[JvmField.LockStackTop])) is not { } top)
            return [];
        int first = (int)(structs[JvmField.LockStack] + structs[JvmField.LockStackBase]), length = (int)top - first;
        return length is > 0 and <= MostLocked * sizeof(ulong) && structs.Read(thread + (ulong)first, length, out ReadOnlySpan<byte> bytes) ? Words(bytes) : [];
    }

    private static ulong[] Words(ReadOnlySpan<byte> bytes)
    {
        ulong[] words = new ulong[bytes.Length / sizeof(ulong)];
        for (int place = 0; place < words.Length; place++)
            words[place] = JvmMemory.Word(bytes[(place * sizeof(ulong))..]);
        return words;
    }

    /// <summary>Our number of the thread; the JVM has that of its own pid namespace. 0: not known.</summary>
    private int TidOf(ulong thread) =>
        structs.ReadWord(thread + (ulong)structs[JvmField.OsThread]) is { } native && structs.Read(native + (ulong)structs[JvmField.ThreadId], sizeof(int), out ReadOnlySpan<byte> bytes)
            ? tids(BinaryPrimitives.ReadInt32LittleEndian(bytes)) ?? 0
            : 0;
}
