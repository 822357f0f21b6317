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
/// <remarks>
/// <c>JavaThread::_current_pending_monitor</c> is the monitor that a thread waits for, <c>ObjectMonitor::_owner</c> the thread that has it; or a place on that thread's stack, where it was locked before anybody
/// waited for it.
/// </remarks>
internal sealed class JvmMonitors(RiskyReads risky)
{
    private const uint MostThreads = 4096;

    /// <summary>The JVM's own come to more.</summary>
    private const int FewestThreads = 6;

    /// <summary>Who waits looks again at 1, 8, 64, 512 and from then on each 1,000 ms: more often within two looks than this, and a second, is another wait.</summary>
    private const ulong MostRuns = 4;

    /// <summary>A JVM is read anew when so much time is over.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    private readonly Dictionary<ProcessKey, Known> _known = [];

    /// <param name="Before">What it was at the look before the one that is to read it; null: it has been read.</param>
    /// <param name="Since">Uptime of that look, or of the one that read it.</param>
    /// <param name="Says">As it was read last.</param>
    private readonly record struct Known(ProcessRecord? Before, TimeSpan Since, ImmutableArray<string> Says);

    /// <summary>
    /// One more look, diagnosed: these findings, and what JVMs of which nothing is told yet keep of their monitors. A JVM is read at the second look that has it, and then each <see cref="Rest"/>. What its other
    /// threads do is no matter: those that wait for each other's monitors do so for good.
    /// </summary>
    internal ImmutableArray<Finding> Advance(HostDiagnosis diagnosis, Snapshot look, ImmutableArray<Finding> findings)
    {
        var told = ImmutableArray.CreateBuilder<Finding>();
        HashSet<ProcessKey> there = [];
        foreach (ProcessRecord process in look.Processes)
        {
            if (process.Threads.Length < FewestThreads || !process.Threads.Any(thread => thread.Comm.StartsWith("VM Thread", StringComparison.Ordinal)))
                continue;
            there.Add(process.Key);
            Known known = _known.GetValueOrDefault(process.Key, new Known(null, TimeSpan.MinValue, []));
            if (known.Before is { } before)
                known = new Known(null, look.Uptime, Deadlocked(before, process, look.Uptime - known.Since));
            else if (known.Since == TimeSpan.MinValue || look.Uptime - known.Since >= Rest)
                known = known with { Before = process, Since = look.Uptime };
            _known[process.Key] = known;
            if (!known.Says.IsEmpty && !findings.Any(finding => finding.Pids.Contains(process.Pid)) && diagnosis.OfRuntime(process.Key, "the JVM", known.Says, asked: false) is { } finding)
                told.Add(finding);
        }
        foreach (ProcessKey gone in _known.Keys.Where(key => !there.Contains(key)).ToArray())
            _known.Remove(gone);
        return told.Count == 0 ? findings : [.. told, .. findings];
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
        var threads = new JavaThread[count];
        for (int place = 0; place < threads.Length; place++)
            threads[place].Address = JvmStructs.Word(bytes[(place * sizeof(ulong))..]);
        for (int place = 0; place < threads.Length; place++)
        {
            ref JavaThread thread = ref threads[place];
            if (structs.ReadWord(thread.Address + (ulong)structs.PendingMonitor) is not { } pending || structs.ReadWord(thread.Address + (ulong)structs.StackBase) is not { } stack
                || structs.ReadWord(thread.Address + (ulong)structs.StackSize) is not { } size)
                return [];
            (thread.StackEnd, thread.StackBegin) = (stack, stack - size);
            thread.Owner = pending == 0 ? 0 : structs.ReadWord(pending + (ulong)structs.Owner) ?? 0;
        }
        int[] owners = [.. threads.Select(thread => OwnerOf(threads, thread.Owner))];
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

    /// <summary>-1: it waits for none, or it is not known who has it.</summary>
    private static int OwnerOf(JavaThread[] threads, ulong owner)
    {
        for (int other = owner == 0 ? -1 : threads.Length - 1; other >= 0; other--)
        {
            if (threads[other].Address == owner || owner >= threads[other].StackBegin && owner < threads[other].StackEnd)
                return other;
        }
        return -1;
    }

    /// <summary>Our number of the thread; the JVM has that of its own pid namespace. 0: not known.</summary>
    private static int TidOf(JvmStructs structs, Func<int, int?> tids, ulong thread)
    {
        if (structs.ReadWord(thread + (ulong)structs.OsThread) is not { } native || !structs.Read(native + (ulong)structs.ThreadId, sizeof(int), out ReadOnlySpan<byte> bytes))
            return 0;
        return tids(BinaryPrimitives.ReadInt32LittleEndian(bytes)) ?? 0;
    }

    private struct JavaThread
    {
        public ulong Address, StackBegin, StackEnd, Owner;
    }
}
