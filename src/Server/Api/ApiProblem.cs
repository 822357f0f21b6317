using Microsoft.AspNetCore.Diagnostics;
using OrphanBoard.Server.SignIn;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Api;

/// <summary>A request that cannot be answered as it was asked.</summary>
/// <param name="detail">One sentence for whoever asked: what is wrong, and what would be right.</param>
public sealed class ApiProblemException(int status, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public static ApiProblemException BadRequest(string detail) => new(StatusCodes.Status400BadRequest, detail);

    public static ApiProblemException NotFound(string detail) => new(StatusCodes.Status404NotFound, detail);
}

/// <summary>Errors of the paths that programs call: problem details (RFC 9457), whatever Accept says.</summary>
public static class ApiProblems
{
    public static void UseApiProblems(this IApplicationBuilder app) => app.UseWhen(
        context => MachinePaths.Contain(context.Request.Path),
        branch => branch
            .UseExceptionHandler(new ExceptionHandlerOptions
            {
                ExceptionHandler = AnswerException,
                SuppressDiagnosticsCallback = e => e.Exception is ApiProblemException or BadHttpRequestException,
            })
            .UseStatusCodePages(context => Results.Problem(
                statusCode: context.HttpContext.Response.StatusCode, detail: Explain(context.HttpContext)).ExecuteAsync(context.HttpContext)));

    private static Task AnswerException(HttpContext context)
    {
        (int status, string? detail) = context.Features.Get<IExceptionHandlerFeature>()?.Error switch
        {
            ApiProblemException e => (e.Status, e.Message),
            BadHttpRequestException e => (e.StatusCode, e.Message),
            _ => (StatusCodes.Status500InternalServerError, "the server failed; its log says why"),
        };
        return Results.Problem(statusCode: status, detail: detail).ExecuteAsync(context);
    }

    private static string? Explain(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status401Unauthorized when context.Request.Path.StartsWithSegments("/hubs") || context.Request.Path.StartsWithSegments(GuardRun.Path) => "send the agents' token: Authorization: Bearer (the file agent-token of the data directory)",
        StatusCodes.Status401Unauthorized => "send the API token: Authorization: Bearer (the file api-token of the data directory)",
        StatusCodes.Status403Forbidden when context.Request.Headers.Origin.Count > 0 => "a page of another origin may not ask",
        StatusCodes.Status429TooManyRequests => "too many ask at once; try again later",
        StatusCodes.Status404NotFound => "there is nothing at this address; /openapi/v1.json lists all there is",
        StatusCodes.Status405MethodNotAllowed => $"{context.Request.Method} is not for this address; {context.Response.Headers.Allow} is",
        _ => null,
    };
}
