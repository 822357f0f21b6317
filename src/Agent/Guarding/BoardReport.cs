using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using OrphanBoard.Agent.Commands;
using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Guarding;

/// <summary>
/// Tells the server what a run under guard found. One request and no stream: the host may have an agent of its own, and a stream of another one would end its.
/// </summary>
/// <param name="Answer">What the server knows of the findings; null: it was not told, for <paramref name="Failure"/> or because there was nothing to tell.</param>
/// <param name="Failure">One line; null: none.</param>
public sealed record BoardReport(GuardAnswer? Answer, string? Failure)
{
    /// <summary>For all attempts together: a build does not wait for a board.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private const int MaxAnswerBytes = 1024 * 1024;

    /// <summary>Sends it, again where an answer was lost: the server knows the run by its id. Never throws; takes 10 seconds at most.</summary>
    /// <param name="server">Base address.</param>
    /// <param name="token">The agents' token.</param>
    public static async Task<BoardReport> SendAsync(Uri server, string token, GuardOutcome outcome, CiJob job, CancellationToken cancellation)
    {
        if (GuardRuns.Of(outcome, job, Guid.NewGuid(), CommandLine.Version) is not { } run)
            return new BoardReport(null, null);
        byte[] body = JsonSerializer.SerializeToUtf8Bytes(run, WireJson.Default.GuardRun);
        if (body.Length > GuardRun.MaxBytes)
            return Failed($"the findings have {body.Length} bytes, at most {GuardRun.MaxBytes} are taken");
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { MaxResponseContentBufferSize = MaxAnswerBytes, Timeout = Timeout.InfiniteTimeSpan };
        string why = "it did not answer";
        try
        {
            while (true)
            {
                try
                {
                    using HttpResponseMessage answer = await PostAsync(client, new Uri(server, GuardRun.Path), token, body, limit.Token);
                    if (answer.IsSuccessStatusCode)
                        return new BoardReport(await ReadAsync(answer, limit.Token), null);
                    why = await ReasonAsync(answer, limit.Token);
                    if (answer.StatusCode is < HttpStatusCode.InternalServerError and not HttpStatusCode.TooManyRequests)
                        return Failed(why);
                }
                catch (Exception e) when (e is HttpRequestException or IOException)
                {
                    why = InnermostMessage(e);
                }
                await Task.Delay(Pause, limit.Token);
            }
        }
        catch (OperationCanceledException)
        {
            return Failed(why);
        }
        catch (JsonException)
        {
            return Failed("its answer is none of an OrphanBoard server");
        }

        BoardReport Failed(string reason) => new(null, $"the board at {VisibleText.Of(server.GetLeftPart(UriPartial.Authority))} was not told: {VisibleText.Of(reason)}");
    }

    private static async Task<HttpResponseMessage> PostAsync(HttpClient client, Uri address, string token, byte[] body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return await client.SendAsync(request, cancellation);
    }

    private static async Task<GuardAnswer> ReadAsync(HttpResponseMessage answer, CancellationToken cancellation) =>
        JsonSerializer.Deserialize(await answer.Content.ReadAsByteArrayAsync(cancellation), WireJson.Default.GuardAnswer) is { Board: not null, Findings.IsDefault: false } good
            ? good
            : throw new JsonException();

    /// <summary>What the server says of it (RFC 9457), or the status.</summary>
    private static async Task<string> ReasonAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        if (answer.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            return "the token is not accepted; it is the one that the server keeps as agent-token in its data directory";
        string status = $"it answered {(int)answer.StatusCode}";
        if (answer.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return status;
        try
        {
            using JsonDocument problem = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellation));
            return problem.RootElement.ValueKind == JsonValueKind.Object && problem.RootElement.TryGetProperty("detail", out JsonElement detail) && detail.ValueKind == JsonValueKind.String
                ? $"{status}, {detail.GetString()}"
                : status;
        }
        catch (JsonException)
        {
            return status;
        }
    }

    private static string InnermostMessage(Exception error) => error.InnerException is { } inner ? InnermostMessage(inner) : error.Message;
}
