using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http.HttpResults;

namespace OrphanBoard.Server.SignIn;

/// <summary><c>/login?t=...</c>: turns a one-time link into a cookie.</summary>
public static class LoginPage
{
    private const string StillSignedIn = "/";

    public static void MapLogin(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/login", LogIn).AllowAnonymous().RequireRateLimiting(SignInSetup.LoginLimit).ExcludeFromDescription();

    private static async Task<Results<RedirectHttpResult, ContentHttpResult>> LogIn(HttpContext context, string? t, LoginLinks links)
    {
        // A browser that only looks ahead must not use the link up (Sec-Purpose: prefetch, as in the Fetch standard).
        if (context.Request.Headers["Sec-Purpose"].ToString().Contains("prefetch", StringComparison.OrdinalIgnoreCase))
            return Page(context, "Not now", "This was asked for ahead of time. Open the link itself.", StatusCodes.Status503ServiceUnavailable);

        context.Response.Headers.CacheControl = "no-store";
        if (t is not null && links.Use(t))
        {
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, "owner")], SignInSetup.Browser);
            await context.SignInAsync(SignInSetup.Browser, new ClaimsPrincipal(identity), new AuthenticationProperties { IsPersistent = true });
            return TypedResults.LocalRedirect("/");
        }
        if ((await context.AuthenticateAsync(SignInSetup.Browser)).Succeeded)
            return TypedResults.LocalRedirect(StillSignedIn);
        return t is null
            ? Page(context, "Sign in", "Open the login link that OrphanBoard printed when it started.", StatusCodes.Status401Unauthorized)
            : Page(context, "This login link is not valid", "It works once, and only until OrphanBoard is restarted.", StatusCodes.Status401Unauthorized);
    }

    private static ContentHttpResult Page(HttpContext context, string title, string sentence, int status)
    {
        // On its machine, whatever the name by which the browser has found it.
        string address = $"http://127.0.0.1:{context.Connection.LocalPort}";
        return TypedResults.Content(
        $"""
        <!doctype html>
        <html lang="en">
        <head>
          <meta charset="utf-8">
          <meta name="viewport" content="width=device-width, initial-scale=1">
          <title>{title} · OrphanBoard</title>
          <link rel="icon" type="image/svg+xml" href="/favicon.svg">
          <link rel="stylesheet" href="/css/login.css">
        </head>
        <body>
          <main>
            <h1>{title}</h1>
            <p>{sentence}</p>
            <p>For a new link, restart OrphanBoard, or ask for one on its machine with the token in <code>api-token</code> of its data directory:</p>
            <pre>curl -X POST -H "Authorization: Bearer $(cat ~/.local/state/orphanboard/api-token)" {address}/api/v1/login-links</pre>
          </main>
        </body>
        </html>
        """, "text/html; charset=utf-8", statusCode: status);
    }
}
