using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Which threads of a HotSpot JVM wait for each other's monitors (<c>synchronized</c>) and locks (<c>java.util.concurrent</c>), read in its memory. Until JDK 23 a thread that waits for a monitor wakes each second to
/// look again: by its waits alone it stands as one that sleeps in a loop.
/// </summary>
/// <remarks><c>JavaThread::_current_pending_monitor</c> is the monitor that a thread waits for; of who has it, see <see cref="JvmOwners"/>, and of locks <see cref="JvmLocks"/>. Since JDK 24 a virtual thread that waits
/// leaves its thread, unless it is pinned, and for a lock each does: of such none is told.</remarks>
internal sealed class JvmMonitors(RiskyReads risky)
{
    /// <summary>The JVM's own come to more.</summary>
    private const int FewestThreads = 6;

    /// <summary>At reading while nothing collects garbage.</summary>
    private const int MostAttempts = 3;

    /// <summary>Who waits looks again at 1, 8, 64, 512 and from then on each 1,000 ms: more often within two looks than this, and a second, is another wait.</summary>
    private const ulong MostRuns = 4;

    /// <summary>A JVM is read anew when so much time is over.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(30);

    private static readonly Known Unread = new(null, TimeSpan.MinValue, []);

    /// <summary>The JVMs of the last look.</summary>
    private readonly Dictionary<ProcessKey, Known> _known = [];

    /// <param name="Before">What it was at the look before the one that is to read it; null: it has been read.</param>
    /// <param name="Since">Uptime of that look, or of the one that read it.</param>
    /// <param name="Told">As it was read last.</param>
    private readonly record struct Known(ProcessRecord? Before, TimeSpan Since, ImmutableArray<RuntimeWait> Told);

    /// <summary>
    /// One more look, which <paramref name="diagnosis"/> has had: these findings, and what JVMs of which nothing is told yet keep of their monitors. A JVM is read at the second look that has it, and then each
    /// <see cref="Rest"/> until there is something to tell. What its other threads do is no matter: those that wait for each other do so for good.
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
            // What was told stays: nothing but the end of the JVM parts two who wait for each other, and one of them may be seen to look again just now.
            if (known.Told.IsEmpty && known.Before is { } before)
                known = new Known(null, look.Uptime, Deadlocked(before, process, look.Uptime - known.Since));
            else if (known.Told.IsEmpty && (known.Since == TimeSpan.MinValue || look.Uptime - known.Since >= Rest))
                known = known with { Before = process, Since = look.Uptime };
            _known[key] = known;
            if (known.Told.IsEmpty || findings.Any(finding => finding.Confidence != Confidence.Suspected && finding.Pids.Contains(process.Pid))
                || diagnosis.OfRuntime(process.Key, "the JVM", known.Told, asked: false) is not { } finding)
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

    /// <summary>Threads that do not go on; empty: none, or it cannot be told.</summary>
    /// <param name="between">Time between the looks that the two records are of.</param>
    internal ImmutableArray<RuntimeWait> Deadlocked(ProcessRecord before, ProcessRecord process, TimeSpan between)
    {
        using DirectoryHandle? directory = DirectoryHandle.TryOpen($"/proc/{process.Pid}");
        if (directory is null || RuntimeFacts.Read(directory, process.Pid) is not { } facts)
            return [];
        var structs = new JvmStructs(risky, process.Key);
        try
        {
            if (!structs.Find())
                return [];
            JvmFault fault = Twice(structs, facts.TidsByTheirOwn(directory, StackTarget.Of(process)));
            ulong mostRuns = MostRuns + (ulong)between.TotalSeconds;
            bool[] stands = [.. fault.Tids.Select((tid, place) => Stands(before, process, tid, fault.Waits[place].Kind == RuntimeWaitKind.Monitor ? mostRuns : 0))];
            // Of a circle all of them, of the others each by itself.
            return stands.Length == 0 || (fault.OwnerGone ? !stands.Contains(true) : stands.Contains(false))
                ? []
                : [.. Enumerable.Range(0, stands.Length).Where(place => stands[place]).Select(place => new RuntimeWait(Sentence(process, fault, place), fault.Tids[place], fault.Waits[place].Kind, fault.Waits[place].Type))];
        }
        finally
        {
            risky.Clear();
        }
    }

    /// <summary>It may run meanwhile: what is so twice is so. Not if objects were moved in between.</summary>
    private static JvmFault Twice(JvmStructs structs, Func<int, int?> tids)
    {
        var heap = new JvmHeap(structs);
        bool hasHeap = heap.Open();
        for (int attempt = 0; attempt < MostAttempts; attempt++)
        {
            uint? collections = hasHeap ? heap.Collections : null;
            var waits = new JvmWaits(structs, collections is null ? null : new JvmLocks(structs, heap), tids);
            JvmFault fault = waits.Find();
            if (fault.Tids.Length == 0 || !fault.IsSame(waits.Find()))
                return JvmFault.None;
            if (fault.HasMonitorsAlone || heap.Collections == collections)
                return fault;
        }
        return JvmFault.None;
    }

    private static string Sentence(ProcessRecord process, JvmFault fault, int place)
    {
        JvmWait wait = fault.Waits[place];
        string other = wait.Owner < 0 ? "a thread" : $"thread {Name(process, fault.Tids[(place + 1) % fault.Tids.Length])}";
        return $"Thread {Name(process, fault.Tids[place])} waits for " + wait.Kind switch
        {
            RuntimeWaitKind.Monitor => $"a monitor that {other} has.",
            RuntimeWaitKind.Lock => $"a lock ({wait.Type}) that {other} has.",
            RuntimeWaitKind.Task => $"a task ({wait.Type}) that {other} runs.",
            RuntimeWaitKind.ThreadEnd => $"{other} to end.",
            _ => $"a lock ({wait.Type}) that {other} has which has ended.",
        };
    }

    private static string Name(ProcessRecord process, int tid) => $"{process.FindThread(tid)!.Comm} ({tid})";

    /// <summary>In the same wait at both looks, and no more than that it has looked again; for a lock without a limit of time, and asleep ever since.</summary>
    private static bool Stands(ProcessRecord before, ProcessRecord process, int tid, ulong mostRuns) =>
        before.FindThread(tid) is { Counters: { } then } past && process.FindThread(tid) is { Counters: { } now } thread
        && past.Call.Number == thread.Call.Number && past.Call.Status == thread.Call.Status && past.Call.Arguments is [var one, ..] && thread.Call.Arguments is [var other, _, _, var limit, ..] && one == other
        && (mostRuns > 0 || limit == 0)
        && now.Timeslices - then.Timeslices <= mostRuns;
}
