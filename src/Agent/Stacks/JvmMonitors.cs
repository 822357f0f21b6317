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
internal static class JvmMonitors
{
    private const uint MostThreads = 4096;

    /// <summary>More often within the two looks than who looks again runs, which is at 1, 8, 64, 512 and from then on each 1,000 ms.</summary>
    private const ulong MostRuns = 4;

    /// <summary>Of the processes of a look that nothing is told of yet. What other threads of them do is no matter: those that wait for each other's monitors do so for good.</summary>
    internal static IEnumerable<Finding> Ask(HostDiagnosis diagnosis, Snapshot first, Snapshot last, ImmutableArray<Finding> findings)
    {
        foreach (ProcessRecord process in last.Processes)
        {
            if (process.Threads.Length < 3 || first.Find(process.Pid) is not { } before || before.Key != process.Key || !process.Threads.Any(thread => thread.Comm.StartsWith("VM Thread", StringComparison.Ordinal))
                || findings.Any(finding => finding.Pids.Contains(process.Pid)))
                continue;
            if (Deadlocked(before, process) is { IsEmpty: false } says && diagnosis.OfRuntime(process.Key, "the JVM", says, asked: false) is { } finding)
                yield return finding;
        }
    }

    /// <summary>A sentence for each thread; empty: none wait for each other, or it cannot be told.</summary>
    internal static ImmutableArray<string> Deadlocked(ProcessRecord before, ProcessRecord process)
    {
        using DirectoryHandle? directory = DirectoryHandle.TryOpen($"/proc/{process.Pid}");
        if (directory is null || RuntimeFacts.Read(directory, process.Pid) is not { } facts)
            return [];
        using var risky = new RiskyReads(TimeProvider.System);
        var structs = new JvmStructs(risky, process.Pid);
        if (!structs.Find())
            return [];
        Func<int, int?> tids = facts.TidsByTheirOwn(directory, StackTarget.Of(process));
        // Read while it may have run: what is so twice is so.
        int[] circle = Circle(structs, tids);
        return circle.Length > 0 && circle.AsSpan().SequenceEqual(Circle(structs, tids)) && circle.All(tid => Stands(before, process, tid))
            ? [.. circle.Select((tid, place) => $"Thread {Name(process, tid)} waits for a monitor that thread {Name(process, circle[(place + 1) % circle.Length])} has.")]
            : [];
    }

    private static string Name(ProcessRecord process, int tid) => $"{process.FindThread(tid)!.Comm} ({tid})";

    /// <summary>In the same wait at both looks, and no more than that it has looked again.</summary>
    private static bool Stands(ProcessRecord before, ProcessRecord process, int tid) =>
        before.FindThread(tid) is { Counters: { } then } past && process.FindThread(tid) is { Counters: { } now } thread
        && past.Call.Number == thread.Call.Number && past.Call.Status == thread.Call.Status && past.Call.Arguments is [var one, ..] && thread.Call.Arguments is [var other, ..] && one == other
        && now.Timeslices - then.Timeslices <= MostRuns;

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
        for (int start = 0; start < threads.Length; start++)
        {
            List<int> chain = [];
            for (int at = start; at >= 0 && chain.Count <= threads.Length; at = OwnerOf(threads, at))
            {
                if (chain.Count > 1 && at == start)
                    return [.. chain.Select(place => TidOf(structs, tids, threads[place].Address))];
                chain.Add(at);
            }
        }
        return [];
    }

    /// <summary>-1: it waits for none, or it is not known who has it.</summary>
    private static int OwnerOf(JavaThread[] threads, int place)
    {
        ulong owner = threads[place].Owner;
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
