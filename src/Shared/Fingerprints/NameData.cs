using System.Collections.Frozen;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>The rules of <c>names.txt</c>: which programs run others, and where their command lines name them.</summary>
internal sealed class NameData
{
    /// <summary>Options by interpreter; the value says what the option means for the name.</summary>
    public FrozenDictionary<string, FrozenDictionary<string, OptionMeaning>> Interpreters { get; }

    public static NameData Default { get; } = Load();

    private NameData(Dictionary<string, FrozenDictionary<string, OptionMeaning>> interpreters) =>
        Interpreters = interpreters.ToFrozenDictionary(StringComparer.Ordinal);

    /// <exception cref="InvalidDataException">A line of another form; says which.</exception>
    public static NameData Parse(TextReader text)
    {
        var interpreters = new Dictionary<string, FrozenDictionary<string, OptionMeaning>>();
        int number = 0;
        while (text.ReadLine() is { } line)
        {
            number++;
            string[] fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            switch (fields)
            {
                case [] or [['#', ..], ..]:
                    break;
                case ["interpreter", var name, .. var options]:
                    interpreters[name] = options.ToFrozenDictionary(option => option.TrimEnd('=', '!'), MeaningOf, StringComparer.Ordinal);
                    break;
                default:
                    throw new InvalidDataException($"names.txt, line {number}: not of the form 'interpreter NAME OPTIONS...': {line}");
            }
        }
        return new NameData(interpreters);
    }

    private static OptionMeaning MeaningOf(string option) => option[^1] switch
    {
        '=' => OptionMeaning.NamesTheProgram,
        '!' => OptionMeaning.IsTheProgram,
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

internal enum OptionMeaning
{
    /// <summary>The argument after it belongs to it.</summary>
    TakesAnArgument,

    /// <summary>The argument after it is the name.</summary>
    NamesTheProgram,

    /// <summary>The argument after it is program text: there is no name.</summary>
    IsTheProgram,
}
