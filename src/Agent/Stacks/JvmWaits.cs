using System.Buffers.Binary;

namespace OrphanBoard.Agent.Stacks;

/// <summary>For what a thread of a JVM waits.</summary>
/// <param name="Owner">Who has it, as a place among the threads; -1: one that has ended.</param>
/// <param name="Lock">Class of the lock; null: it is a monitor.</param>
internal sealed record JvmWait(int Owner, string? Lock);

/// <summary>Threads that do not go on by what the JVM keeps of their locks: a circle, or those who wait for what a thread has that has ended.</summary>
/// <param name="Tids">Each waits for the next and the last for the first, or each for one that has ended. 0: not known.</param>
/// <param name="Locks">Classes of the locks that they wait for; null: a monitor.</param>
/// <param name="OwnerGone">Whether it is the latter.</param>
internal sealed record JvmFault(int[] Tids, string?[] Locks, bool OwnerGone)
{
    internal static JvmFault None { get; } = new([], [], false);

    internal bool HasLocks => Array.Exists(Locks, name => name is not null);

    internal bool IsSame(JvmFault other) => OwnerGone == other.OwnerGone && Tids.AsSpan().SequenceEqual(other.Tids) && Locks.AsSpan().SequenceEqual(other.Locks);
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
            int owner = JvmOwners.Find(threads, monitors[place]);
            waits[place] = owner >= 0 ? new JvmWait(owner, null) : monitors[place].Address == 0 ? locks?.Find(objects, place) : null;
        }
        return Circle(waits, threads) ?? new JvmFault([.. Gone(waits).Select(place => TidOf(threads[place].Address))], [.. Gone(waits).Select(place => waits[place]!.Lock)], true);
    }

    private static IEnumerable<int> Gone(JvmWait?[] waits) => Enumerable.Range(0, waits.Length).Where(place => waits[place] is { Owner: < 0 });

    private JvmFault? Circle(JvmWait?[] waits, JvmThread[] threads)
    {
        for (int start = 0; start < waits.Length; start++)
        {
            List<int> chain = [];
            for (int at = start; at >= 0 && chain.Count <= waits.Length; at = waits[at]?.Owner ?? -1)
            {
                if (chain.Count > 1 && at == start)
                    return new JvmFault([.. chain.Select(place => TidOf(threads[place].Address))], [.. chain.Select(place => waits[place]!.Lock)], false);
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
