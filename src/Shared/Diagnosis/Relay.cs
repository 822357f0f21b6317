using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who gives what comes at its input to a child at a pseudoterminal that it has made (script(1), su(1) with one). A signalfd among its fds is no design to wait for a signal: of those that it is told it passes on
/// what is meant for the child, and while the child waits for a word from it, nothing else is its affair.
/// </summary>
internal static class Relay
{
    public static bool Is(Incident incident, int pid) =>
        incident.Evidence.Graph.NodeOf(pid).IsToldOfSignals
        && incident.Edges.Any(edge => edge.From == pid && !edge.IsKinship && edge.Part is { Kind: WaitKind.Tty, Target: { } side } && WakerFinder.IsMaster(side)
            && edge.To.Any(waker => IsAtIt(incident, waker.Node, pid)));

    /// <summary>One below it, that waits for what it is to be given at that terminal.</summary>
    private static bool IsAtIt(Incident incident, int child, int relay) =>
        incident.Evidence.Resources.IsDescendant(incident.Evidence.Resources.Find(child)!, incident.Evidence.Resources.Find(relay)!)
        && incident.Edges.Any(edge => edge.From == child && edge.Part.Kind == WaitKind.Tty && edge.To.Any(waker => waker.Node == relay));
}
