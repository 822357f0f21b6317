using System.Collections.Immutable;
using System.Globalization;
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
            new("--grace", "S", "seconds that a likely deadlock must last, 0 to 86400 (default 30); a proven one counts at once"),
            new("--on-deadlock", "WHAT", "panic: tell, end the tree, exit 86 (default); report: tell, and let the command go on"),
            new("--keep", null, "on a deadlock or timeout leave the tree alive, and say how to look at it and how to end it"),
            new("--timeout", "TIME", "end the command after this time (90, 90s, 10m, 2h) and tell what everybody was doing: exit 88"),
            new("--orphans", "WHAT", "of what the command leaves behind: report (default), fail: exit 87, or reap: end it"),
            new("--linger", "S", "seconds that what is left behind may take to end by itself, 0 to 3600 (default 2)"),
            new("--min-wait", "S", "seconds without progress before a stall counts, 0 to 86400 (default 10)"),
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
            (int exit, int? diesOf) = await RunAsync(options, shown, LastWords(arguments.Operands.Count), new GuardVoice(options, error, BoardOf(arguments), time), time);
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
            Grace = TimeSpan.FromSeconds(arguments.Number("--grace", 30, 0, 86_400)),
            Linger = TimeSpan.FromSeconds(arguments.Number("--linger", 2, 0, 3600)),
            MinimumWait = TimeSpan.FromSeconds(arguments.Number("--min-wait", 10, 0, 86_400)),
            Timeout = arguments.Value("--timeout") is { } timeout ? Duration("--timeout", timeout) : null,
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

    /// <summary>A number with s, m or h behind it; without one, seconds.</summary>
    private static TimeSpan Duration(string option, string text)
    {
        int unit = text switch { [.., 's'] => 1, [.., 'm'] => 60, [.., 'h'] => 3600, _ => 0 };
        string number = unit == 0 ? text : text[..^1];
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value > 0 && value * Math.Max(unit, 1) <= 604_800
            ? TimeSpan.FromSeconds(value * Math.Max(unit, 1))
            : throw new UsageException($"guard: {option} '{text}': it must be a time above 0 and up to 7 days, as 90, 90s, 10m or 2h");
    }
}
