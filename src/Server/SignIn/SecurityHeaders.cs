using System.Security.Cryptography;

namespace OrphanBoard.Server.SignIn;

/// <summary>The nonce of one request's scripts; the page writes it into its import map.</summary>
public sealed class CspNonce
{
    public string Value { get; } = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
}

/// <summary>Headers of every answer, and the check that a page of another site is not the one who asks.</summary>
public static class SecurityHeaders
{
    public static IApplicationBuilder UseSecurityHeaders(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        IHeaderDictionary headers = context.Response.Headers;
        string nonce = context.RequestServices.GetRequiredService<CspNonce>().Value;

        // style-src-attr: <Virtualize> sets heights in style attributes and breaks silently without it.
        headers.ContentSecurityPolicy =
            $"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
            + "connect-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()";
        return next(context);
    });

    /// <summary>
    /// WebSockets know no same-origin policy: a page anywhere may open one to 127.0.0.1 with this browser's cookies. So whoever sends an Origin must be of this
    /// origin, and agents, which are no browsers, send none.
    /// </summary>
    public static IApplicationBuilder UseOriginCheck(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        string? origin = context.Request.Headers.Origin;
        if (origin is null || (origin == $"{context.Request.Scheme}://{context.Request.Host}" && !context.Request.Path.StartsWithSegments("/hubs")))
            return next(context);
        if (HttpMethods.IsGet(context.Request.Method) && !context.WebSockets.IsWebSocketRequest && !MachinePaths.Contain(context.Request.Path))
            return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    });
}
