using System.Text;
using System.Text.RegularExpressions;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>
/// The name of a program, free of what changes from run to run: directories, pids, ports, hashes, versions. An interpreter gives the name
/// of what it runs.
/// </summary>
public static partial class NameNormalizer
{
    /// <summary>comm is cut to so many bytes.</summary>
    private const int CommLength = 15;

    /// <param name="cmdline">Argument vector; null or empty where it could not be read.</param>
    /// <param name="comm">comm, cut at 15 bytes: stands for the name where there is no argument vector, and tells where a path with spaces ends.</param>
    public static string Of(IReadOnlyList<string>? cmdline, string comm)
    {
        if (cmdline is not { Count: > 0 } || cmdline[0].Length == 0)
            return Strip(comm.Length >= CommLength ? CutHash().Replace(comm, match => match.Length == 1 || HasDigit(match.Value) ? "" : match.Value) : comm, inTemporaryPlace: false);
        return Of(cmdline, at: 0, PathOf(cmdline, comm));
    }

    /// <summary>
    /// The program's path, without what follows where a program has put its title into the first argument: <c>postgres: writer process</c>, <c>/opt/chrome --type=renderer</c>. Directories have spaces in their names
    /// as well: the path ends where its last part is what comm has, or, if that was changed, with an absolute path that has arguments behind it, for a title takes the room of those.
    /// </summary>
    private static string PathOf(IReadOnlyList<string> cmdline, string comm)
    {
        string first = cmdline[0];
        for (int end = first.IndexOf(' ', StringComparison.Ordinal); end >= 0; end = end == first.Length ? -1 : first.IndexOf(' ', end + 1) is >= 0 and var next ? next : first.Length)
        {
            if (first[0] == '/' && IsNameOf(BaseName(first[..end]), comm))
                return first[..end];
        }
        return first[0] == '/' && cmdline.Skip(1).Any(argument => argument.Length > 0) ? first : FirstWord(first);
    }

    private static bool IsNameOf(string program, string comm) => program == comm || Encoding.UTF8.GetByteCount(comm) == CommLength && program.StartsWith(comm, StringComparison.Ordinal);

    private static string FirstWord(string argument) => argument.TrimStart('-').Split(' ')[0].TrimEnd(':');

    /// <summary>Whether a program of this name could be anybody's: <c>sh</c>, <c>sh -c</c>, <c>sleep</c>.</summary>
    public static bool SaysLittle(string name) => NameData.Default.Common.Contains(name.Split(' ')[0]);

    /// <summary>An argument with temporary paths, home directories, numbers and hashes taken out: <c>/tmp/x81/run --port=8080</c> -> <c>/tmp/* --port=#</c>.</summary>
    public static string Argument(string argument)
    {
        argument = TemporaryPath().Replace(argument, "/tmp/*");
        argument = HomeFolder().Replace(argument, "/home/*/");
        argument = Uuid().Replace(argument, "#");
        argument = HexRun().Replace(argument, match => HasDigit(match.Value) ? "#" : match.Value);
        return Digits().Replace(argument, "#");
    }

    private static string Of(IReadOnlyList<string> cmdline, int at, string path)
    {
        string program = Strip(BaseName(path), IsTemporary(path));
        if (InterpreterOf(program) is not { } interpreter)
            return program;
        return NameOfScript(interpreter, cmdline, at + 1);
    }

    /// <summary>By its name as it stands, or without the version: <c>ruby3</c>.</summary>
    private static Interpreter? InterpreterOf(string program) =>
        NameData.Default.Interpreters.GetValueOrDefault(program) ?? NameData.Default.Interpreters.GetValueOrDefault(program.TrimEnd("0123456789.".ToCharArray()));

    private static string NameOfScript(Interpreter interpreter, IReadOnlyList<string> cmdline, int at)
    {
        for (int i = at; i < cmdline.Count; i++)
        {
            string argument = cmdline[i];
            if (argument is "-")
                break;
            if (argument is "--" or "" || argument[0] == '@' || interpreter.IsWrapper && Assignment().IsMatch(argument))
                continue;
            if (!interpreter.TryMeaning(argument, out OptionMeaning meaning))
            {
                if (argument[0] is '-' or '+')
                    continue;
                return interpreter.IsWrapper ? Of(cmdline, i, FirstWord(argument)) : Strip(BaseName(argument), IsTemporary(argument));
            }
            switch (meaning)
            {
                case OptionMeaning.IsTheProgram:
                    return $"{interpreter.Name} {(interpreter.Options.ContainsKey(argument) ? argument : $"-{argument[^1]}")}";
                case OptionMeaning.BelongsToTheName:
                    return $"{interpreter.Name} {argument}";
                case OptionMeaning.NamesTheProgram when i + 1 < cmdline.Count:
                    return Strip(BaseName(cmdline[i + 1]), IsTemporary(cmdline[i + 1]));
                case OptionMeaning.SaysNothing:
                    break;
                default:
                    i++;
                    break;
            }
        }
        return interpreter.Name;
    }

    private static string BaseName(string path)
    {
        string trimmed = path.TrimEnd('/');
        return trimmed[(trimmed.LastIndexOf('/') + 1)..];
    }

    private static bool IsTemporary(string path) => TemporaryPath().IsMatch(path);

    private static string Strip(string name, bool inTemporaryPlace)
    {
        string stripped = WindowsEnding().Replace(name, "");
        stripped = Wrapped().Replace(stripped, "$1");
        if (inTemporaryPlace)
            stripped = TemporaryName().Replace(stripped, "tmp");
        stripped = Uuid().Replace(stripped, "");
        stripped = Hex().Replace(stripped, match => HasDigit(match.Value) ? "" : match.Value);
        stripped = LongNumber().Replace(stripped, "");
        stripped = Number().Replace(stripped, "");
        return stripped.Length == 0 ? name : stripped;
    }

    private static bool HasDigit(string text) => text.Any(char.IsAsciiDigit);

    [GeneratedRegex(@"[-_.]?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")]
    private static partial Regex Uuid();

    /// <summary>A run of six or more hexadecimal digits between separators, one of which goes with it. That words are of such letters alone happens: <c>facade</c>.</summary>
    [GeneratedRegex(@"[-_.@](?:[0-9a-f]{6,}|[0-9A-F]{6,})(?=$|[-_.@])|^(?:[0-9a-f]{6,}|[0-9A-F]{6,})[-_.@]")]
    private static partial Regex Hex();

    /// <summary>What is left of a hash where comm was cut.</summary>
    [GeneratedRegex(@"[-_.@][0-9a-f]{0,5}$")]
    private static partial Regex CutHash();

    /// <summary>Six digits and more are nobody's name wherever they stand: <c>jenkins1234567890.sh</c>.</summary>
    [GeneratedRegex(@"(?<=[A-Za-z])[0-9]{6,}(?=$|[-_.])")]
    private static partial Regex LongNumber();

    /// <summary>
    /// Pids, ports and versions behind a separator: <c>-4711</c>, <c>:8080</c>, <c>-1.2.3</c>, <c>[7]</c>, at the end, before the file's ending or within; but one or two
    /// digits that are not at the end are the name's own: <c>step-1.sh</c>, <c>x86_64-gcc</c>.
    /// </summary>
    [GeneratedRegex(@"\[[0-9]+\]$|[-_.:@#](?:v?[0-9]+(?:\.[0-9]+)*$|(?:v[0-9]+|[0-9]{3,}|v?[0-9]+(?:\.[0-9]+)+)(?=\.[A-Za-z]|[-_]))")]
    private static partial Regex Number();

    [GeneratedRegex(@"\.exe$", RegexOptions.IgnoreCase)]
    private static partial Regex WindowsEnding();

    /// <summary>Wrapped programs of the Nix store.</summary>
    [GeneratedRegex(@"^\.(.+)-wrapped$")]
    private static partial Regex Wrapped();

    /// <summary>As mkstemp(3) makes them, <c>tmp.k3J9x2Qa</c> and <c>tmpk3j9x_2a.py</c>: only where temporary files are.</summary>
    [GeneratedRegex(@"^tmp[._-]?[A-Za-z0-9_]{6,12}(?=$|\.)")]
    private static partial Regex TemporaryName();

    [GeneratedRegex(@"(?:/private)?(?:/var)?/tmp/[^\s/]+(?:/[^\s]*)?|/dev/shm/[^\s]+|/run/user/[0-9]+/[^\s]*")]
    private static partial Regex TemporaryPath();

    [GeneratedRegex(@"/home/[^/\s]+/|/Users/[^/\s]+/|/root/")]
    private static partial Regex HomeFolder();

    [GeneratedRegex(@"^[A-Za-z_][A-Za-z0-9_]*=")]
    private static partial Regex Assignment();

    [GeneratedRegex(@"\b[0-9a-f]{6,}\b")]
    private static partial Regex HexRun();

    [GeneratedRegex(@"[0-9]+")]
    private static partial Regex Digits();
}
