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
        bool held = false;
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
            else
                EndSighted(false, holders, sink);
        }
        else
        {
            sink.End(Openness.Outside, "nobody is seen to have its other side");
        }
    }

    private static bool IsOn(ProcessRecord process, int number) => NumberOf(process.TtyNr) == number;

    /// <summary>N of /dev/pts/N; null: no pseudoterminal. tty_nr of proc(5): the majors of slaves are 136 to 143, each with 256 of them.</summary>
    internal static int? NumberOf(int ttyNr) => ttyNr >> 8 is >= 136 and < 144 and var major ? (major - 136) * 256 + (ttyNr & 0xff) : null;
}
