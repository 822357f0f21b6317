using System.Globalization;
using OrphanBoard.Agent.RiskyReading;

namespace OrphanBoard.Agent.Doctoring;

/// <summary>Which processes let the reader wait, and whether the agent can afford to ask them.</summary>
internal static class BlockedReads
{
    private const string Name = "blocked";

    internal static Check Examine(SightFacts facts)
    {
        if (facts.Reading == ReadingMode.Suspended)
        {
            return new Check(Name, CheckLevel.Partial, $"too many reads are stuck in the kernel, of {List(facts)}",
                "Each holds a helper process that even SIGKILL does not end. Until one of them ends no command line and no memory of any process is read.");
        }
        if (!facts.Blocked.IsEmpty)
        {
            return new Check(Name, CheckLevel.Partial, $"reads of {List(facts)} blocked and were abandoned",
                "Its memory lock is held, it is stuck in execve, or a FUSE, NFS or userfaultfd server does not answer for its memory. What the read would have told is not known.");
        }
        return facts.Reading == ReadingMode.Direct
            ? new Check(Name, CheckLevel.Partial, $"the helper process for reads that may block cannot be started: {facts.WhyNoHelper}",
                "The agent reads command lines itself, of processes none of whose threads is in state D. What threads poll, which futexes they wait on and which CI job they belong to is not known.")
            : new Check(Name, CheckLevel.Ok, "no read blocked; those that may are made by a helper process");
    }

    private static string List(SightFacts facts)
    {
        const int Shown = 5;
        string names = string.Join(", ", facts.Blocked.Take(Shown).Select(process => $"pid {process.Pid} ({process.Comm})"));
        int more = facts.Blocked.Length - Shown;
        return more > 0 ? $"{names} and {more.ToString("N0", CultureInfo.InvariantCulture)} more" : names.Length > 0 ? names : "processes that have ended since";
    }
}
