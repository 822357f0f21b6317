using System.Collections.Immutable;
using System.Globalization;

namespace OrphanBoard.Agent.Commands;

/// <summary>A command: what it takes, what it says of itself and what runs it.</summary>
/// <param name="Name">First word of the command line.</param>
/// <param name="Summary">One line for the list of commands.</param>
/// <param name="Operands">Operands in the usage line, <c>PID</c> say; empty for none.</param>
/// <param name="MaxOperands">How many operands there may be at most.</param>
/// <param name="Options">Its options; <c>--help</c> and <c>--version</c> are of every command.</param>
/// <param name="Exits">The exit codes, one line.</param>
/// <param name="RunAsync">Runs it and gives the exit code.</param>
public sealed record Command(
    string Name,
    string Summary,
    string Operands,
    int MaxOperands,
    ImmutableArray<Option> Options,
    string Exits,
    Func<Arguments, TextWriter, TextWriter, Task<int>> RunAsync)
{
    /// <summary>The first word that is no option, or what comes after <c>--</c>, and all after it, is a command line of somebody else's.</summary>
    public bool TakesCommand { get; init; }

    /// <summary>Whether one of <paramref name="asked"/>, <c>--help</c> say, is asked of this command, and not of one that it is to run.</summary>
    public bool Asks(ReadOnlySpan<string> words, ReadOnlySpan<string> asked)
    {
        for (int i = 0; i < words.Length; i++)
        {
            if (asked.Contains(words[i]))
                return true;
            if (TakesCommand && (words[i] == "--" || !words[i].StartsWith('-')))
                return false;
            string word = words[i];
            if (TakesCommand && Options.Any(option => option.Name == word && option is { Value: not null, MayLackValue: false }))
                i++; // its value
        }
        return false;
    }
}

/// <param name="Name">With its dashes: <c>--min-wait</c>.</param>
/// <param name="Value">Name of its value in the help, or null for an option without one.</param>
/// <param name="Help">One line, with the default.</param>
/// <param name="Many">Whether it may be given more than once.</param>
/// <param name="MayLackValue">The value may be left out; given, it is glued on: <c>--name=value</c>.</param>
public sealed record Option(string Name, string? Value, string Help, bool Many = false, bool MayLackValue = false);

/// <summary>The command line was wrong: one line that says what, where and what to do. Exit 2.</summary>
public sealed class UsageException(string message) : Exception(message);

/// <summary>What a command was given.</summary>
public sealed class Arguments
{
    private readonly Dictionary<string, List<string>> _options = [];
    private readonly List<string> _operands = [];

    /// <exception cref="UsageException">Something that <paramref name="command"/> does not take.</exception>
    public static Arguments Parse(Command command, ReadOnlySpan<string> words)
    {
        var arguments = new Arguments();
        for (int i = 0; i < words.Length; i++)
        {
            string word = words[i];
            if (command.TakesCommand && (word == "--" || !word.StartsWith('-')))
            {
                arguments._operands.AddRange(words[(word == "--" ? i + 1 : i)..]);
                break;
            }
            if (!word.StartsWith('-') || word == "-")
            {
                if (arguments._operands.Count == command.MaxOperands)
                    throw Wrong(command, $"'{word}' is one argument too many");
                arguments._operands.Add(word);
                continue;
            }
            int equals = word.IndexOf('=', StringComparison.Ordinal);
            string name = equals < 0 ? word : word[..equals];
            Option option = command.Options.FirstOrDefault(o => o.Name == name) ?? throw Wrong(command, $"unknown option '{name}'");
            if (option.Value is null && equals >= 0)
                throw Wrong(command, $"{name} takes no value");
            if (arguments._options.ContainsKey(name) && !option.Many)
                throw Wrong(command, $"{name} is given twice");
            bool next = option.Value is not null && equals < 0 && !option.MayLackValue;
            if (next && (i + 1 == words.Length || words[i + 1].StartsWith("--", StringComparison.Ordinal)))
                throw Wrong(command, $"{name} needs {option.Value}");
            string value = next ? words[++i] : equals < 0 ? "" : word[(equals + 1)..];
            if (!arguments._options.TryGetValue(name, out List<string>? values))
                arguments._options[name] = values = [];
            values.Add(value);
        }
        return arguments;

        static UsageException Wrong(Command command, string what) => new($"{command.Name}: {what}; see 'orphan-agent {command.Name} --help'");
    }

    public IReadOnlyList<string> Operands => _operands;

    public bool Has(string option) => _options.ContainsKey(option);

    public string? Value(string option) => _options.TryGetValue(option, out List<string>? values) ? values[0] : null;

    public IReadOnlyList<string> Values(string option) => _options.TryGetValue(option, out List<string>? values) ? values : [];

    /// <summary>A number between two bounds.</summary>
    /// <exception cref="UsageException">It is none.</exception>
    public double Number(string option, double fallback, double least, double most) => Value(option) switch
    {
        null => fallback,
        var text when double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) && number >= least && number <= most => number,
        var text => throw new UsageException($"{option} '{text}': it must be a number from {least} to {most}"),
    };

    /// <summary>A time between two bounds: a number with ms, s, m, h or d behind it; without one, seconds.</summary>
    /// <returns>Null: not given.</returns>
    /// <exception cref="UsageException">It is none.</exception>
    public TimeSpan? Duration(string option, TimeSpan least, TimeSpan most)
    {
        if (Value(option) is not { } text)
            return null;
        string number = text.TrimEnd('m', 's', 'h', 'd');
        double unit = text[number.Length..] switch { "" or "s" => 1, "ms" => 0.001, "m" => 60, "h" => 3600, "d" => 86_400, _ => double.NaN };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value)
            && value * unit >= least.TotalSeconds && value * unit <= most.TotalSeconds
            ? TimeSpan.FromSeconds(value * unit)
            : throw new UsageException($"{option} '{text}': it must be a time from {Words(least)} to {Words(most)}, as 90, 90s, 10m or 2h");

        static string Words(TimeSpan time) => time.TotalDays >= 1 ? $"{time.TotalDays:0} d" : time.TotalHours >= 1 ? $"{time.TotalHours:0} h" : time.TotalSeconds >= 1 || time == TimeSpan.Zero ? $"{time.TotalSeconds:0} s" : $"{time.TotalMilliseconds:0} ms";
    }

    /// <exception cref="UsageException">It is no pid.</exception>
    public static int Pid(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0
            ? pid
            : throw new UsageException($"'{text}' is no pid: it must be a whole number above 0");
}
