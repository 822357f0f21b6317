using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>The lines of <c>runtimes.txt</c>: what runtimes do by themselves and nobody is to blame for.</summary>
internal sealed record RuntimeData(ImmutableArray<string> ConsoleDuplicates, ImmutableArray<string> OwnListeners, ImmutableArray<string> OwnMemory, ImmutableArray<SavedStdio> Saving, ImmutableArray<RuntimeMarks> Runtimes)
{
    public static RuntimeData Default { get; } = Load();

    /// <exception cref="InvalidDataException">A line that is not in its form; says which and why.</exception>
    public static RuntimeData Parse(TextReader text)
    {
        var duplicates = ImmutableArray.CreateBuilder<string>();
        var listeners = ImmutableArray.CreateBuilder<string>();
        var memory = ImmutableArray.CreateBuilder<string>();
        var saving = ImmutableArray.CreateBuilder<SavedStdio>();
        var runtimes = ImmutableArray.CreateBuilder<RuntimeMarks>();
        int number = 0;
        while (text.ReadLine() is { } line)
        {
            number++;
            string[] words = line.Split(' ', 2, StringSplitOptions.TrimEntries);
            if (words is [""] or [['#', ..], ..])
                continue;
            if (words is not [var key, { Length: > 0 } value])
                throw Wrong("it has no value");
            switch (key)
            {
                case "console-duplicates":
                    duplicates.Add(value);
                    break;
                case "own-listener":
                    listeners.Add(value);
                    break;
                case "own-memory":
                    memory.Add(value);
                    break;
                case "saves-stdio":
                    saving.Add(Saved(value));
                    break;
                case "runtime":
                    if (runtimes.Any(known => known.Name == value))
                        throw Wrong("the runtime has been there already");
                    CheckLast();
                    runtimes.Add(new RuntimeMarks(value));
                    break;
                case "marked-by" or "marked-by-program" or "marked-by-futex" or "or-by-epoll" or "catches" or "awaits-children" or "acts-on-signals" or "asked-for-signals" or "bell" or "timer" or "loop" or "service" or "service-once" or "service-pool":
                    if (runtimes.Count == 0)
                        throw Wrong("no runtime was named before");
                    runtimes[^1] = Add(runtimes[^1], key, value);
                    break;
                default:
                    throw Wrong($"'{key}' is no key");
            }
        }
        CheckLast();
        return new RuntimeData(duplicates.ToImmutable(), listeners.ToImmutable(), memory.ToImmutable(), saving.ToImmutable(), runtimes.ToImmutable());

        RuntimeMarks Add(RuntimeMarks runtime, string key, string value) => key switch
        {
            "marked-by" => runtime with { Threads = runtime.Threads.Add(value) },
            "marked-by-program" => runtime with { Program = value },
            "marked-by-futex" => runtime with { Futexes = Range(value) },
            "or-by-epoll" => runtime with { EpollEvents = uint.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out uint events) && events > 0 ? events : throw Wrong("it is not a number of events") },
            "catches" => runtime with { Catches = value.Split(' ').Aggregate(runtime.Catches, (mask, name) => mask | Signal(name)) },
            "awaits-children" => value.Split(' ') switch
            {
                ["by-handler", .. var signals] => runtime with { AwaitsChildren = ChildWaiting.ByHandler, CatchesAsChild = signals.Aggregate(0UL, (mask, name) => mask | Signal(name)) },
                ["by-thread"] => runtime with { AwaitsChildren = ChildWaiting.ByThread },
                ["as-steps"] => runtime with { RunsSteps = true },
                _ => throw Wrong("children are awaited by-handler or by-thread, as-steps, or it is not said"),
            },
            "acts-on-signals" => value switch
            {
                "in-its-loop" => runtime with { ActsOnSignals = SignalActing.InItsLoop },
                "after-its-child" => runtime with { ActsOnSignals = SignalActing.AfterItsChild },
                "to-end" => runtime with { ActsOnSignals = SignalActing.ToEnd },
                "in-a-thread" => runtime with { ActsOnSignals = SignalActing.InAThread },
                _ => throw Wrong($"'{value}' is no way to act on signals"),
            },
            "asked-for-signals" => runtime with { CatchesWhenAsked = Signal(value) },
            "bell" => value == "eventfd" ? runtime with { HasBell = true } : throw Wrong($"'{value}' is nothing to ring by"),
            "timer" => runtime with { HasTimer = Signal(value) != 0 },
            "loop" => value == "ends-when-idle" ? runtime with { EndsWhenIdle = true } : throw Wrong($"'{value}' is nothing that a loop does"),
            _ => runtime with { Services = runtime.Services.Add(Service(key, value)) },
        };

        (ulong, ulong) Range(string value) =>
            value.Split(' ') is [['0', 'x', .. var low], ['0', 'x', .. var high]]
            && ulong.TryParse(low, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong from)
            && ulong.TryParse(high, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong to) && from <= to
                ? (from, to)
                : throw Wrong("it is not two addresses in ascending order, 0x...");

        ulong Signal(string name) => name switch
        {
            "ALRM" => SignalMask.Alarm,
            "CHLD" => SignalMask.Child,
            "CONT" => SignalMask.Continue,
            "RTMIN" => SignalMask.FirstOfRealTime,
            "HUP" => SignalMask.HangUp,
            "INT" => SignalMask.Interrupt,
            "QUIT" => SignalMask.Quit,
            "USR1" => SignalMask.User1,
            "USR2" => SignalMask.User2,
            "TERM" => SignalMask.Terminate,
            "VTALRM" => SignalMask.VirtualAlarm,
            _ => throw Wrong($"'{name}' is no signal that programs wait for"),
        };

        SavedStdio Saved(string value) =>
            value.Split(' ') is [var program, var from, .. var rest] && rest is [] or ["open"] && int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out int first) && first > 2
                ? new SavedStdio(program, first, rest is ["open"])
                : throw Wrong("it is not PROGRAM FD, or PROGRAM FD open");

        ServiceMark Service(string key, string value)
        {
            if (value.Split(' ', 3) is not [var kind, var bound, var comm])
                throw Wrong("it is not KIND BOUND COMM");
            WaitKind wait = kind switch
            {
                "fifo-open" => WaitKind.FifoOpen,
                "futex" => WaitKind.Futex,
                "pipe-read" => WaitKind.PipeRead,
                "poll" => WaitKind.Poll,
                "socket-accept" => WaitKind.SocketAccept,
                "empty-poll" => WaitKind.SignalWait, // a set without members is decoded so
                "timer" => WaitKind.Timer,
                "running" => WaitKind.Running,
                _ => throw Wrong($"'{kind}' is no kind of wait that a service is told by"),
            };
            Bounded? bounded = bound switch
            {
                "timed" => Bounded.Yes,
                "endless" => Bounded.No,
                "any" => null,
                _ => throw Wrong($"'{bound}' is neither timed, endless nor any"),
            };
            int count = comm.TrimEnd('*').Length;
            if (count is 0 or > 15)
                throw Wrong("a thread's name has 1 to 15 bytes");
            return new ServiceMark(wait, bounded, comm, key switch { "service-once" => ServiceNumber.One, "service-pool" => ServiceNumber.Pool, _ => ServiceNumber.Any });
        }

        void CheckLast()
        {
            if (runtimes.Count > 0 && runtimes[^1] is { Threads.IsEmpty: true, Program: null, Futexes: null })
                throw Wrong($"nothing tells runtime {runtimes[^1].Name}: it has no marked-by line");
        }

        InvalidDataException Wrong(string why) => new($"runtimes.txt, line {number}: {why}");
    }

    /// <summary>Whether it is a runtime's own name for a thread, whole.</summary>
    public bool NamesThread(string comm) => Runtimes.Any(runtime => runtime.Threads.Contains(comm) || runtime.Services.Any(service => service.Comm == comm));

    private static RuntimeData Load()
    {
        using Stream stream = typeof(RuntimeData).Assembly.GetManifestResourceStream("runtimes.txt")
            ?? throw new InvalidOperationException("runtimes.txt is not embedded");
        using var reader = new StreamReader(stream);
        return Parse(reader);
    }
}

/// <summary>Where a shell keeps its own stdio while a command of it has another one.</summary>
/// <param name="Program">File name of its executable.</param>
/// <param name="From">The lowest fd.</param>
/// <param name="Open">Not close-on-exec: it closes them by itself in what it runs.</param>
internal sealed record SavedStdio(string Program, int From, bool Open)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(SavedStdio);
}

/// <summary>How processes in which a runtime is are told, and the threads that serve it there.</summary>
/// <param name="Name">As the file calls it.</param>
internal sealed record RuntimeMarks(string Name)
{
    /// <inheritdoc/>
    public override string ToString() => nameof(RuntimeMarks);

    /// <summary>Names of threads that are all there.</summary>
    public ImmutableArray<string> Threads { get; init; } = [];

    /// <summary>File name of the executable, with * at the end the beginning of it; or null.</summary>
    public string? Program { get; init; }

    /// <summary>Addresses, both included, at one of which a thread waits on a futex; or null.</summary>
    public (ulong Low, ulong High)? Futexes { get; init; }

    /// <summary>For how many events at the most a thread waits in an epoll_pwait(2) that has no mask and no size of one either, as no libc calls it, where none is at <see cref="Futexes"/>; or null.</summary>
    public uint? EpollEvents { get; init; }

    /// <summary>Mask of the signals that it has handlers for in every program.</summary>
    public ulong Catches { get; init; }

    public ChildWaiting AwaitsChildren { get; init; }

    /// <summary>Whether what it runs is to end for it to go on, and so is no service.</summary>
    public bool RunsSteps { get; init; }

    public SignalActing ActsOnSignals { get; init; }

    /// <summary>Whether the event loops of its threads end where there is nothing left that they wait for, as a signal is not.</summary>
    public bool EndsWhenIdle { get; init; }

    /// <summary>Mask of the signals that it catches by that handler in every program that has children.</summary>
    public ulong CatchesAsChild { get; init; }

    /// <summary>Mask of the signal that it catches once the program has asked for any, and else with SIGCHLD alone.</summary>
    public ulong CatchesWhenAsked { get; init; }

    /// <summary>Whether its threads wait for each other, and for children, at a <see cref="Bell"/>.</summary>
    public bool HasBell { get; init; }

    /// <summary>Whether it has a POSIX timer in every program, set or not.</summary>
    public bool HasTimer { get; init; }

    public ImmutableArray<ServiceMark> Services { get; init; } = [];
}

/// <summary>A service thread: its name and what it waits in.</summary>
/// <param name="Kind">Kind of its wait.</param>
/// <param name="Bounded">Null: with a timeout or without.</param>
/// <param name="Comm">Its name; with * at the end the beginning of it; = for the name of the leader.</param>
/// <param name="Number">How many such there are to be.</param>
internal sealed record ServiceMark(WaitKind Kind, Bounded? Bounded, string Comm, ServiceNumber Number)
{
    public bool Fits(string comm, string leader, Wait wait) =>
        wait.Kind == Kind && (Bounded is null || wait.Bounded == Bounded) && (Comm switch
        {
            "=" => comm == leader,
            [.. var prefix, '*'] => comm.StartsWith(prefix, StringComparison.Ordinal),
            _ => comm == Comm,
        });
}

internal enum ServiceNumber { Any, One, Pool }

/// <summary>How a runtime learns that a child has ended.</summary>
internal enum ChildWaiting
{
    /// <summary>The thread that waits for it shows so.</summary>
    InCall,

    /// <summary>By SIGCHLD: no thread of it waits for children in a call.</summary>
    ByHandler,

    /// <summary>A thread of its own waits in a call, which says nothing of what the program waits for.</summary>
    ByThread,
}

/// <summary>When a runtime does what its handlers of signals are there for, see <see cref="Unheeded"/>.</summary>
internal enum SignalActing { AtAnyTime, InItsLoop, AfterItsChild, ToEnd, InAThread }
