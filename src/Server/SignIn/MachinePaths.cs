namespace OrphanBoard.Server.SignIn;

/// <summary>Paths that programs call: errors there are problem details, never a page or a redirect.</summary>
public static class MachinePaths
{
    private static readonly PathString[] Prefixes = ["/api", "/hubs", "/openapi", "/metrics", "/healthz", "/readyz", "/_blazor"];

    public static bool Contain(PathString path) => Prefixes.Any(p => path.StartsWithSegments(p));
}
