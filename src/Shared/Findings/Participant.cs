using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Findings;

/// <summary>A process of a finding, as it was.</summary>
public sealed record Participant
{
    /// <inheritdoc/>
    public override string ToString() => $"{Comm} ({Pid})";

    public required int Pid { get; init; }

    /// <summary>starttime, clock ticks since boot.</summary>
    public required ulong StartTimeTicks { get; init; }
    public required int Ppid { get; init; }
    public required string Comm { get; init; }

    /// <summary>Redacted argument vector; null: could not be read.</summary>
    public ImmutableArray<string>? Cmdline { get; init; }

    /// <summary>As the finding's sentences call it, see <see cref="ProgramName"/>.</summary>
    [JsonIgnore]
    public string Name => ProgramName.Of(Comm, Cmdline);
    public required ParticipantRole Role { get; init; }

    /// <summary>State letter of proc(5).</summary>
    public required string State { get; init; }
    public OrphanInfo? Orphan { get; init; }
    public ImmutableArray<ThreadInfo> Threads { get; init; } = [];
    public ImmutableArray<FdInfo> Fds { get; init; } = [];

    /// <summary>Its fd table could not be read, or only in part.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool FdsHidden { get; init; }
    public int? NsPid { get; init; }
}

/// <summary>Spelled in kebab-case: <c>root-waiter</c>, <c>orphan-holder</c>.</summary>
[JsonConverter(typeof(KebabCase<ParticipantRole>))]
public enum ParticipantRole { RootWaiter, Waiter, Holder, Orphan, OrphanHolder, Zombie, Stopped, Traced, Tracer, Hazard }

/// <summary>How a process came to be an orphan, as far as it was seen.</summary>
/// <param name="LostPpid">Pid of the parent that exited; null: was not seen.</param>
/// <param name="LostParent">Its comm; null: was not seen.</param>
/// <param name="AdoptedBy">Pid of init or of the subreaper that took it.</param>
/// <param name="Since">RFC 3339; null: was not seen.</param>
/// <param name="Job">CI job that left it; null: none known.</param>
public sealed record OrphanInfo(int? LostPpid, string? LostParent, int AdoptedBy, string? Since, string? Job);

/// <summary>A thread and its wait.</summary>
/// <param name="Tid">As in proc(5).</param>
/// <param name="Comm">The thread's own name.</param>
/// <param name="Wait">Wait kind, as <see cref="Waits.WaitKind"/>.</param>
/// <param name="Bounded">Whether a timeout ends it.</param>
/// <param name="Resource">What is waited for; null: none or not known.</param>
/// <param name="Wchan">Kernel function it sleeps in; null: not shown.</param>
/// <param name="Syscall">Name of the blocked call; null: not in one, or not shown.</param>
/// <param name="Housekeeping">A service thread of a runtime.</param>
/// <param name="WaitedSeconds">How long it is known not to have run; null: not known.</param>
/// <param name="Detail">How it waits, where the kind leaves that open, as <see cref="Waits.WaitManner"/>: <c>lock-own</c>, <c>join</c>, <c>send</c>, <c>one</c>; of what its terminal stopped <c>input</c> or <c>output</c>.</param>
public sealed record ThreadInfo(
    int Tid,
    string Comm,
    string Wait,
    Bounded Bounded,
    string? Resource,
    string? Wchan,
    string? Syscall,
    bool Housekeeping,
    double? WaitedSeconds,
    string? Detail = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Comm} ({Tid})";

    /// <summary>Tid of the thread that has the lock that it waits for, as the lock's owner word says, or that it joins; 0: one that lives no more. Null: no word says it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Awaits { get; init; }
}

[JsonConverter(typeof(KebabCase<Bounded>))]
public enum Bounded { Yes, No, Unknown }

/// <summary>An entry of an fd table.</summary>
/// <param name="Fd">Number.</param>
/// <param name="Target">Link text.</param>
/// <param name="Access"><c>r</c>, <c>w</c>, <c>rw</c> or <c>-</c>.</param>
/// <param name="Cloexec">Close-on-exec; null: not asked.</param>
public sealed record FdInfo(int Fd, string Target, string Access, bool? Cloexec);
