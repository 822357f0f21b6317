using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>The fd tables of those who take part, and of the command's whole tree.</summary>
internal static class FdTables
{
    private const int MaxFds = 5000;

    public static void Write(TextWriter output, GuardOutcome outcome)
    {
        var told = new HashSet<int>();
        foreach (Participant process in outcome.Findings.SelectMany(finding => finding.Participants))
        {
            if (told.Add(process.Pid))
                Write(output, process.Pid, process.Comm, process.Cmdline, process.FdsHidden, process.Fds);
        }
        foreach (ProcessRecord process in CommandTree.Records(outcome).Where(process => told.Add(process.Pid)))
        {
            ImmutableArray<FdInfo> fds = [.. process.Fds.Select(fd => new FdInfo(fd.Number, fd.Target.Text, Access(fd.Access), fd.CloseOnExec))];
            Write(output, process.Pid, process.Comm, process.Cmdline, process.FdSight != Sight.Seen, fds);
        }
    }

    private static void Write(TextWriter output, int pid, string comm, ImmutableArray<string>? cmdline, bool hidden, ImmutableArray<FdInfo> fds)
    {
        TextStyle style = TextStyle.File;
        output.WriteLine($"{Shown.Of(comm, style)} ({pid}){(cmdline is { Length: > 0 } arguments ? $": {Shown.Command(arguments, style, 400)}" : "")}");
        foreach (FdInfo fd in fds.Take(MaxFds))
        {
            string cloexec = fd.Cloexec switch { true => "cloexec", false => "inherit", null => "" };
            output.WriteLine($"  {fd.Fd,5}  {fd.Access,-2}  {cloexec,-7}  {Shown.Of(fd.Target, style)}");
        }
        if (fds.Length > MaxFds)
            output.WriteLine($"  and {fds.Length - MaxFds} more");
        if (hidden)
            output.WriteLine("  not all of it could be read");
        output.WriteLine();
    }

    private static string Access(FdAccess access) => access switch { FdAccess.Read => "r", FdAccess.Write => "w", FdAccess.ReadWrite => "rw", _ => "-" };
}
