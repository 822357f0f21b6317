using System.Collections.Frozen;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Why a process cannot run whatever it waits for, and goes on only when somebody else says so.</summary>
internal enum Halt
{
    None,

    /// <summary>By a signal: all of its threads are in state T.</summary>
    Stopped,

    /// <summary>By its tracer: all of its threads are in state t, or some in T.</summary>
    Traced,

    /// <summary>With its cgroup.</summary>
    Frozen,
}

internal static class Halts
{
    /// <summary>Where a thread of a frozen cgroup sleeps: version 2 in state S, version 1 in state D. The first is also where any signal is taken.</summary>
    private static readonly FrozenSet<string> FreezerChannels = FrozenSet.Create(StringComparer.Ordinal, "get_signal", "do_freezer_trap", "__refrigerator");

    /// <param name="process">Its record.</param>
    /// <param name="guess">Without what only suspects have.</param>
    public static Halt Of(ProcessRecord process, bool guess)
    {
        if (process.Threads.IsEmpty || !process.ThreadsComplete || process.Behind)
            return Halt.None;
        int stopped = 0, traced = 0, frozen = 0, living = 0;
        bool certain = process.Frozen == true;
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread.State is 'Z' or 'X')
                continue;
            living++;
            switch (thread.State)
            {
                case 'T':
                    stopped++;
                    break;
                case 't':
                    traced++;
                    break;
                case 'S' or 'D' when thread.Wchan is { } wchan && FreezerChannels.Contains(wchan):
                    frozen++;
                    certain |= wchan != "get_signal";
                    break;
            }
        }
        if (living == 0)
            return Halt.None;
        return stopped == living ? Halt.Stopped
            : stopped + traced == living ? Halt.Traced
            : frozen == living && (guess || certain) ? Halt.Frozen
            : Halt.None;
    }
}
