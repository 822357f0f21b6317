using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;
using static OrphanBoard.Server.Ingest.FrameLimits;

namespace OrphanBoard.Server.Ingest;

/// <summary>What a process of a frame may hold.</summary>
internal static class ProcessLimits
{
    /// <summary>TASK_COMM_LEN is 16 bytes, a kernel worker's may be longer (proc(5)); an escape may stand for each byte.</summary>
    public const int MaxComm = 256;
    public const int MaxArguments = 100_000;

    /// <summary>Of one argument (MAX_ARG_STRLEN is 131,072 bytes), a path or any other name.</summary>
    public const int MaxText = 131_072;

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(ProcessFacts? facts)
    {
        Require(facts is not null, "a process has no facts");
        Require(IsText(facts!.Comm, MaxComm), "a process's comm is missing or too long");
        ThrowIfBad(facts.Cmdline);
        ThrowIfBad(facts.Orphan);
    }

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(ImmutableArray<string>? cmdline)
    {
        if (cmdline is not { } arguments)
            return;
        Require(!arguments.IsDefault && arguments.Length <= MaxArguments, "a command line has too many arguments");
        Require(arguments.All(a => IsText(a, MaxText)), "an argument is null or too long");
    }

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(OrphanInfo? orphan)
    {
        if (orphan is null)
            return;
        Require((orphan.LostParent?.Length ?? 0) <= MaxComm && (orphan.Since?.Length ?? 0) <= 64 && (orphan.Job?.Length ?? 0) <= MaxText, "what is said of an orphan is too long");
    }

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(ImmutableArray<ThreadInfo> threads)
    {
        Require(!threads.IsDefault && threads.Length <= MaxThreads, "a process has no threads or too many");
        foreach (ThreadInfo t in threads)
        {
            Require(t is not null && IsText(t.Comm, MaxComm) && IsText(t.Wait, 64), "a thread's comm or wait is missing or too long");
            Require((t!.Resource?.Length ?? 0) <= MaxText && (t.Wchan?.Length ?? 0) <= 256 && (t.Syscall?.Length ?? 0) <= 256 && (t.Detail?.Length ?? 0) <= 256, "what a thread waits for is too long");
        }
    }

    /// <exception cref="InvalidDataException">It cannot be worked with.</exception>
    public static void ThrowIfBad(ImmutableArray<FdInfo> fds)
    {
        Require(!fds.IsDefault && fds.Length <= MaxFds, "a process has no fd table or one too long");
        Require(fds.All(f => f is not null && IsText(f.Target, MaxText) && IsText(f.Access, 8)), "an fd's target or access is missing or too long");
    }
}
