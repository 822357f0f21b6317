using System.Collections.Immutable;

namespace OrphanBoard.Agent.Guarding;

/// <summary>Which processes are servers of build tools that are meant to outlive a command: data, build-servers.txt.</summary>
internal static class BuildServers
{
    private static readonly Lazy<ImmutableArray<(string Word, string? Other)>> Known = new(Read);

    /// <param name="cmdline">Argument vector; null: not readable, so not known as one.</param>
    public static bool Has(ImmutableArray<string>? cmdline)
    {
        if (cmdline is not { } words)
            return false;
        foreach ((string word, string? other) in Known.Value)
        {
            if (words.Any(argument => argument[(argument.LastIndexOf('/') + 1)..] == word) && (other is null || words.Any(argument => argument.Contains(other, StringComparison.OrdinalIgnoreCase))))
                return true;
        }
        return false;
    }

    private static ImmutableArray<(string, string?)> Read()
    {
        using var text = new StreamReader(typeof(BuildServers).Assembly.GetManifestResourceStream("build-servers.txt")!);
        var known = ImmutableArray.CreateBuilder<(string, string?)>();
        while (text.ReadLine() is { } line)
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) is [var word, .. var rest] && !word.StartsWith('#'))
                known.Add((word, rest is [var other] ? other : null));
        }
        return known.ToImmutable();
    }
}
