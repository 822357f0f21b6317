using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace OrphanBoard.Server.Alerts;

/// <summary>What came of one attempt.</summary>
/// <param name="Delivered">A 2xx, its body read.</param>
/// <param name="Gone">410: never use this endpoint again.</param>
/// <param name="Error">Null where it was delivered. Never the URL: that is a credential.</param>
/// <param name="RetryAfter">What the receiver asked for, as it stands in the header.</param>
public sealed record Attempt(bool Delivered, bool Gone, string? Error, RetryConditionHeaderValue? RetryAfter);

/// <summary>
/// Posts webhooks. The address is checked when connecting, after the name was resolved, so that no name can lead inside (SSRF); no redirect is followed, no
/// proxy of the environment used.
/// </summary>
public sealed class WebhookClient : IDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(10);

    /// <summary>More of an answer is not read.</summary>
    private const int MaxAnswerBytes = 64 * 1024;

    private readonly AddressAllowList _allow;
    private readonly TimeProvider _time;
    private readonly HttpClient _client;

    public WebhookClient(AddressAllowList allow, TimeProvider time)
    {
        _allow = allow;
        _time = time;
        _client = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = Connect,
            ConnectTimeout = Timeout,
            PooledConnectionLifetime = TimeSpan.FromMinutes(2),
            ActivityHeadersPropagator = null,
        })
        {
            Timeout = Timeout,
            MaxResponseContentBufferSize = MaxAnswerBytes,
        };
        _client.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("OrphanBoard", typeof(WebhookClient).Assembly.GetName().Version?.ToString(3)));
    }

    /// <param name="body">JSON.</param>
    /// <param name="webhookId">The same for each attempt of one message.</param>
    public async Task<Attempt> Post(WebhookEndpoint endpoint, byte[] body, string webhookId)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, endpoint.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        Sign(request.Headers, endpoint, body, webhookId);
        try
        {
            // Not cancelled by a shutdown: what has been sent and not heard of would have to be sent again.
            using HttpResponseMessage answer = await _client.SendAsync(request, CancellationToken.None);
            return answer.IsSuccessStatusCode
                ? new Attempt(true, false, null, null)
                : new Attempt(false, answer.StatusCode == HttpStatusCode.Gone, $"answered {(int)answer.StatusCode}", answer.Headers.RetryAfter);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or IOException)
        {
            return new Attempt(false, false, e is OperationCanceledException ? $"no answer within {Timeout.TotalSeconds} s" : e.GetBaseException().Message, null);
        }
    }

    public void Dispose() => _client.Dispose();

    /// <summary>Standard Webhooks 1.0: HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
    private void Sign(HttpRequestHeaders headers, WebhookEndpoint endpoint, byte[] body, string webhookId)
    {
        string timestamp = _time.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        headers.Add("webhook-id", webhookId);
        headers.Add("webhook-timestamp", timestamp);
        if (endpoint.Secret is not { } secret)
            return;
        byte[] signature = HMACSHA256.HashData(secret.AsSpan(), [.. Encoding.UTF8.GetBytes($"{webhookId}.{timestamp}."), .. body]);
        headers.Add("webhook-signature", "v1," + Convert.ToBase64String(signature));
    }

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken ct)
    {
        IPAddress[] addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, ct);
        bool encrypted = context.InitialRequestMessage.RequestUri?.Scheme == Uri.UriSchemeHttps;
        IPAddress[] permitted = [.. addresses.Where(a => _allow.Contains(a) || (encrypted && PublicAddress.Is(a)))];
        if (permitted.Length == 0)
            throw new HttpRequestException($"refused to connect to {string.Join(", ", addresses.Take(3))}: no public https address, and not in webhooks.allow");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(permitted, context.DnsEndPoint.Port, ct);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
