using System.Reflection;

namespace OrphanBoard.Zoo;

/// <summary>Where the repository's parts lie.</summary>
internal static class Places
{
    public static readonly string Root = Metadata("RepositoryRoot");

    public static readonly string Schema = Path.Combine(Root, "docs/contract/scan.schema.json");

    /// <summary>Where each rule has its page.</summary>
    public static readonly string RulePages = Path.Combine(Root, "docs/rules");

    /// <summary>Where the compiled specimens lie.</summary>
    public static readonly string Programs = Path.Combine(Root, "artifacts/zoo");

    /// <summary>A compiled specimen.</summary>
    public static string Program(string name) => Path.Combine(Programs, name);

    /// <summary>A specimen that is a script.</summary>
    public static string Script(string name) => Path.Combine(Root, "tests/Zoo/Specimens", name);

    /// <summary>
    /// The agent under test: <c>ORPHAN_AGENT</c>, or the newer one of the published native program and the one built with these tests.
    /// </summary>
    public static string Agent()
    {
        if (Environment.GetEnvironmentVariable("ORPHAN_AGENT") is { Length: > 0 } given)
            return given;
        string published = Path.Combine(Root, "artifacts/orphan-agent");
        string built = Path.Combine(Root, "src/Agent/bin", Metadata("Configuration"), "net10.0", "orphan-agent");
        return File.GetLastWriteTimeUtc(published) >= File.GetLastWriteTimeUtc(built + ".dll") ? published : built;
    }

    /// <summary>Where cgroups of version 2 are mounted, if groups can be made there; else null.</summary>
    public static string? WritableCgroup2 { get; } = File.ReadLines("/proc/self/mountinfo")
        .FirstOrDefault(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal) && line.Split(' ')[5].Split(',')[0] == "rw")?.Split(' ')[4] is { } root
        && Environment.IsPrivilegedProcess ? root : null;

    public static bool IsInstalled(string program) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    private static string Metadata(string key) =>
        typeof(Places).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == key).Value!;
}
