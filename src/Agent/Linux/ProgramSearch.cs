namespace OrphanBoard.Agent.Linux;

/// <summary>Finds a program as execvp(3) does.</summary>
internal static class ProgramSearch
{
    private const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Path of a program by its name; null: it is not installed.</summary>
    /// <param name="path">Value of PATH. Entries that are relative are passed over: what lies in the current directory is no tool of this machine.</param>
    internal static string? Find(string name, string path) => path.Split(':')
        .Where(Path.IsPathFullyQualified)
        .Select(directory => Path.Combine(directory, name))
        .FirstOrDefault(IsProgram);

    private static bool IsProgram(string file)
    {
        try
        {
            return File.Exists(file) && (File.GetUnixFileMode(file) & AnyExecute) != 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
