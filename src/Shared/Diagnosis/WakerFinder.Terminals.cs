using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Pseudoterminals: who has the other side. At a real terminal sits somebody.</summary>
internal sealed partial class WakerFinder
{
    /// <summary>Whether anybody who has the master of a pseudoterminal might be stuck: else no reader of one is. For the guess.</summary>
    public bool MasterMayBeStuck { get; set; }

    public static bool IsMaster(FdTarget target) => target.Kind == FdKind.Path && target.Text.EndsWith("ptmx", StringComparison.Ordinal);

    public static bool IsSlave(FdTarget target) => SlaveOf(target) is not null || IsControlling(target);

    /// <summary>N of /dev/pts/N; null for anything else.</summary>
    private static int? SlaveOf(FdTarget target) =>
        target.Kind == FdKind.Path && target.Text.StartsWith("/dev/pts/", StringComparison.Ordinal)
        && int.TryParse(target.Text.AsSpan(9), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : null;

    /// <summary>The same of what a process has open, by whichever name: /dev/tty is the controlling terminal, at which passwords are asked for.</summary>
    private static int? SlaveOf(ProcessRecord process, FdTarget target) => IsControlling(target) ? NumberOf(process.TtyNr) : SlaveOf(target);

    private static bool IsControlling(FdTarget target) => target is { Kind: FdKind.Path, Text: "/dev/tty" };

    private static bool IsPseudoterminal(FdTarget? target) => target is not null && (IsMaster(target) || IsControlling(target) || SlaveOf(target) is not null);

    /// <summary>
    /// Masters by the index that fdinfo shows, which only suspects have; whose is not known may be any. Who shares the side, or has the terminal as its
    /// controlling one, can push input back (TIOCSTI) or change its modes.
    /// </summary>
    private void FindOtherSide(HostProcess process, Wait wait, IWakerSink sink)
    {
        if (guess)
        {
            if (MasterMayBeStuck)
            {
                sink.Begin(wait);
                sink.End(Openness.Closed, null);
            }
            else
            {
                Outside(wait, "whoever has its other side can run", sink);
            }
            return;
        }
        bool fromMaster = IsMaster(wait.Target!);
        if ((fromMaster ? process.Record.FindFd(wait.Fd!.Value)?.TtyIndex : SlaveOf(process.Record, wait.Target!)) is not { } number)
        {
            Outside(wait, "which terminal it is could not be read", sink);
            return;
        }
        var holders = new OrderedList<Holder>();
        bool held = false, elsewhere = false;
        sink.Begin(wait);
        foreach (HostProcess other in resources.Processes)
        {
            bool any = false;
            foreach (FileDescriptor fd in other.Record.Fds)
            {
                bool master = IsMaster(fd.Target) && (fd.TtyIndex ?? number) == number;
                // Who has left its session had another one when it opened it.
                bool lost = IsControlling(fd.Target) && other.Record.TtyNr == 0;
                if (!master && !lost && SlaveOf(other.Record, fd.Target) != number)
                    continue;
                any = true;
                bool direct = master != fromMaster && !lost;
                held |= direct;
                elsewhere |= direct && other != process;
                holders.Add(new Holder(other, fd.Number, fd.Access));
                sink.Add(other, fd.Number, direct);
            }
            if (!any && IsOn(other.Record, number))
                sink.Add(other, null, direct: false);
        }
        if (held)
        {
            sink.Assume(Assumption.TerminalNotOpened);
            if (IsControlling(wait.Target!))
                sink.End(Openness.Hidden, "which terminal /dev/tty was when it was opened does not show");
            else if (fromMaster && !elsewhere)
                EndAtItsOwn(process, number, sink);
            else
                EndSighted(false, holders, sink);
        }
        else
        {
            sink.End(Openness.Outside, "nobody is seen to have its other side");
        }
    }

    /// <summary>
    /// Who has both sides alone makes a terminal for others to open by its name (a serial line that it plays), and keeps the other side so that its reads do not fail meanwhile. Where a child of it has exited,
    /// and it does not ask for that, it has made the terminal for that child, and has forgotten to close its own copy.
    /// </summary>
    private void EndAtItsOwn(HostProcess process, int number, IWakerSink sink)
    {
        if (HasLostAChild(resources, process))
            sink.End(Openness.Hidden, $"whoever opens /dev/pts/{number} by its name can write to it");
        else
            sink.End(Openness.Outside, $"it has both sides of the terminal, for others to open /dev/pts/{number} by its name");
    }

    private static bool HasLostAChild(ResourceIndex resources, HostProcess process)
    {
        foreach (HostProcess child in resources.ChildrenOf(process).Span)
        {
            if (child.Record.IsZombie)
                return true;
        }
        return false;
    }

    /// <summary>Whether a process waits at the master of a pseudoterminal for what it alone could write, whose child is gone. See <see cref="EndAtItsOwn"/>.</summary>
    public static bool ReadsItsOwnTerminal(ResourceIndex resources, HostProcess process, Wait wait)
    {
        if (!IsMasterRead(wait) || !HasLostAChild(resources, process))
            return false;
        int? number = process.Record.FindFd(wait.Fd!.Value)?.TtyIndex;
        foreach (FileDescriptor fd in process.Record.Fds)
        {
            if (SlaveOf(process.Record, fd.Target) is { } slave && (number ?? slave) == slave)
                return true;
        }
        return false;
    }

    public static bool IsMasterRead(Wait wait) => wait is { Kind: WaitKind.Tty, WaitsForRoom: false, Target: { } side, Fd: not null } && IsMaster(side);

    /// <summary>All who have open what is at the other side of a master: N of /dev/pts/N. As long as anybody has, its reader is told of no end (EIO).</summary>
    public static ImmutableArray<Holder> SlavesOf(ResourceIndex resources, int number)
    {
        var holders = ImmutableArray.CreateBuilder<Holder>();
        foreach (HostProcess process in resources.Processes)
        {
            foreach (FileDescriptor fd in process.Record.Fds)
            {
                if (SlaveOf(process.Record, fd.Target) == number)
                    holders.Add(new Holder(process, fd.Number, fd.Access));
            }
        }
        return holders.ToImmutable();
    }

    private static bool IsOn(ProcessRecord process, int number) => NumberOf(process.TtyNr) == number;

    /// <summary>N of /dev/pts/N; null: no pseudoterminal. tty_nr of proc(5): the majors of slaves are 136 to 143, each with 256 of them.</summary>
    internal static int? NumberOf(int ttyNr) => ttyNr >> 8 is >= 136 and < 144 and var major ? (major - 136) * 256 + (ttyNr & 0xff) : null;
}
