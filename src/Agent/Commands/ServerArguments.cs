namespace OrphanBoard.Agent.Commands;

/// <summary>The options of all commands that talk to a server.</summary>
internal static class ServerArguments
{
    /// <exception cref="UsageException">There is none, or it is no URL.</exception>
    internal static Uri ServerOf(Arguments arguments, string command)
    {
        string text = arguments.Value("--server") ?? throw new UsageException($"{command}: --server URL is missing; see 'orphan-agent {command} --help'");
        return Uri.TryCreate(text, UriKind.Absolute, out Uri? server) && server.Scheme is "http" or "https"
            ? server
            : throw new UsageException($"--server '{text}': it must be a URL such as http://127.0.0.1:5170");
    }

    /// <exception cref="UsageException">No file is named.</exception>
    /// <exception cref="InvalidDataException">There is none, or what is in it is no token.</exception>
    internal static string TokenOf(Arguments arguments, string command)
    {
        string path = arguments.Value("--token-file") ?? throw new UsageException($"{command}: --token-file FILE is missing; see 'orphan-agent {command} --help'");
        if (!File.Exists(path))
            throw new InvalidDataException($"token file {path}: there is no such file; the server keeps it as agent-token in its data directory");
        string token = File.ReadAllText(path).Trim();
        return token.Length is > 0 and <= 4096 && !token.Any(c => char.IsWhiteSpace(c) || char.IsControl(c))
            ? token
            : throw new InvalidDataException($"token file {path}: it must hold one token and nothing else");
    }
}
