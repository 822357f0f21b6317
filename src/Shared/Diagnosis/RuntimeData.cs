using System.Collections.Immutable;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>The lines of <c>runtimes.txt</c>: what runtimes do by themselves and nobody is to blame for.</summary>
internal sealed record RuntimeData(ImmutableArray<string> ConsoleDuplicates, ImmutableArray<string> OwnListeners)
{
    public static RuntimeData Default { get; } = Load();

    /// <exception cref="InvalidDataException">A line that is neither; says which.</exception>
    public static RuntimeData Parse(TextReader text)
    {
        var duplicates = ImmutableArray.CreateBuilder<string>();
        var listeners = ImmutableArray.CreateBuilder<string>();
        int number = 0;
        while (text.ReadLine() is { } line)
        {
            number++;
            switch (line.Split(' ', 2, StringSplitOptions.TrimEntries))
            {
                case [""] or [['#', ..], ..]:
                    break;
                case ["console-duplicates", var prefix]:
                    duplicates.Add(prefix);
                    break;
                case ["own-listener", var part]:
                    listeners.Add(part);
                    break;
                default:
                    throw new InvalidDataException($"runtimes.txt, line {number}: neither 'console-duplicates PREFIX' nor 'own-listener PART': {line}");
            }
        }
        return new RuntimeData(duplicates.ToImmutable(), listeners.ToImmutable());
    }

    private static RuntimeData Load()
    {
        using Stream stream = typeof(RuntimeData).Assembly.GetManifestResourceStream("runtimes.txt")
            ?? throw new InvalidOperationException("runtimes.txt is not embedded");
        using var reader = new StreamReader(stream);
        return Parse(reader);
    }
}
