using System.Text.RegularExpressions;
using OrphanBoard.Server.History;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Ingest;

/// <summary>
/// What a frame may hold. JSON that fits its type may still leave parts out, name things twice or be of any size; what passes here can be worked with.
/// </summary>
internal static partial class FrameLimits
{
    /// <summary>Of a frame as it comes, compressed, bytes. A keyframe of 500 processes is about 100 KB.</summary>
    public const int MaxFrameBytes = 16 * 1024 * 1024;

    /// <summary>PID_MAX_LIMIT is 4,194,304; a host with more than these cannot be shown.</summary>
    public const int MaxProcesses = 65_536;
    public const int MaxThreads = 1_000_000;
    public const int MaxFds = 4_000_000;
    public const int MaxFindings = 2_000;

    private const int MaxIntervalMs = 10 * 60 * 1000;

    /// <returns>What is wrong, or null.</returns>
    public static string? Check(StreamFrame? frame) => frame switch
    {
        null => "the frame is null",
        { Body: null } => "the frame has no body",
        { Sequence: < 0 } => "the frame's sequence is negative",
        { Body.Length: > MaxFrameBytes } => $"the frame has {frame.Body.Length} bytes, at most {MaxFrameBytes} are taken",
        _ => null,
    };

    public static string? Check(Hello hello) => hello switch
    {
        _ when Check(hello.Host) is { } bad => bad,
        _ when !IsText(hello.AgentVersion, 64) || !IsText(hello.Backend, 64) => "the agent's version or back end is missing or too long",
        { IntervalMs: < 1 or > MaxIntervalMs } => $"the interval of {hello.IntervalMs} ms is not from 1 to {MaxIntervalMs}",
        _ => Check(hello.Agent),
    };

    public static string? Check(HostIdentity? host) => host switch
    {
        null => "the host is missing",
        _ when host.Id is null || !HostId().IsMatch(host.Id) => "the host id is not 1 to 128 of A-Z a-z 0-9 . _ : -",
        _ when !Guid.TryParse(host.BootId, out _) => "the boot id is not a UUID",
        _ when !IsText(host.Name, 255) || !IsText(host.Kernel, 255) || !IsText(host.Architecture, 64) => "the host's name, kernel or architecture is missing or too long",
        _ => null,
    };

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(Keyframe keyframe)
    {
        ThrowIfBad(keyframe.Agent);
        Require(keyframe.Visibility is not null, "the keyframe has no visibility");
        Require(!keyframe.Processes.IsDefault, "the keyframe has no processes");
        foreach (ProcessState p in keyframe.Processes)
        {
            Require(p is not null, "a process is null");
            ProcessLimits.ThrowIfBad(p!.Facts);
            ProcessLimits.ThrowIfBad(p.Threads);
            ProcessLimits.ThrowIfBad(p.Fds);
        }
        Require(keyframe.Processes.DistinctBy(p => p.Key).Count() == keyframe.Processes.Length, "the keyframe names a process twice");
        ThrowIfTooMany(keyframe);
        FindingLimits.ThrowIfBad(keyframe.Findings, MaxFindings);
    }

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(Delta delta, Keyframe known)
    {
        ThrowIfBad(delta.Agent);
        Require(!delta.Changed.IsDefault && !delta.Removed.IsDefault, "the delta has no list of what has changed or gone");
        Require(known.Processes.Length + delta.Changed.Length <= 2 * MaxProcesses, "the delta names too many processes");
        foreach (ProcessDelta p in delta.Changed)
        {
            Require(p is not null, "a process is null");
            if (p!.Facts is not null)
                ProcessLimits.ThrowIfBad(p.Facts);
            if (p.Threads is { } threads)
                ProcessLimits.ThrowIfBad(threads);
            if (p.Fds is { } fds)
                ProcessLimits.ThrowIfBad(fds);
        }
    }

    /// <summary>A delta that fits may still have made too much of the whole.</summary>
    /// <exception cref="InvalidDataException">The host has more than can be shown.</exception>
    public static void ThrowIfTooMany(Keyframe state)
    {
        Require(state.Processes.Length <= MaxProcesses, $"the host has {state.Processes.Length} processes, at most {MaxProcesses} are taken");
        Require(state.Processes.Sum(p => (long)p.Threads.Length) <= MaxThreads, $"the host has more than {MaxThreads} threads");
        Require(state.Processes.Sum(p => (long)p.Fds.Length) <= MaxFds, $"the host has more than {MaxFds} file descriptors");
    }

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(FindingChanges changes, Keyframe known)
    {
        Require(!changes.Ended.IsDefault, "the findings have no list of those that ended");
        FindingLimits.ThrowIfBad(changes.Opened, MaxFindings);
        Require(known.Findings.Length + changes.Opened.Length <= 2 * MaxFindings, "the host has too many findings");
        foreach (EndedFinding ended in changes.Ended)
            Require(ended?.Id is not null && ended.Reason is not null && EndReasons.IsAnAgents(ended.Reason), $"a finding ended for an unknown reason '{ended?.Reason}'");
    }

    private static void ThrowIfBad(AgentUsage? agent)
    {
        if (Check(agent) is { } bad)
            throw new InvalidDataException(bad);
    }

    /// <summary>What an agent says of itself is shown and counted, so texts are bounded and numbers are numbers.</summary>
    private static string? Check(AgentUsage? agent) => agent switch
    {
        null => null,
        _ when !IsText(agent.Backend, 64) || !IsText(agent.Events, 64) || agent.WhyNotBetter is { Length: > 1000 } => "what the agent says of its back end is missing or too long",
        { IntervalMs: < 1 or > MaxIntervalMs } or { ConfiguredIntervalMs: < 1 or > MaxIntervalMs } => $"the agent's interval is not from 1 to {MaxIntervalMs} ms",
        { Reads: null } => "the agent does not say what it could not read",
        _ when new[] { agent.CpuBudget, agent.CpuFraction, agent.CpuSeconds, agent.LookCpuMs }.Any(n => !double.IsFinite(n) || n < 0) => "what the agent says of its CPU is no number",
        _ when new[]
        {
            agent.RssBytes, agent.AllocatedBytes, agent.Looks, agent.LooksMissed, agent.SelfChecked, agent.SelfCheckMismatches, agent.EventOverflows, agent.LeftBehind,
            agent.Reads.Denied, agent.Reads.Failed, agent.Reads.Vanished, agent.Reads.Abandoned,
        }.Any(n => n < 0) => "a count of the agent is negative",
        _ => null,
    };

    internal static void Require(bool holds, string message)
    {
        if (!holds)
            throw new InvalidDataException(message);
    }

    internal static bool IsText(string? text, int maxLength) => text is not null && text.Length <= maxLength;

    [GeneratedRegex("^[A-Za-z0-9._:-]{1,128}$")]
    private static partial Regex HostId();
}
