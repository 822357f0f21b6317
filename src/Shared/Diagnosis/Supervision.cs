using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Who does nothing but wait for what becomes of its children: a shell in wait, timeout(1), an init of a container. It does nothing of its own accord before a
/// child ends or a signal comes, and so is nobody whose next step others may wait for.
/// </summary>
internal static class Supervision
{
    /// <summary>Whether it stood still between the looks, and each of its threads, those of its runtime left aside, waits for children or for signals.</summary>
    public static bool OnlySupervises(ResourceIndex resources, HostProcess process)
    {
        if (Steadiness.WhyItMayHaveMoved(process.Before, process.Record) is not null)
            return false;
        HostIdentity host = resources.Look.Host;
        ImmutableArray<Wait> waits = process.WaitsOf(host);
        ImmutableArray<bool> services = process.ServicesOf(host);
        return !waits.IsEmpty && Enumerable.Range(0, waits.Length).All(place => !services.IsDefault && services[place] || IsForChildren(resources, process, waits[place]));
    }

    private static bool IsForChildren(ResourceIndex resources, HostProcess process, Wait wait) => wait.Kind switch
    {
        WaitKind.ChildWait => true,
        // The end of a child is a signal, too. A timeout there is how often it looks whether it has missed one.
        WaitKind.SignalWait => wait.Bounded == Bounded.No || wait.Call == SystemCall.RtSigtimedwait,
        WaitKind.Poll => wait is { Bounded: Bounded.No, Members.IsEmpty: false } && wait.Members.All(member => member.Kind is WaitKind.ChildWait or WaitKind.SignalWait || IsItsOwn(resources, process, member)),
        _ => false,
    };

    /// <summary>A pipe to itself, into which its handlers of signals write.</summary>
    private static bool IsItsOwn(ResourceIndex resources, HostProcess process, Wait member)
    {
        if (member is not { Kind: WaitKind.PipeRead, Target.Kind: FdKind.Pipe })
            return false;
        foreach (Holder holder in resources.HoldersOf(member.Target).Span)
        {
            if ((holder.Access & FdAccess.Write) != 0 && holder.Owner != process)
                return false;
        }
        return true;
    }
}
