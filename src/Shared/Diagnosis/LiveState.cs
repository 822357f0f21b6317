using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>From a look to what the board shows of each process.</summary>
public static class LiveState
{
    /// <summary>More entries of one fd table or thread list are not sent, those with the highest numbers left out.</summary>
    public const int MaxEntries = 1024;

    /// <summary>One process as the board shows it.</summary>
    /// <param name="orphan">Set for an orphan.</param>
    /// <param name="shown">The same process as an earlier look showed it, with the record of that: an fd table that is the same is not made once more.</param>
    public static ProcessState Of(HostIdentity host, ProcessRecord process, OrphanInfo? orphan, (ProcessRecord Record, ProcessState State)? shown = null) => new(
        process.Key,
        new ProcessFacts(
            process.Ppid, process.Pgrp, process.Session, process.Comm, process.Cmdline, process.State, process.Uid,
            process.FdSight == Sight.Seen || process.IsZombie, orphan),
        // How long a thread has waited changes with every look: the board counts from the finding instead.
        ThreadsOf(host, process, _ => null, MaxEntries),
        shown is { Record: var before, State: var state } && before.Fds == process.Fds ? state.Fds : FdsOf(process, MaxEntries));

    public static ImmutableArray<ThreadInfo> ThreadsOf(Snapshot look, ProcessRecord process, LookMemory memory, int most) =>
        ThreadsOf(look.Host, process, thread => memory.StillFor(look, process, thread), most);

    private static ImmutableArray<ThreadInfo> ThreadsOf(HostIdentity host, ProcessRecord process, Func<ThreadRecord, TimeSpan?> stillFor, int most)
    {
        // For the board it is done for all that changed, at every look: without lists in between.
        var waits = new Wait[process.Threads.Length];
        var living = ImmutableArray.CreateBuilder<Wait>(waits.Length);
        for (int i = 0; i < waits.Length; i++)
        {
            waits[i] = WaitDecoder.Decode(host, process, process.Threads[i]);
            if (HostProcess.IsAlive(process.Threads[i]))
                living.Add(waits[i]);
        }
        ImmutableArray<bool> services = Housekeeping.Of(process, living.DrainToImmutable());
        var threads = ImmutableArray.CreateBuilder<ThreadInfo>(Math.Min(waits.Length, most));
        int place = 0;
        for (int i = 0; i < threads.Capacity; i++)
        {
            ThreadRecord thread = process.Threads[i];
            bool serves = HostProcess.IsAlive(thread) && !services.IsDefault && services[place];
            if (HostProcess.IsAlive(thread))
                place++;
            threads.Add(ThreadOf(thread, waits[i], serves, stillFor(thread)));
        }
        return threads.MoveToImmutable();
    }

    /// <summary>The table; past <paramref name="most"/> entries fds 0 to 2, pipes, sockets and eventfds come before the rest.</summary>
    /// <param name="process">Whose.</param>
    /// <param name="most">No more entries than that.</param>
    /// <param name="tellEventFds">Whether an eventfd is shown as <c>eventfd:[id]</c> where its id is known: it is of suspects only.</param>
    public static ImmutableArray<FdInfo> FdsOf(ProcessRecord process, int most, bool tellEventFds = false)
    {
        ImmutableArray<FileDescriptor> fds = process.Fds;
        if (fds.Length > most)
            fds = [.. fds.OrderByDescending(fd => fd.Number <= 2 || fd.Target.Kind is FdKind.Pipe).ThenByDescending(fd => fd.Target.Kind is FdKind.Socket or FdKind.EventFd).ThenBy(fd => fd.Number).Take(most).OrderBy(fd => fd.Number)];
        var shown = ImmutableArray.CreateBuilder<FdInfo>(fds.Length);
        foreach (FileDescriptor fd in fds)
        {
            string target = tellEventFds && fd.Target is { Kind: FdKind.EventFd, Id: > 0 } eventFd ? $"eventfd:[{eventFd.Id}]" : fd.Target.Text;
            shown.Add(new FdInfo(fd.Number, target, Spell(fd.Access), fd.CloseOnExec));
        }
        return shown.MoveToImmutable();
    }

    private static ThreadInfo ThreadOf(ThreadRecord thread, Wait wait, bool serves, TimeSpan? still) => new(
        thread.Tid, thread.Comm, wait.Kind.ToString(), wait.Bounded, wait.Resource, thread.Wchan,
        wait.Call is { } call ? SystemCallTable.NameOf(call) : null,
        serves,
        still is { } time ? Math.Round(time.TotalSeconds, 1) : null,
        WaitManner.Of(wait));

    private static string Spell(FdAccess access) => access switch
    {
        FdAccess.Read => "r",
        FdAccess.Write => "w",
        FdAccess.ReadWrite => "rw",
        _ => "-",
    };
}
