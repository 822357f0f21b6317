using System.Buffers;

namespace OrphanBoard.Agent.Guarding;

/// <summary>What is checked out, as the files of the repository say: no git has to be there for it. See gitrepository-layout(5).</summary>
/// <param name="Commit">Null: no repository, no commit yet, or not to be found out.</param>
/// <param name="Branch">Null: as above, or no branch is checked out.</param>
public sealed record GitHead(string? Commit, string? Branch)
{
    private const string Heads = "refs/heads/";

    /// <summary>A HEAD, a ref, a line of text.</summary>
    private const int MostBytes = 4096;

    /// <summary>Larger ones are not searched.</summary>
    private const int MostPackedBytes = 64 * 1024 * 1024;

    /// <summary>A ref may name another one, and so on.</summary>
    private const int MostHops = 5;

    private static readonly GitHead Unknown = new(null, null);
    private static readonly SearchValues<char> Hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>SHA-1 or SHA-256, in full.</summary>
    public static bool IsCommit(string? text) => text is { Length: 40 or 64 } && !text.AsSpan().ContainsAnyExcept(Hexadecimal);

    /// <param name="folder">Anywhere in a working tree.</param>
    public static GitHead Of(string folder)
    {
        try
        {
            for (DirectoryInfo? at = new(folder); at is not null; at = at.Parent)
                if (RepositoryOf(at.FullName) is { } repository)
                    return Read(repository);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
        }
        return Unknown;
    }

    // .git/                        a directory
    // gitdir: ../.git/worktrees/x  or a file that names it: further working trees, submodules
    private static string? RepositoryOf(string folder)
    {
        string git = Path.Combine(folder, ".git");
        if (Directory.Exists(git))
            return git;
        const string link = "gitdir: ";
        return ReadLine(git) is { } line && line.StartsWith(link, StringComparison.Ordinal) ? Path.GetFullPath(line[link.Length..], folder) : null;
    }

    private static GitHead Read(string repository)
    {
        // A further working tree has a HEAD of its own; branches are in the repository that it belongs to.
        string common = ReadLine(Path.Combine(repository, "commondir")) is { } path ? Path.GetFullPath(path, repository) : repository;
        string? content = ReadLine(Path.Combine(repository, "HEAD"));
        string? branch = TargetOf(content) is { } first && first.StartsWith(Heads, StringComparison.Ordinal) ? first[Heads.Length..] : null;
        for (int hop = 0; hop < MostHops && TargetOf(content) is { } name; hop++)
            content = ReadLine(Path.Combine(common, name)) ?? Packed(common, name);
        return new GitHead(IsCommit(content) ? content : null, branch);
    }

    // ref: refs/heads/main
    private static string? TargetOf(string? content)
    {
        const string mark = "ref: ";
        return content is not null && content.StartsWith(mark + "refs/", StringComparison.Ordinal) && !content.Contains("..", StringComparison.Ordinal)
            ? content[mark.Length..]
            : null;
    }

    // # pack-refs with: peeled fully-peeled sorted
    // 335dbfa0... refs/heads/main
    // ^b6b7dbd1...                 what the tag above it names
    private static string? Packed(string common, string name)
    {
        string path = Path.Combine(common, "packed-refs");
        if (!IsPlainFile(path, MostPackedBytes))
            return null;
        foreach (string line in File.ReadLines(path))
            if (line.EndsWith(name, StringComparison.Ordinal) && line.Split(' ', 2) is [var commit, var named] && named == name)
                return commit;
        return null;
    }

    private static string? ReadLine(string path) => IsPlainFile(path, MostBytes) ? File.ReadAllText(path).Trim() : null;

    /// <summary>A FIFO in the place of one of them, which would hold whoever opens it, has no length.</summary>
    private static bool IsPlainFile(string path, int most) => new FileInfo(path) is { Exists: true } file && Target(file).Length is var length && length > 0 && length <= most;

    private static FileInfo Target(FileInfo file) => file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
}
