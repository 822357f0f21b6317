using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Sets (poll, select, epoll), and what can stand in one and nowhere else.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>One clause: a member is enough. Whoever has the same epoll can put another member in, or arm one.</summary>
    private void FindSet(HostProcess process, Wait wait, IWakerSink sink)
    {
        sink.BeginSet(wait);
        foreach (Wait member in wait.Members)
        {
            if (IsForSignals(wait, member))
                FindSignals(process, member, sink);
            else
                FindOne(process, member, sink);
        }
        foreach (int epfd in guess && !wait.Members.IsEmpty ? [] : wait.Epolls)
        {
            sink.Begin(wait);
            // Of others it is what they hardly do. Where nothing is armed, it is all that is waited for.
            if (wait.Members.IsEmpty)
                sink.Add(process, epfd, direct: true);
            EndOfFile(process, epfd, sink);
        }
        sink.EndSet();
    }

    /// <summary>Whether a member of a set is a signalfd that stands there beside what is waited for. One that stands alone is what is waited for.</summary>
    public static bool IsForSignals(Wait set, Wait member)
    {
        if (member is not { Kind: WaitKind.SignalWait, Target.Kind: FdKind.SignalFd })
            return false;
        foreach (Wait other in set.Members)
        {
            if (other.Kind != WaitKind.SignalWait)
                return true;
        }
        return false;
    }

    /// <summary>
    /// It is as with a handler: anybody may send a signal, and what is done when one comes does not show. So it proves nothing, and is no party that the others wait for; but a child is that ends, where SIGCHLD
    /// is among them.
    /// </summary>
    private void FindSignals(HostProcess process, Wait member, IWakerSink sink)
    {
        ulong told = process.Record.FindFd(member.Fd!.Value)?.Signals ?? ulong.MaxValue;
        if (!guess && (told & PendingOf(process.Record)) != 0)
        {
            Outside(member, "a signal of which it is told is pending: it is about to wake", sink);
            return;
        }
        sink.Begin(member);
        foreach (HostProcess child in (told & SignalMask.Child) != 0 ? resources.ChildrenOf(process).Span : [])
        {
            if (!child.Record.IsZombie)
                sink.Add(child, null, direct: false);
        }
        sink.End(Openness.Hidden, guess ? null : $"{Narrator.Name(process.Record)} is told of signals at fd {member.Fd}, and what it does when one comes does not show");
    }

    /// <summary>A timer that is not armed: whoever has it could arm it.</summary>
    private void FindTimer(HostProcess process, Wait wait, IWakerSink sink)
    {
        if (wait.Bounded == Bounded.Unknown)
        {
            if (guess)
                NotKnownYet(wait, sink);
            else
                Outside(wait, "whether the timer is armed is not known", sink);
            return;
        }
        sink.Begin(wait);
        sink.Add(process, wait.Fd, direct: true);
        EndOfFile(process, wait.Fd!.Value, sink);
    }

    /// <summary>Of an epoll or timer: closed where the kernel counts no more references to it than are seen, and else as far as the fd tables were read.</summary>
    private void EndOfFile(HostProcess process, int fd, IWakerSink sink)
    {
        FileDescriptor? file = process.Record.FindFd(fd);
        HostProcess? perhaps = guess || file is null ? null : NameSharers(process, file, sink);
        if (!guess && file?.Description is { } description && resources.Descriptors.ReferencesOf(description) is { } references && references.Beyond <= references.Least)
            sink.End(Openness.Closed, null);
        else if (perhaps is not null)
            sink.End(Openness.Hidden, $"whether {Narrator.Name(perhaps.Record)}, which has fd {fd} too, has the same {(file!.Target.Kind == FdKind.TimerFd ? "timer" : "epoll")} there could not be read");
        else
            EndSighted(file is not null && IsKept(process, file.Target), OrderedList<Holder>.None, sink);
    }

    /// <summary>Of an epoll or timer, which is not told from its like.</summary>
    private bool IsKept(HostProcess process, FdTarget target)
    {
        var holders = new OrderedList<Holder>();
        holders.Add(new Holder(process, 0, FdAccess.None));
        return IsKept(target, holders);
    }

    /// <summary>A pidfd becomes readable when its process ends. Its number is one of the looker's, and it need not be a child.</summary>
    private void FindPidFd(Wait wait, IWakerSink sink)
    {
        if (wait.Target!.Id == 0 || resources.Find((int)wait.Target.Id) is not { Record.IsZombie: false } process)
        {
            Outside(wait, "the process that it waits for has exited, or was not seen", sink);
            return;
        }
        sink.Begin(wait);
        sink.Add(process, null, direct: true);
        sink.End(Openness.Closed, null);
    }

    /// <summary>
    /// Who else has this epoll or timer: the same open file description. Which one it is was asked of suspects only; of others, one may be in a process that can have it by fork(2) under the
    /// same number.
    /// </summary>
    /// <returns>One who may have it; null: nobody.</returns>
    private HostProcess? NameSharers(HostProcess process, FileDescriptor own, IWakerSink sink)
    {
        HostProcess? perhaps = null;
        foreach ((HostProcess other, FileDescriptor entry) in resources.Descriptors.Sharable)
        {
            if (other == process || entry.Target.Kind != own.Target.Kind)
                continue;
            bool known = own.Description is not null && entry.Description is not null;
            if (known && own.Description == entry.Description)
                sink.Add(other, entry.Number, direct: false);
            else if (!known && perhaps is null && entry.Number == own.Number && AreKin(process, other))
                perhaps = other;
        }
        return perhaps;
    }

    /// <summary>Whose files may send signals to this one (F_SETOWN), as sentences: of its own, those make that it can run.</summary>
    public IEnumerable<string> WhoMaySignal(HostProcess process)
    {
        foreach (HostProcess other in resources.Descriptors.Signallers)
        {
            // What init has adopted has the same parent, and no more to do with each other than that.
            if (other != process && AreKin(process, other) && !(process.Record.Ppid == other.Record.Ppid && process.Record.Session != other.Record.Session && resources.ParentOf(process) is null or { Record.NsPid: 1 }))
                yield return $"the kernel sends signals for a file of {Narrator.Name(other.Record)} (O_ASYNC), and whether to {Narrator.Name(process.Record)} shows nowhere (F_SETOWN)";
        }
    }

    private bool AreKin(HostProcess one, HostProcess other) => one.Record.Session == other.Record.Session
        || one.Record.Ppid == other.Record.Ppid || resources.IsDescendant(one, other) || resources.IsDescendant(other, one);
}
