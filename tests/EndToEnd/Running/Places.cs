using System.Reflection;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>Where the repository's parts lie.</summary>
internal static class Places
{
    public static readonly string Root = Metadata("RepositoryRoot");

    public static readonly string Script = Path.Combine(Root, "orphanboard");

    public static readonly string Screenshots = Path.Combine(Root, "artifacts/screenshots");

    public static readonly string Artifacts = Path.Combine(Root, "artifacts");

    /// <summary>The benchmark program, for <c>dotnet</c>.</summary>
    public static readonly string Bench = Path.Combine(Root, "tests/Bench/bin", Metadata("Configuration"), "net10.0/OrphanBoard.Bench.dll");

    /// <summary>A compiled specimen of the zoo.</summary>
    public static string Specimen(string name) => Path.Combine(Root, "artifacts/zoo", name);

    /// <summary>Chromium without the interface that nobody sees, where that is installed: a page is there in two thirds of the time.</summary>
    public static string Browser => Environment.GetEnvironmentVariable("ORPHANBOARD_CHROMIUM") is { Length: > 0 } given ? given
        : File.Exists(HeadlessShell) ? HeadlessShell : "/usr/bin/chromium";

    private const string HeadlessShell = "/usr/bin/chromium-headless-shell";

    private static string Metadata(string key) => typeof(Places).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(entry => entry.Key == key).Value!;
}
