using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// The service threads of language runtimes: told by the process that they are in, their name and what they wait in, all of which
/// <see cref="RuntimeData"/> says. A service thread that does something else than it serves by is no service thread at that moment.
/// </summary>
internal static class Housekeeping
{
    private const int PoolSize = 3;

    /// <summary>Of each living thread (as <see cref="HostProcess.ThreadsOf"/> lists them) whether it serves; default where none does.</summary>
    public static ImmutableArray<bool> Of(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        if (waits.Length < 2 || In(process, waits) is not { } runtime)
            return default;
        return ServicesOf(runtime, process, waits);
    }

    /// <summary>Mask of the signals that the process catches because its runtime does so in every program: such a handler says nothing of this one.</summary>
    public static ulong HandlersOf(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        if (In(process, waits) is not { } runtime)
            return 0;
        ulong askedFor = runtime.AwaitsChildren == ChildWaiting.ByHandler ? process.SignalsCaughtAsChild.GetValueOrDefault() & ~runtime.CatchesAsChild : 0;
        return process.SignalsCaught & runtime.Catches & ~askedFor;
    }

    /// <summary>Mask of the signals that the runtime of the process catches in every program, if they were not ignored as it started.</summary>
    public static ulong CatchesOf(ProcessRecord process, ImmutableArray<Wait> waits) => In(process, waits)?.Catches ?? 0;

    /// <summary>How its runtime learns that a child has ended.</summary>
    public static ChildWaiting AwaitsChildren(ProcessRecord process, ImmutableArray<Wait> waits) => In(process, waits)?.AwaitsChildren ?? ChildWaiting.InCall;

    /// <summary>The runtime that is in it, or null.</summary>
    public static RuntimeMarks? In(ProcessRecord process, ImmutableArray<Wait> waits)
    {
        foreach (RuntimeMarks runtime in RuntimeData.Default.Runtimes)
        {
            if (IsIn(runtime, process, waits))
                return runtime;
        }
        return null;
    }

    /// <summary>Whether two looks that found the same threads in the same waits also found the same names.</summary>
    public static bool KnowsAsMuchOf(ProcessRecord before, ProcessRecord now)
    {
        if (before.Comm != now.Comm || before.Exe != now.Exe)
            return false;
        for (int i = 0; i < now.Threads.Length; i++)
        {
            if (before.Threads[i].Comm != now.Threads[i].Comm)
                return false;
        }
        return true;
    }

    private static bool IsIn(RuntimeMarks runtime, ProcessRecord process, ImmutableArray<Wait> waits)
    {
        foreach (string comm in runtime.Threads)
        {
            if (!HasThread(process, comm))
                return false;
        }
        if (runtime.Program is { } program && !IsProgram(process.Exe, program))
            return false;
        return runtime.Futexes is not { } range || HasFutexIn(waits, range.Low, range.High) || runtime.EpollEvents is { } events && HasEpollFor(process, waits, events);
    }

    private static bool HasThread(ProcessRecord process, string comm)
    {
        foreach (ThreadRecord thread in process.Threads)
        {
            if (thread.Comm == comm)
                return true;
        }
        return false;
    }

    private static bool IsProgram(string? exe, string name)
    {
        ReadOnlySpan<char> file = exe.AsSpan()[(exe.AsSpan().LastIndexOf('/') + 1)..];
        return name is [.., '*'] ? file.StartsWith(name.AsSpan(0, name.Length - 1), StringComparison.Ordinal) : file.SequenceEqual(name);
    }

    private static bool HasFutexIn(ImmutableArray<Wait> waits, ulong low, ulong high)
    {
        foreach (Wait wait in waits)
        {
            if (wait.Futex is { } futex && futex.Address >= low && futex.Address <= high)
                return true;
        }
        return false;
    }

    private static bool HasEpollFor(ProcessRecord process, ImmutableArray<Wait> waits, uint events)
    {
        int place = 0;
        foreach (ThreadRecord thread in process.Threads)
        {
            if (HostProcess.IsAlive(thread) && waits[place++].Call == SystemCall.EpollPwait && thread.Call.Arguments is [_, _, var most, _, 0, 0] && most == events)
                return true;
        }
        return false;
    }

    private static ImmutableArray<bool> ServicesOf(RuntimeMarks runtime, ProcessRecord process, ImmutableArray<Wait> waits)
    {
        ImmutableArray<ThreadRecord> threads = [.. HostProcess.ThreadsOf(process)];
        var serves = new bool[waits.Length];
        foreach (ServiceMark service in runtime.Services)
        {
            List<int> fit = [.. Enumerable.Range(0, waits.Length)
                .Where(place => !serves[place] && threads[place].Tid != process.Pid && service.Fits(threads[place].Comm, process.Comm, waits[place]))];
            switch (service.Number)
            {
                case ServiceNumber.One when fit.Count != 1:
                    continue;
                case ServiceNumber.Pool:
                    fit = [.. fit.GroupBy(place => waits[place].Resource).Where(alike => alike.Count() >= PoolSize).SelectMany(alike => alike)];
                    break;
            }
            foreach (int place in fit)
                serves[place] = true;
        }
        return serves.Contains(true) ? ImmutableArray.Create(serves) : default;
    }
}
