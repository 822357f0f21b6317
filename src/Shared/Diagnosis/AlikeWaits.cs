using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Decodes waits. The threads of a pool wait alike, and so do those of the workers that one program has forked: half of all waits of a large host are of few forms, and each
/// is kept once. Of the last that were decoded, so many that the threads of one process, or of one program, find theirs.
/// </summary>
internal sealed class AlikeWaits
{
    /// <summary>A power of two. What is kept beyond its use is as much.</summary>
    private const int Forms = 32;

    private readonly (ThreadRecord Thread, Wait Wait)[] _last = new (ThreadRecord, Wait)[Forms];

    /// <summary>What a living thread of a process waits for.</summary>
    public Wait Of(HostIdentity host, ProcessRecord process, ThreadRecord thread)
    {
        if (thread.Call.Status != BlockedCallStatus.InCall)
            return WaitDecoder.Decode(host, process, thread);
        // What is shared is told by an address, and where it lies in its page differs most.
        ref (ThreadRecord Thread, Wait Wait) last = ref _last[(int)(thread.Call.Arguments[0] >> 2) & (Forms - 1)];
        if (last.Thread is not null && WaitDecoder.IsSharedBy(process, last.Thread, last.Wait, thread))
            return last.Wait;
        Wait wait = WaitDecoder.Decode(host, process, thread);
        if (wait.Kind == WaitKind.Futex)
            last = (thread, wait);
        return wait;
    }
}
