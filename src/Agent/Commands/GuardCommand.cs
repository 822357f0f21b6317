using System.Collections.Immutable;
using OrphanBoard.Agent.Guarding;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Commands;

/// <summary><c>guard</c>: runs a command; a deadlock in its tree becomes a panic.</summary>
public static class GuardCommand
{
    public const string Name = "guard";

    /// <summary>Guard itself failed; the command could not be run; there is none. As env(1).</summary>
    public const int Failed = 125, CannotRun = 126, NotFound = 127;

    public static Command Syntax { get; } = new(
        Name,
        "run a command; a deadlock in its process tree is told and ends it",
        "-- COMMAND [ARGUMENT]...",
        int.MaxValue,
        [
            new("--grace", "TIME", "how long a likely deadlock must last (default 30s; 500ms, 90, 10m, 2h); a proven one counts at once"),
            new("--on-deadlock", "WHAT", "panic: tell, end the tree, exit 86 (default); report: tell, and let the command go on"),
            new("--keep", null, "on a deadlock or timeout leave the tree alive, and say how to look at it and how to end it"),
            new("--timeout", "TIME", "end the command after this time and tell what everybody was doing: exit 88"),
            new("--orphans", "WHAT", "of what the command leaves behind: report (default), fail: exit 87, or reap: end it"),
            new("--linger", "TIME", "how long what is left behind may take to end by itself, up to an hour (default 2s)"),
            new("--min-wait", "TIME", "without progress before a stall counts, up to a day (default 10s)"),
            new("--hazards", null, "tell shapes that can hang as soon as they are there"),
            new("--no-stacks", null, "do not read the stacks of those that hang"),
            new("--json", "FILE", "write a report (docs/contract/scan.schema.json)"),
            new("--junit", "FILE", "write a JUnit report"),
            new("--bundle", "DIR", "put the evidence there (default: the newest 50 below the state directory)"),
            new("--server", "URL", "tell the board of a finding; with --token-file"),
            new("--token-file", "FILE", "file that holds the agent's token"),
            LookerArguments.Backend,
        ],
        "the command's own, 128+n for a signal; 86 deadlock, 87 orphans with --orphans=fail, 88 --timeout; 125 guard itself failed, 126 or 127 the command could not be run or found",
        RunAsync)
    {
        TakesCommand = true,
    };

    private static async Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error)
    {
        GuardOptions options = OptionsOf(arguments);
        if (arguments.Operands.Count == 0)
            throw new UsageException("guard: which command? Give it after --; see 'orphan-agent guard --help'");
        TimeProvider time = TimeProvider.System;
        ImmutableArray<string> shown = CommandLineRedaction.WithRandomKey().Redact([.. arguments.Operands]);
        try
        {
            (int exit, int? diesOf) = await RunAsync(options, shown, LastWords(arguments.Operands.Count), new GuardVoice(options, error, error is DescriptorWriter { IsTerminal: true }, BoardOf(arguments), time), time);
            if (diesOf is { } signal)
                OwnDeath.Of(signal);
            return exit;
        }
        catch (CommandNotStartedException e)
        {
            error.WriteLine($"orphan-agent: guard: {VisibleText.Of(e.Message)}");
            return e.NotFound ? NotFound : CannotRun;
        }
    }

    private static async Task<(int Exit, int? DiesOf)> RunAsync(GuardOptions options, ImmutableArray<string> shown, byte[][] words, GuardVoice voice, TimeProvider time)
    {
        using var guard = new Guard(options, shown, time, voice);
        return (await guard.RunAsync(words), guard.DiesOf);
    }

    /// <summary>The last arguments of our own command line, byte for byte: what is no UTF-8 is handed on as it came.</summary>
    private static byte[][] LastWords(int count)
    {
        ReadOnlySpan<byte> all = File.ReadAllBytes("/proc/self/cmdline");
        byte[][] words = new byte[count][];
        for (int i = count - 1; i >= 0; i--)
        {
            int begin = all[..^1].LastIndexOf((byte)0) + 1;
            words[i] = all[begin..].ToArray();
            all = all[..begin];
        }
        return words;
    }

    private static GuardOptions OptionsOf(Arguments arguments)
    {
        var options = new GuardOptions
        {
            Grace = arguments.Duration("--grace", TimeSpan.Zero, TimeSpan.FromDays(1)) ?? TimeSpan.FromSeconds(30),
            Linger = arguments.Duration("--linger", TimeSpan.Zero, TimeSpan.FromHours(1)) ?? TimeSpan.FromSeconds(2),
            MinimumWait = arguments.Duration("--min-wait", TimeSpan.Zero, TimeSpan.FromDays(1)) ?? TimeSpan.FromSeconds(10),
            Timeout = arguments.Duration("--timeout", TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(7)),
            OnlyReport = OneOf("--on-deadlock", "panic", "report") == 1,
            Keep = arguments.Has("--keep"),
            Orphans = (OrphanPolicy)OneOf("--orphans", "report", "fail", "reap"),
            Hazards = arguments.Has("--hazards"),
            Stacks = !arguments.Has("--no-stacks"),
            JsonPath = FileOf("--json"),
            JUnitPath = FileOf("--junit"),
            BundlePath = arguments.Value("--bundle") is { } bundle && File.Exists(bundle) ? throw new UsageException($"guard: --bundle '{bundle}': it is a file, and must be a directory") : arguments.Value("--bundle"),
            Backend = LookerArguments.BackendOf(arguments),
        };
        if (options.Keep && options.OnlyReport)
            throw new UsageException("guard: --keep has no use with --on-deadlock=report, which ends nothing");
        return options;

        int OneOf(string option, params ReadOnlySpan<string> words)
        {
            if (arguments.Value(option) is not { } value)
                return 0;
            int place = words.IndexOf(value);
            return place >= 0 ? place : throw new UsageException($"guard: {option} '{value}': it must be one of {string.Join(", ", words)}");
        }

        // Better now than when the command has run for an hour.
        string? FileOf(string option)
        {
            if (arguments.Value(option) is not { } path)
                return null;
            if (path.Length == 0 || !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
                throw new UsageException($"guard: {option} '{path}': there is no such directory");
            if (path == "-" || Path.Exists(path) && !WholeFile.IsRegular(path))
                throw new UsageException($"guard: {option} '{path}': it must be a file, for stdout is the command's");
            return path;
        }
    }

    /// <summary>Read at the start: the command may change what says which commit this is.</summary>
    private static (Uri, string, CiJob)? BoardOf(Arguments arguments) =>
        arguments.Value("--server") is null ? null : (ServerArguments.ServerOf(arguments, "guard"), ServerArguments.TokenOf(arguments, "guard"), CiJob.OfThisProcess());
}
