using System.Collections.Frozen;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>The rules of <c>names.txt</c>: which programs run others, and where their command lines name them.</summary>
internal sealed class NameData
{
    /// <summary>By name.</summary>
    public FrozenDictionary<string, Interpreter> Interpreters { get; }

    /// <summary>Programs that say little of themselves.</summary>
    public FrozenSet<string> Common { get; }

    public static NameData Default { get; } = Load();

    private NameData(Dictionary<string, Interpreter> interpreters, HashSet<string> common) =>
        (Interpreters, Common) = (interpreters.ToFrozenDictionary(StringComparer.Ordinal), common.ToFrozenSet(StringComparer.Ordinal));

    /// <exception cref="InvalidDataException">A line of another form; says which.</exception>
    public static NameData Parse(TextReader text)
    {
        var interpreters = new Dictionary<string, Interpreter>();
        var common = new HashSet<string>();
        int number = 0;
        while (text.ReadLine() is { } line)
        {
            number++;
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (fields)
            {
                case [] or [['#', ..], ..]:
                    break;
                case ["interpreter" or "wrapper", var name, .. var options]:
                    interpreters[name] = new Interpreter(
                        name,
                        options.Where(option => option != Letters).ToFrozenDictionary(option => option.TrimEnd('=', '!', ':', '>'), MeaningOf, StringComparer.Ordinal),
                        options.Contains(Letters),
                        fields[0] == "wrapper");
                    break;
                case ["common", .. var names]:
                    common.UnionWith(names);
                    break;
                default:
                    throw new InvalidDataException($"names.txt, line {number}: not of the form 'interpreter NAME OPTIONS...', 'wrapper NAME OPTIONS...' or 'common NAME...': {line}");
            }
        }
        return new NameData(interpreters, common);
    }

    private const string Letters = "letters";

    private static OptionMeaning MeaningOf(string option) => option[^1] switch
    {
        '=' => OptionMeaning.NamesTheProgram,
        '!' => OptionMeaning.IsTheProgram,
        ':' => OptionMeaning.BelongsToTheName,
        '>' => OptionMeaning.SaysNothing,
        _ => OptionMeaning.TakesAnArgument,
    };

    private static NameData Load()
    {
        using Stream stream = typeof(NameData).Assembly.GetManifestResourceStream("names.txt")
            ?? throw new InvalidOperationException("names.txt is not embedded");
        using var reader = new StreamReader(stream);
        return Parse(reader);
    }
}

/// <summary>A program that runs others.</summary>
/// <param name="Name">Without a version that the data do not name.</param>
/// <param name="Options">Options and words by their text.</param>
/// <param name="JoinsLetters">Short options may be written together.</param>
/// <param name="IsWrapper">Its arguments are a command line of their own.</param>
internal sealed record Interpreter(string Name, FrozenDictionary<string, OptionMeaning> Options, bool JoinsLetters, bool IsWrapper)
{
    private const int MostJoined = 6;

    /// <summary>What an option means: also the last of several letters behind one dash, where none before it has the rest for its argument (<c>-Ilib</c>).</summary>
    public bool TryMeaning(string option, out OptionMeaning meaning)
    {
        if (Options.TryGetValue(option, out meaning))
            return true;
        for (int i = 1; JoinsLetters && i < option.Length - 1; i++)
        {
            if (Options.ContainsKey($"-{option[i]}"))
                return false;
        }
        return JoinsLetters && option.Length is > 2 and <= MostJoined && option[0] == '-' && option.AsSpan(1).IndexOfAnyExcept(AsciiLetters) < 0
            && Options.TryGetValue($"-{option[^1]}", out meaning);
    }

    private static readonly System.Buffers.SearchValues<char> AsciiLetters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

internal enum OptionMeaning
{
    /// <summary>The argument after it belongs to it.</summary>
    TakesAnArgument,

    /// <summary>The argument after it is the name.</summary>
    NamesTheProgram,

    /// <summary>The argument after it is program text: there is no name.</summary>
    IsTheProgram,

    /// <summary>A word that is part of the name.</summary>
    BelongsToTheName,

    /// <summary>A word before the program.</summary>
    SaysNothing,
}
