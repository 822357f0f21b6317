using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Which processes a look reads again though they have not run, to check the rule that the others are spared by: a part of all at each look, so that each
/// has its turn once in so many looks and no look pays for all: of some thousands of processes more, it takes the longer.
/// </summary>
internal readonly record struct SelfCheckSlice(long Look, int Slices)
{
    private const int Least = 120, MoreForEach = 4000;

    /// <param name="look">Number of the look.</param>
    /// <param name="processes">How many there are, by the look before.</param>
    internal static SelfCheckSlice Of(long look, int processes) => new(look, Least * (1 + processes / MoreForEach));

    internal bool Has(int pid) => pid % Slices == Look % Slices;
}

/// <param name="Checked">Processes that were read again though none of their threads had run.</param>
/// <param name="Mismatches">How many of them had another fd table or another wait than was known.</param>
public readonly record struct SelfCheckCounts(long Checked, long Mismatches)
{
    internal SelfCheckCounts WithOneChecked => this with { Checked = Checked + 1 };

    internal SelfCheckCounts WithOneMismatch => this with { Mismatches = Mismatches + 1 };

    /// <summary>
    /// Whether what the rule is about is the same: which fd is which object, and what each thread waits for. Not the text of a path: whoever
    /// renames or removes a file changes it for all who have it open.
    /// </summary>
    internal static bool AreSame(ProcessRecord before, ProcessRecord now)
    {
        // One that has exited between the sweep and the reading ran to do so, and no later look says it: zombies are not swept.
        if (now.IsZombie)
            return true;
        if (before.Threads.Length != now.Threads.Length)
            return false;
        for (int i = 0; i < now.Threads.Length; i++)
        {
            ThreadRecord a = before.Threads[i], b = now.Threads[i];
            // One that has run between the sweep and the reading is no case for the rule.
            if (a.Tid == b.Tid && a.Counters != b.Counters)
                return true;
            if (a.Tid != b.Tid || a.State != b.State || a.Wchan != b.Wchan || !a.Call.Equals(b.Call))
                return false;
        }
        if (before.Fds.Length != now.Fds.Length)
            return false;
        for (int i = 0; i < now.Fds.Length; i++)
        {
            FileDescriptor a = before.Fds[i], b = now.Fds[i];
            if (a.Number != b.Number || a.Access != b.Access || a.Target.Kind != b.Target.Kind || a.Target.Id != b.Target.Id)
                return false;
        }
        return true;
    }
}
