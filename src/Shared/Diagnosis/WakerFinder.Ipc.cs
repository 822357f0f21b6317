using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>System V semaphores, message queues and memory.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM: a handler may post.</summary>
    private const ulong PostsFromHandler = SignalMask.WaitedForByDesign & ~(1UL << 1);

    /// <summary>
    /// An object with a key can be found by anybody who has the rights. The id of one without (IPC_PRIVATE) is known to the program that made it, to
    /// what it forked, and to whom they have told it; but ipcs(1) lists it as well, and whoever has the rights may use it. That nobody else does is likely, and no more.
    /// </summary>
    private void FindFamily(HostProcess process, Wait wait, IWakerSink sink)
    {
        if (process.Record.Exe is null)
        {
            Outside(wait, UnknownProgram, sink);
            return;
        }
        SysvObject? found = null;
        if (!guess)
        {
            found = ObjectOf(process, wait);
            if (WhyOpen(found, wait) is { } why)
            {
                Outside(wait, why, sink);
                return;
            }
        }
        bool posts = false, user = found is null || !IsSomebodyElse(found.FirstPid) && !IsSomebodyElse(found.SecondPid);
        sink.Begin(wait);
        foreach (HostProcess relative in NameFamily(process, sink))
            posts |= (relative.Record.SignalsCaught & PostsFromHandler) != 0;
        if (posts)
            sink.End(Openness.Outside, "who knows of it catches signals: a handler may post");
        else if (!user)
            sink.End(Openness.Outside, "a process of another program has used it");
        else
            sink.End(Openness.Hidden, MayBeToldTheId);

        bool IsSomebodyElse(int pid) => pid != 0 && resources.Find(pid) is { } other && !IsSameProgram(process.Record, other.Record) && !IsBelowProgram(process.Record, other);
    }

    private const string UnknownProgram = "which program it is could not be read, so neither who knows of the object";

    /// <summary>Who may know the id of an object without a key, and all below them.</summary>
    /// <returns>Those of the program.</returns>
    private List<HostProcess> NameFamily(HostProcess process, IWakerSink sink)
    {
        List<HostProcess> family = [];
        HostProcess first = FirstOfProgram(process);
        foreach (HostProcess relative in resources.Processes)
        {
            if (!IsRelative(process, first, relative))
                continue;
            family.Add(relative);
            if (relative.Record.IsZombie)
                continue;
            sink.Add(relative, null, direct: relative != process);
            AddBelow(relative, sink);
        }
        return family;
    }

    private const string MayBeToldTheId = "the System V object has no key, but anybody who is told its id, or sees it in ipcs(1), may use it";

    /// <summary>
    /// Whether a segment has been marked to go (shmctl(2), IPC_RMID) once nobody has it attached: who makes one does so when all have come for whom it was meant. Of another ipc
    /// namespace it is not known.
    /// </summary>
    private bool IsToGo(HostProcess process, SharedObject segment) =>
        process.Record.Namespaces?.Ipc is { } own && own == resources.Look.IpcNamespace
        && resources.Look.SysvObjects?.Any(item => item is { Kind: SysvKind.SharedMemory, Removed: true } && (ulong)item.Id == segment.Inode) == true;

    private SysvObject? ObjectOf(HostProcess process, Wait wait)
    {
        SysvKind kind = wait.Kind == WaitKind.SysvSemaphore ? SysvKind.Semaphores : SysvKind.MessageQueue;
        return process.Record.Namespaces?.Ipc is { } own && own == resources.Look.IpcNamespace
            ? resources.Look.SysvObjects?.FirstOrDefault(item => item.Kind == kind && item.Id == wait.SysvId)
            : null;
    }

    private static string? WhyOpen(SysvObject? found, Wait wait)
    {
        if (found is null)
            return "the object was not seen";
        if (found.Key != 0)
            return "anybody can find the object by its key";
        if (wait.Call == SystemCall.Msgsnd && found.Count == 0)
            return "the queue is empty: it is about to wake";
        if (wait is { Call: SystemCall.Msgrcv, WantsType: false } && found.Count > 0)
            return "the queue has a message: it is about to wake";
        // With a type, it may wait beside messages of other types: whoever sent those may send more, but that is in the clause. One that it wants is handed to it by
        // who sends it and never lies in the queue.
        return null;
    }

    /// <summary>
    /// Forked from one another, or from one that is gone: the same program, and where both have arguments the same ones. A program that has
    /// rewritten its title has none.
    /// </summary>
    private static bool IsSameProgram(ProcessRecord one, ProcessRecord other) =>
        one.Exe == other.Exe
        && (one.Cmdline is not { Length: > 1 } a || other.Cmdline is not { Length: > 1 } b || a.SequenceEqual(b));

    /// <summary>The highest of its ancestors from which it comes by forks alone, or itself.</summary>
    private HostProcess FirstOfProgram(HostProcess process)
    {
        for (int steps = 0; steps < resources.Count && resources.ParentOf(process) is { } parent && IsSameProgram(process.Record, parent.Record); steps++)
            process = parent;
        return process;
    }

    /// <summary>
    /// The first of the program, below which most are; and those who may have been forked by one that has left: they are in its session, or init has adopted
    /// them. Another start of the same program knows nothing.
    /// </summary>
    private bool IsRelative(HostProcess process, HostProcess first, HostProcess other) =>
        other == process || other == first
        || IsSameProgram(process.Record, other.Record)
        && (other.Record.Session == process.Record.Session || other.Record.Session == first.Record.Session || resources.ParentOf(other) is null or { Record.NsPid: 1 });

    private bool IsBelowProgram(ProcessRecord program, HostProcess process)
    {
        HostProcess? current = resources.ParentOf(process);
        for (int steps = 0; current is not null && steps < resources.Count; steps++)
        {
            if (IsSameProgram(program, current.Record))
                return true;
            current = resources.ParentOf(current);
        }
        return false;
    }
}
