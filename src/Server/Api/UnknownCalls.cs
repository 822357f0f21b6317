using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.AspNetCore.Routing.Template;
using Microsoft.Net.Http.Headers;
using OrphanBoard.Server.SignIn;

namespace OrphanBoard.Server.Api;

/// <summary>
/// What is asked of the API and is no call of it: 405 where the address is one, 404 where not. Routing's own 405 stands under no policy of ours, so that a
/// good token would be told 401.
/// </summary>
internal static class UnknownCalls
{
    private static readonly string[] Patterns = ["/api/{**rest}", "/openapi/{**rest}", "/metrics/{**rest}", "/healthz/{**rest}", "/readyz/{**rest}"];

    public static void MapUnknownCalls(this IEndpointRouteBuilder routes)
    {
        foreach (string pattern in Patterns)
            routes.Map(pattern, Answer).RequireAuthorization(SignInSetup.ReadApi).ExcludeFromDescription();
    }

    private static IResult Answer(HttpContext context, EndpointDataSource known)
    {
        string[] methods = [.. known.Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<HttpMethodMetadata>() is not null && IsAt(e, context.Request.Path))
            .SelectMany(e => e.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods)
            .Distinct(StringComparer.Ordinal)];
        if (methods.Length == 0)
            return Results.NotFound();
        context.Response.Headers[HeaderNames.Allow] = string.Join(", ", methods);
        return Results.StatusCode(StatusCodes.Status405MethodNotAllowed);
    }

    /// <summary>Whether the address is this endpoint's. The board's page for everything else begins with a parameter and does not count.</summary>
    private static bool IsAt(RouteEndpoint endpoint, PathString path) =>
        endpoint.RoutePattern.PathSegments is [{ Parts: [RoutePatternLiteralPart] }, ..]
        && new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), []).TryMatch(path, []);
}
