using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The name of a program, free of what changes from run to run: directories, pids, ports, hashes, versions. An interpreter gives the name
/// of what it runs.
/// </summary>
public static partial class NameNormalizer
{
    /// <param name="cmdline">Argument vector; null or empty where it could not be read.</param>
    /// <param name="comm">comm, cut at 15 bytes: used only where there is no argument vector.</param>
    public static string Of(IReadOnlyList<string>? cmdline, string comm)
    {
        if (cmdline is not { Count: > 0 } || cmdline[0].Length == 0)
            return Strip(comm);
        // Programs that rewrite their title put it into the first argument: "postgres: writer process".
        string program = Strip(BaseName(cmdline[0].TrimStart('-').Split(' ')[0].TrimEnd(':')));
        return NameData.Default.Interpreters.TryGetValue(program, out FrozenDictionary<string, OptionMeaning>? options)
            ? NameOfScript(program, options, cmdline)
            : program;
    }

    /// <summary>An argument with temporary paths, numbers and hashes taken out: <c>/tmp/x81/run --port=8080</c> -> <c>/tmp/* --port=#</c>.</summary>
    public static string Argument(string argument)
    {
        argument = TemporaryPath().Replace(argument, "/tmp/*");
        argument = Uuid().Replace(argument, "#");
        argument = HexRun().Replace(argument, match => match.Value.Any(char.IsAsciiDigit) ? "#" : match.Value);
        return Digits().Replace(argument, "#");
    }

    private static string NameOfScript(string interpreter, FrozenDictionary<string, OptionMeaning> options, IReadOnlyList<string> cmdline)
    {
        for (int i = 1; i < cmdline.Count; i++)
        {
            string argument = cmdline[i];
            if (!argument.StartsWith('-'))
                return Strip(BaseName(argument));
            if (!options.TryGetValue(argument, out OptionMeaning meaning))
                continue;
            if (meaning == OptionMeaning.IsTheProgram)
                return $"{interpreter} {argument}";
            i++;
            if (meaning == OptionMeaning.NamesTheProgram && i < cmdline.Count)
                return Strip(BaseName(cmdline[i]));
        }
        return interpreter;
    }

    private static string BaseName(string path)
    {
        string trimmed = path.TrimEnd('/');
        return trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }

    private static string Strip(string name)
    {
        string stripped = Uuid().Replace(name, "");
        stripped = HexSuffix().Replace(stripped, match => match.Value.Any(char.IsAsciiDigit) ? "" : match.Value);
        stripped = NumberSuffix().Replace(stripped, "");
        return stripped.Length == 0 ? name : stripped;
    }

    [GeneratedRegex(@"[-_.]?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")]
    private static partial Regex Uuid();

    /// <summary>A run of six or more hexadecimal digits behind a separator, at the end or before the next one.</summary>
    [GeneratedRegex(@"[-_.@][0-9a-f]{6,}(?=$|[-_.@])")]
    private static partial Regex HexSuffix();

    /// <summary>Pids, ports and versions behind a separator: <c>-4711</c>, <c>:8080</c>, <c>-1.2.3</c>, at the end or before the file's ending.</summary>
    [GeneratedRegex(@"[-_.:@#]v?[0-9]+(\.[0-9]+)*(?=$|\.[A-Za-z]|[-_])")]
    private static partial Regex NumberSuffix();

    [GeneratedRegex(@"(?:/var)?/tmp/[^\s/]+(?:/[^\s]*)?|/run/user/[0-9]+/[^\s]*")]
    private static partial Regex TemporaryPath();

    [GeneratedRegex(@"\b[0-9a-f]{6,}\b")]
    private static partial Regex HexRun();

    [GeneratedRegex(@"[0-9]+")]
    private static partial Regex Digits();
}
