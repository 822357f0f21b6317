using OrphanBoard.Server.Alerts;

namespace OrphanBoard.Server.Settings;

/// <summary>Puts settings together: command line over environment over <c>DIR/orphanboard.json</c> over defaults.</summary>
public static class SettingsReader
{
    public const string FileName = "orphanboard.json";
    private const string EnvironmentPrefix = "ORPHANBOARD_";

    /// <exception cref="SettingsException">Something in them is wrong.</exception>
    public static ServerSettings Read(IReadOnlyList<string> args)
    {
        CommandLine line = CommandLine.Parse(args);
        string directory = Path.GetFullPath(line.Data ?? FromEnvironment("DATA") ?? DefaultDirectory());
        SettingsFile file = ReadFile(Path.Combine(directory, FileName));
        int port = line.Port ?? file.Port ?? ServerSettings.DefaultPort;
        if (port is < 0 or > 65535)
            throw new SettingsException($"port {port} is not a number from 0 to 65535");

        AddressAllowList allow = AddressAllowList.Parse(file.Webhooks?.Allow ?? []);
        return new ServerSettings
        {
            DataDirectory = directory,
            Port = port,
            PublicUrl = ParsePublicUrl(file.PublicUrl),
            AnonymousMetrics = file.Metrics?.Anonymous ?? false,
            WebhookAllowList = allow,
            Webhooks = WebhookEndpoint.Parse(file.Webhooks?.Endpoints ?? [], allow),
            QuietLogin = line.QuietLogin,
            ExitWithParent = line.ExitWithParent,
        };
    }

    private static SettingsFile ReadFile(string path)
    {
        var configuration = new ConfigurationBuilder();
        if (Path.Exists(path))
        {
            SettingsFile.Check(path);
            configuration.AddJsonFile(path, optional: false, reloadOnChange: false);
        }
        try
        {
            return configuration.AddEnvironmentVariables(EnvironmentPrefix).Build().Get<SettingsFile>() ?? new SettingsFile();
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidDataException)
        {
            throw new SettingsException($"{EnvironmentPrefix}* or {path}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }

    private static Uri? ParsePublicUrl(string? text) => text switch
    {
        null or "" => null,
        _ when Uri.TryCreate(text, UriKind.Absolute, out Uri? url) && url.Scheme is "http" or "https" && url.Query.Length == 0 => url,
        _ => throw new SettingsException($"publicUrl '{text}' is not an http or https address without a query"),
    };

    /// <summary>XDG Base Directory Specification: state that persists over restarts.</summary>
    private static string DefaultDirectory()
    {
        string? state = Environment.GetEnvironmentVariable("XDG_STATE_HOME");
        if (string.IsNullOrEmpty(state) || !Path.IsPathRooted(state))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (home.Length == 0)
                throw new SettingsException("there is no home directory to keep data in: name a directory with --data DIR");
            state = Path.Combine(home, ".local", "state");
        }
        return Path.Combine(state, "orphanboard");
    }

    private static string? FromEnvironment(string name) =>
        Environment.GetEnvironmentVariable(EnvironmentPrefix + name) is { Length: > 0 } value ? value : null;
}
