using System.Buffers.Binary;
using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Which threads of a HotSpot JVM wait for each other's monitors (<c>synchronized</c>), read in its memory. Until JDK 23 a thread that waits for one wakes each second to look again: by its waits alone it stands as
/// one that sleeps in a loop.
/// </summary>
/// <remarks><c>JavaThread::_current_pending_monitor</c> is the monitor that a thread waits for; of who has it, see <see cref="JvmOwners"/>. Since JDK 24 a virtual thread that waits
/// leaves its thread, unless it is pinned: of such none is told.</remarks>
internal sealed class JvmMonitors(RiskyReads risky)
{
    private const uint MostThreads = 4096;

    /// <summary>A lock stack has eight places.</summary>
    private const int MostLocked = 8;

    /// <summary>The JVM's own come to more.</summary>
    private const int FewestThreads = 6;

    /// <summary>Who waits looks again at 1, 8, 64, 512 and from then on each 1,000 ms: more often within two looks than this, and a second, is another wait.</summary>
    private const ulong MostRuns = 4;

    /// <summary>A JVM is read anew when so much time is over.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    private static readonly Known Unread = new(null, TimeSpan.MinValue, []);

    /// <summary>The JVMs of the last look.</summary>
    private readonly Dictionary<ProcessKey, Known> _known = [];

    /// <param name="Before">What it was at the look before the one that is to read it; null: it has been read.</param>
    /// <param name="Since">Uptime of that look, or of the one that read it.</param>
    /// <param name="Says">As it was read last.</param>
    private readonly record struct Known(ProcessRecord? Before, TimeSpan Since, ImmutableArray<string> Says);

    /// <summary>
    /// One more look, which <paramref name="diagnosis"/> has had: these findings, and what JVMs of which nothing is told yet keep of their monitors. A JVM is read at the second look that has it, and then each
    /// <see cref="Rest"/> until there is something to tell. What its other threads do is no matter: those that wait for each other's monitors do so for good.
    /// </summary>
    internal ImmutableArray<Finding> Advance(HostDiagnosis diagnosis, Snapshot look, ImmutableArray<Finding> findings)
    {
        // A JVM is seen to run when it is born, and twenty times a second from then on: who did not run need not be asked whether he is one.
        foreach (ProcessRecord process in diagnosis.Changed)
        {
            if (IsJvm(process))
                _known.TryAdd(process.Key, Unread);
            else if (_known.Count > 0)
                _known.Remove(process.Key);
        }
        if (_known.Count == 0)
            return findings;
        var told = ImmutableArray.CreateBuilder<Finding>();
        foreach (ProcessKey key in _known.Keys.ToArray())
        {
            if (look.Find(key.Pid) is not { } process || process.Key != key)
            {
                _known.Remove(key);
                continue;
            }
            Known known = _known[key];
            // What was told stays: nothing but the end of the JVM parts two who wait for each other's monitors, and one of them may be seen to look again just now.
            if (known.Says.IsEmpty && known.Before is { } before)
                known = new Known(null, look.Uptime, Deadlocked(before, process, look.Uptime - known.Since));
            else if (known.Says.IsEmpty && (known.Since == TimeSpan.MinValue || look.Uptime - known.Since >= Rest))
                known = known with { Before = process, Since = look.Uptime };
            _known[key] = known;
            if (known.Says.IsEmpty || findings.Any(finding => finding.Confidence != Confidence.Suspected && finding.Pids.Contains(process.Pid))
                || diagnosis.OfRuntime(process.Key, "the JVM", known.Says, asked: false) is not { } finding)
                continue;
            told.Add(finding);
            // What is but suspected of its threads is this, whoever else waits for them.
            findings = findings.RemoveAll(suspected => suspected.Confidence == Confidence.Suspected && suspected.Class == FindingClass.Deadlock && !suspected.Culprits.IsEmpty
                && suspected.Culprits.All(culprit => culprit.Pid == process.Pid));
        }
        return told.Count == 0 ? findings : [.. told, .. findings];
    }

    private static bool IsJvm(ProcessRecord process)
    {
        if (process.Threads.Length < FewestThreads)
            return false;
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread.Comm.StartsWith("VM Thread", StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    /// <summary>A sentence for each thread; empty: none wait for each other, or it cannot be told.</summary>
    /// <param name="between">Time between the looks that the two records are of.</param>
    internal ImmutableArray<string> Deadlocked(ProcessRecord before, ProcessRecord process, TimeSpan between)
    {
        using DirectoryHandle? directory = DirectoryHandle.TryOpen($"/proc/{process.Pid}");
        if (directory is null || RuntimeFacts.Read(directory, process.Pid) is not { } facts)
            return [];
        var structs = new JvmStructs(risky, process.Key);
        try
        {
            if (!structs.Find())
                return [];
            Func<int, int?> tids = facts.TidsByTheirOwn(directory, StackTarget.Of(process));
            ulong mostRuns = MostRuns + (ulong)between.TotalSeconds;
            // Read while it may have run: what is so twice is so.
            int[] circle = Circle(structs, tids);
            return circle.Length > 0 && circle.AsSpan().SequenceEqual(Circle(structs, tids)) && circle.All(tid => Stands(before, process, tid, mostRuns))
                ? [.. circle.Select((tid, place) => $"Thread {Name(process, tid)} waits for a monitor that thread {Name(process, circle[(place + 1) % circle.Length])} has.")]
                : [];
        }
        finally
        {
            risky.Clear();
        }
    }

    private static string Name(ProcessRecord process, int tid) => $"{process.FindThread(tid)!.Comm} ({tid})";

    /// <summary>In the same wait at both looks, and no more than that it has looked again.</summary>
    private static bool Stands(ProcessRecord before, ProcessRecord process, int tid, ulong mostRuns) =>
        before.FindThread(tid) is { Counters: { } then } past && process.FindThread(tid) is { Counters: { } now } thread
        && past.Call.Number == thread.Call.Number && past.Call.Status == thread.Call.Status && past.Call.Arguments is [var one, ..] && thread.Call.Arguments is [var other, ..] && one == other
        && now.Timeslices - then.Timeslices <= mostRuns;

    /// <summary>Tids, each waiting for the next and the last for the first.</summary>
    private static int[] Circle(JvmStructs structs, Func<int, int?> tids)
    {
        if (structs.ReadWord(structs.ThreadList) is not { } list || list == 0 || !structs.Read(list + (ulong)structs.Length, sizeof(uint), out ReadOnlySpan<byte> bytes)
            || BinaryPrimitives.ReadUInt32LittleEndian(bytes) is not (> 1 and <= MostThreads and var count)
            || structs.ReadWord(list + (ulong)structs.Threads) is not { } array || !structs.Read(array, (int)count * sizeof(ulong), out bytes))
            return [];
        ulong[] addresses = new ulong[count];
        for (int place = 0; place < addresses.Length; place++)
            addresses[place] = JvmStructs.Word(bytes[(place * sizeof(ulong))..]);
        var threads = new JvmThread[count];
        var monitors = new JvmMonitor[count];
        for (int place = 0; place < threads.Length; place++)
        {
            if (!TryRead(structs, addresses[place], out threads[place]) || structs.ReadWord(addresses[place] + (ulong)structs.PendingMonitor) is not { } pending)
                return [];
            if (pending != 0)
                monitors[place] = MonitorAt(structs, pending);
        }
        int[] owners = new int[count];
        for (int place = 0; place < owners.Length; place++)
            owners[place] = JvmOwners.Find(threads, monitors[place]);
        for (int start = 0; start < threads.Length; start++)
        {
            List<int> chain = [];
            for (int at = start; at >= 0 && chain.Count <= threads.Length; at = owners[at])
            {
                if (chain.Count > 1 && at == start)
                    return [.. chain.Select(place => TidOf(structs, tids, threads[place].Address))];
                chain.Add(at);
            }
        }
        return [];
    }

    private static bool TryRead(JvmStructs structs, ulong address, out JvmThread thread)
    {
        thread = default;
        if (structs.ReadWord(address + (ulong)structs.StackBase) is not { } stack || structs.ReadWord(address + (ulong)structs.StackSize) is not { } size)
            return false;
        ulong[] locked = LockedBy(structs, address);
        ulong[] marks = new ulong[locked.Length];
        for (int place = 0; place < marks.Length; place++)
            marks[place] = structs.ReadWord(locked[place]) ?? 0;
        thread = new JvmThread { Address = address, StackBegin = stack - size, StackEnd = stack, Id = WordAt(structs, address, structs.OwnerId), Locked = locked, Marks = marks };
        return true;
    }

    private static JvmMonitor MonitorAt(JvmStructs structs, ulong address)
    {
        ulong handle = WordAt(structs, address, structs.Object);
        return new JvmMonitor
        {
            Address = address,
            Owner = WordAt(structs, address, structs.Owner),
            Object = handle == 0 ? 0 : structs.ReadWord(handle) ?? 0,
            Locker = WordAt(structs, address, structs.StackLocker),
        };
    }

    /// <summary>The objects on its lock stack, whose top is kept as an offset in the thread.</summary>
    private static ulong[] LockedBy(JvmStructs structs, ulong thread)
    {
        if ((structs.LockStack | structs.LockStackTop | structs.LockStackBase) < 0
            || !structs.Read(thread + (ulong)(structs.LockStack + structs.LockStackTop), sizeof(uint), out ReadOnlySpan<byte> bytes))
            return [];
        int first = structs.LockStack + structs.LockStackBase;
        int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(bytes) - first;
        if (length is <= 0 or > MostLocked * sizeof(ulong) || !structs.Read(thread + (ulong)first, length, out bytes))
            return [];
        ulong[] locked = new ulong[length / sizeof(ulong)];
        for (int place = 0; place < locked.Length; place++)
            locked[place] = JvmStructs.Word(bytes[(place * sizeof(ulong))..]);
        return locked;
    }

    /// <summary>0: that version has no such field, or it cannot be read.</summary>
    private static ulong WordAt(JvmStructs structs, ulong address, int offset) => offset < 0 ? 0 : structs.ReadWord(address + (ulong)offset) ?? 0;

    /// <summary>Our number of the thread; the JVM has that of its own pid namespace. 0: not known.</summary>
    private static int TidOf(JvmStructs structs, Func<int, int?> tids, ulong thread)
    {
        if (structs.ReadWord(thread + (ulong)structs.OsThread) is not { } native || !structs.Read(native + (ulong)structs.ThreadId, sizeof(int), out ReadOnlySpan<byte> bytes))
            return 0;
        return tids(BinaryPrimitives.ReadInt32LittleEndian(bytes)) ?? 0;
    }
}
