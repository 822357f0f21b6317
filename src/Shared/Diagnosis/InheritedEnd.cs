using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// An end of a pipe that a program was started with because it was open, and not to use it: it has it at the number at which its parent had it, beyond stdio and without close-on-exec, its command line says nothing of it, and it
/// waits for clients, for a signal or for a time. It could end a wait, and nobody expects it to. A copy by fork(2) knows of all that its parent had open; so does who was given the end by a shell at stdio.
/// </summary>
internal static class InheritedEnd
{
    /// <param name="resources">The look.</param>
    /// <param name="waiter">Who waits at the pipe.</param>
    /// <param name="holder">Who has an end of it.</param>
    /// <param name="guess">Without the facts that only suspects have.</param>
    public static bool Is(ResourceIndex resources, HostProcess waiter, Holder holder, bool guess)
    {
        HostProcess owner = holder.Owner;
        if (holder.Fd <= 2 || owner == waiter || resources.ParentOf(owner) is not { } parent || !IsAnotherProgram(owner.Record, parent.Record))
            return false;
        FileDescriptor? own = parent.Record.FindFd(holder.Fd), end = owner.Record.FindFd(holder.Fd);
        // Its parent has the same there; or has let go of it since, and waits itself, or has started who does: else it may have made the pipe, for those below it, or who were.
        bool inherited = end is not null && (own is null ? parent.Record.NsPid != 1 && (waiter == parent || resources.IsDescendant(waiter, parent)) : own.Target == end.Target) && !resources.IsDescendant(waiter, owner);
        // What is closed on exec shows of suspects alone.
        return inherited && (guess || end!.CloseOnExec != true && !(owner.Record.Cmdline is { } words && CommandLine.Names(words, holder.Fd))) && Idles(resources, owner);
    }

    /// <summary>An interpreter may run another script. One word may be the title that a copy has given itself (setproctitle).</summary>
    private static bool IsAnotherProgram(ProcessRecord process, ProcessRecord parent) => process.Exe is { } program && parent.Exe is { } above
        && (program != above || process.Cmdline is { Length: > 1 } words && parent.Cmdline is { } other && !words.AsSpan().SequenceEqual(other.AsSpan()));

    private static bool Idles(ResourceIndex resources, HostProcess process)
    {
        foreach (Wait wait in process.WaitsOf(resources.Look.Host))
        {
            if (wait.Kind is not (WaitKind.SignalWait or WaitKind.Timer) && !IsForClients(resources, wait))
                return false;
        }
        return true;
    }

    private static bool IsForClients(ResourceIndex resources, Wait wait)
    {
        if (wait is not { Kind: WaitKind.Poll, Members.IsEmpty: false })
            return Adoption.IsAccept(resources, wait);
        foreach (Wait member in wait.Members)
        {
            if (!Adoption.IsAccept(resources, member))
                return false;
        }
        return true;
    }
}
