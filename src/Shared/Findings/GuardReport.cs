using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Findings;

/// <summary>What a run under guard came to: <see cref="ScanReport.Guard"/>.</summary>
/// <param name="Command">The command, argument by argument, secrets redacted.</param>
/// <param name="Pid">Its pid.</param>
/// <param name="StartedAt">When it was started.</param>
/// <param name="DurationMs">From then to its end, milliseconds.</param>
/// <param name="EndedBy">What was the end.</param>
/// <param name="ExitCode">Exit code of guard.</param>
/// <param name="CommandExitCode">The command's own, 128+n for a signal; null: guard ended it.</param>
/// <param name="OrphansReaped">How many processes that were left guard has ended.</param>
/// <param name="Left">What lived on when the command had exited.</param>
/// <param name="Stacks">Where those who are stuck were in their programs.</param>
/// <param name="SeenBefore">How often the first finding's shape was seen before on this machine; null: not known.</param>
/// <param name="Evidence">Folder in which the evidence lies; null: none was kept.</param>
public sealed record GuardReport(
    ImmutableArray<string> Command,
    int Pid,
    DateTimeOffset StartedAt,
    double DurationMs,
    GuardEnding EndedBy,
    int ExitCode,
    int? CommandExitCode,
    int OrphansReaped,
    ImmutableArray<LeftReport> Left,
    ImmutableArray<StackReport> Stacks,
    int? SeenBefore,
    string? Evidence)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(GuardReport);
}

[JsonConverter(typeof(KebabCase<GuardEnding>))]
public enum GuardEnding { Exited, Deadlock, Orphans, Timeout }

/// <summary>A process that lived on when the command had exited.</summary>
/// <param name="StartedBy">comm and pid of who started it; null: not seen.</param>
/// <param name="Holds">Fds of it that lead where the command's own stdin, stdout and stderr led.</param>
/// <param name="Reaped">Guard has ended it.</param>
/// <param name="Stays">A build server, meant to outlive the command.</param>
public sealed record LeftReport(
    int Pid, string Comm, ImmutableArray<string>? Cmdline, string? StartedBy, DateTimeOffset Since, ImmutableArray<FdInfo> Holds, bool Reaped, bool Stays)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(LeftReport);
}

/// <summary>The stacks of one process.</summary>
/// <param name="Tool">Who read them, or would have.</param>
/// <param name="Missing">Why there are none; null: they were read.</param>
public sealed record StackReport(int Pid, string Comm, string Tool, string? Missing, ImmutableArray<StackThreadReport> Threads);

/// <param name="Tid">Null where the runtime does not tell it.</param>
/// <param name="Frames">Innermost first.</param>
public sealed record StackThreadReport(int? Tid, string Name, ImmutableArray<StackFrameReport> Frames);

/// <param name="File">Source file; null: not known.</param>
/// <param name="Line">From 1; null: not known.</param>
public sealed record StackFrameReport(string Function, string? File, int? Line);
