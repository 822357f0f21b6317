using System.Globalization;

namespace OrphanBoard.Server.Settings;

/// <summary>What was said on the command line; null where nothing was said.</summary>
public sealed record CommandLine
{
    public const string Usage =
        "usage: orphanboard-server [--port N] [--data DIR] [--exit-with-parent[=PID]] [--quiet-login]";

    public int? Port { get; private init; }
    public string? Data { get; private init; }
    public bool QuietLogin { get; private init; }

    /// <inheritdoc cref="ServerSettings.ExitWithParent"/>
    public int? ExitWithParent { get; private init; }

    /// <summary>Takes <c>--name value</c> and <c>--name=value</c>.</summary>
    /// <exception cref="SettingsException">An argument is unknown, or has no value or a bad one.</exception>
    public static CommandLine Parse(IReadOnlyList<string> args)
    {
        CommandLine line = new();
        for (int i = 0; i < args.Count; i++)
        {
            (string name, string? value) = Split(args[i]);
            line = name switch
            {
                "--port" => line with { Port = ParsePort(value ?? Next(args, ref i)) },
                "--data" => line with { Data = value ?? Next(args, ref i) },
                "--quiet-login" when value is null => line with { QuietLogin = true },
                "--exit-with-parent" => line with { ExitWithParent = value is null ? 0 : ParsePid(value) },
                _ => throw Bad($"unknown argument '{args[i]}'; {Usage}"),
            };
        }
        return line;
    }

    /// <exception cref="SettingsException">Not a number from 0 to 65535.</exception>
    public static int ParsePort(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port <= 65535
            ? port
            : throw Bad($"port '{text}' is not a number from 0 to 65535");

    private static int ParsePid(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int pid) && pid > 0
            ? pid
            : throw Bad($"--exit-with-parent: '{text}' is not a pid");

    private static (string Name, string? Value) Split(string arg) =>
        arg.StartsWith("--", StringComparison.Ordinal) && arg.IndexOf('=') is > 0 and int at ? (arg[..at], arg[(at + 1)..]) : (arg, null);

    private static string Next(IReadOnlyList<string> args, ref int i) =>
        i + 1 < args.Count && args[i + 1].Length > 0 ? args[++i] : throw Bad($"{args[i]} needs a value; {Usage}");

    private static SettingsException Bad(string message) => new(message, SettingsException.BadUsage);
}
