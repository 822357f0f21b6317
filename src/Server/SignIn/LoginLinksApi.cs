namespace OrphanBoard.Server.SignIn;

/// <summary>New login links for whoever holds the API token.</summary>
public static class LoginLinksApi
{
    public static void MapLoginLinks(this IEndpointRouteBuilder api) =>
        api.MapPost("/login-links", MakeLink).WithTags("Sign-in").RequireAuthorization(SignInSetup.ChangeApi)
            .WithName("makeLoginLink").WithSummary("A new one-time login link to the board, good for 15 minutes. The API token only, no cookie.");

    private static async Task<LoginLink> MakeLink(LoginLinks links, TimeProvider time) =>
        new(await links.Make(LoginLinks.Lifetime), time.GetUtcNow() + LoginLinks.Lifetime);
}

public sealed record LoginLink(string Url, DateTimeOffset ExpiresAt);
