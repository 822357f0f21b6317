using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Futexes: who has the memory.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>A private futex belongs to the memory, whichever process has it. Who shares it was asked of suspects only: a guess at them does without.</summary>
    private void FindSharers(HostProcess process, Wait wait, IWakerSink sink)
    {
        sink.Begin(wait);
        sink.Add(process, null, direct: true);
        if (!guess)
        {
            foreach (int pid in process.Record.SharesMemoryWith)
            {
                if (resources.Find(pid) is { } sharer)
                    sink.Add(sharer, null, direct: true);
            }
        }
        sink.End(Openness.Closed, null);
    }
}
