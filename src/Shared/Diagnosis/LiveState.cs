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
    public static ProcessState Of(HostIdentity host, ProcessRecord process, OrphanInfo? orphan) => new(
        process.Key,
        new ProcessFacts(
            process.Ppid, process.Pgrp, process.Session, process.Comm, process.Cmdline, process.State, process.Uid,
            process.FdSight == Sight.Seen || process.IsZombie, orphan),
        // How long a thread has waited changes with every look: the board counts from the finding instead.
        ThreadsOf(host, process, _ => null, MaxEntries),
        FdsOf(process, MaxEntries));

    public static ImmutableArray<ThreadInfo> ThreadsOf(Snapshot look, ProcessRecord process, LookMemory memory, int most) =>
        ThreadsOf(look.Host, process, thread => memory.StillFor(look, process, thread), most);

    private static ImmutableArray<ThreadInfo> ThreadsOf(HostIdentity host, ProcessRecord process, Func<ThreadRecord, TimeSpan?> stillFor, int most)
    {
        ImmutableArray<(ThreadRecord Thread, Wait Wait)> threads = [.. process.Threads.Select(thread => (thread, WaitDecoder.Decode(host, process, thread)))];
        ImmutableArray<(ThreadRecord Thread, Wait Wait)> living = [.. threads.Where(pair => HostProcess.IsAlive(pair.Thread))];
        ImmutableArray<bool> serves = Housekeeping.Of(process, [.. living.Select(pair => pair.Wait)]);
        HashSet<int> services = serves.IsDefault ? [] : [.. living.Where((_, place) => serves[place]).Select(pair => pair.Thread.Tid)];
        return [.. threads.Take(most).Select(pair => ThreadOf(pair.Thread, pair.Wait, services.Contains(pair.Thread.Tid), stillFor(pair.Thread)))];
    }

    /// <summary>The table; past <paramref name="most"/> entries fds 0 to 2, pipes, sockets and eventfds come before the rest.</summary>
    /// <param name="process">Whose.</param>
    /// <param name="most">No more entries than that.</param>
    /// <param name="tellEventFds">Whether an eventfd is shown as <c>eventfd:[id]</c> where its id is known: it is of suspects only.</param>
    public static ImmutableArray<FdInfo> FdsOf(ProcessRecord process, int most, bool tellEventFds = false)
    {
        IEnumerable<FileDescriptor> fds = process.Fds;
        if (process.Fds.Length > most)
            fds = process.Fds.OrderByDescending(fd => fd.Number <= 2 || fd.Target.Kind is FdKind.Pipe).ThenByDescending(fd => fd.Target.Kind is FdKind.Socket or FdKind.EventFd).ThenBy(fd => fd.Number).Take(most).OrderBy(fd => fd.Number);
        return [.. fds.Select(fd => new FdInfo(
            fd.Number,
            tellEventFds && fd.Target is { Kind: FdKind.EventFd, Id: > 0 } eventFd ? $"eventfd:[{eventFd.Id}]" : fd.Target.Text,
            Spell(fd.Access),
            fd.CloseOnExec))];
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
