using System.Reflection;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>Where the repository's parts lie.</summary>
internal static class Places
{
    public static readonly string Root = typeof(Places).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(entry => entry.Key == "RepositoryRoot").Value!;

    public static readonly string Script = Path.Combine(Root, "orphanboard");

    public static readonly string Screenshots = Path.Combine(Root, "artifacts/screenshots");

    /// <summary>A compiled specimen of the zoo.</summary>
    public static string Specimen(string name) => Path.Combine(Root, "artifacts/zoo", name);

    public static string Browser => Environment.GetEnvironmentVariable("ORPHANBOARD_CHROMIUM") is { Length: > 0 } given ? given : "/usr/bin/chromium";
}
