using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What of a process counts when it is asked whether it is stuck.</summary>
internal enum Counting
{
    /// <summary>Every thread, with its timeout: what a proof needs.</summary>
    All,

    /// <summary>
    /// All, and beyond those who have a named FIFO open, or named memory mapped, nobody is believed to do so. That is mostly no more than a suspicion.
    /// </summary>
    Named,

    /// <summary>
    /// Not the service threads of runtimes; and of timed waiters that come back to the same wait, look after look, for the minimum wait, not the timeout, where
    /// another thread of the process waits without one.
    /// </summary>
    Likely,

    /// <summary>Not the service threads, and no timeout of a thread that both looks found in the same wait.</summary>
    Patient,

    /// <summary>As <see cref="Patient"/>, and no timeout of a thread that has run within the minimum wait, or just now: whether it comes back to the same wait, only looks for that time can tell.</summary>
    Restless,
}

/// <summary>Which threads of a process count, and which of their timeouts.</summary>
/// <param name="memory">Who has come back to the same wait.</param>
/// <param name="options">For how long it must have.</param>
internal sealed class Counted(LookMemory memory, DiagnosisOptions options, Counting counting)
{
    public Counting Counting => counting;

    /// <summary>Every thread, with its timeout.</summary>
    public bool IsWhole => counting is Counting.All or Counting.Named;

    /// <summary>Whose waits do not count, parallel to <see cref="HostProcess.WaitsOf"/>; default where all do.</summary>
    public ImmutableArray<bool> ServicesOf(HostProcess process, HostIdentity host) => IsWhole ? default : process.ServicesOf(host);

    /// <summary>Whether a thread has run within the last seconds, or that is not known.</summary>
    public bool HasJustRun(HostProcess process, ThreadRecord thread) => !(memory.StillFor(memory.Resources.Look, process.Record, thread) >= DiagnosisOptions.JustNow);

    /// <summary>See <see cref="Tickers"/>.</summary>
    public bool LeavesTickersAside => counting is Counting.Patient or Counting.Restless;

    /// <summary>Whether one of those that count has no timeout.</summary>
    public static bool AnyEndless(ImmutableArray<Wait> waits, ImmutableArray<bool> services)
    {
        for (int i = 0; i < waits.Length; i++)
        {
            if (waits[i].Bounded == Bounded.No && (services.IsDefault || !services[i]))
                return true;
        }
        return false;
    }

    /// <summary>Whether the timeout of a wait does not count: its thread comes back to it. Seen to come back: a single long timeout may lead somewhere.</summary>
    /// <param name="endless">See <see cref="AnyEndless"/>.</param>
    /// <remarks>A mere sleep counts where <see cref="LeavesTickersAside"/>.</remarks>
    public bool ComesBack(HostProcess process, ThreadRecord thread, Wait wait, bool endless) =>
        wait.Bounded == Bounded.Yes && (counting is Counting.Patient or Counting.Restless || counting == Counting.Likely && endless)
        && (memory.ReturnsFor(process.Record, thread) >= options.MinimumWait || counting == Counting.Restless && memory.StillFor(memory.Resources.Look, process.Record, thread) < options.Lately);
}
