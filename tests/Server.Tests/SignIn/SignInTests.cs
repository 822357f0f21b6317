using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using OrphanBoard.Server.Tests.Support;

namespace OrphanBoard.Server.Tests.SignIn;

public sealed class SignInTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task LoginLink_Used_SignsInOnce()
    {
        await using TestServer server = await TestServer.Start();
        string link = await server.LoginLink();
        using HttpClient browser = Browser(server), other = Browser(server);

        HttpResponseMessage answer = await browser.GetAsync(link, Cancellation);
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        string cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie);
        Assert.Contains("samesite=lax", cookie);
        Assert.Equal(HttpStatusCode.OK, (await browser.GetAsync("/api/v1/hosts", Cancellation)).StatusCode);

        // Used up for everybody else; whoever is signed in is just led to the board.
        HttpResponseMessage again = await other.GetAsync(link, Cancellation);
        Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
        Assert.Contains("not valid", await again.Content.ReadAsStringAsync(Cancellation));
        Assert.Equal(HttpStatusCode.Redirect, (await browser.GetAsync(link, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task LoginLink_BrowserOnlyLooksAhead_IsNotUsedUp()
    {
        await using TestServer server = await TestServer.Start();
        string link = await server.LoginLink();
        using HttpClient browser = Browser(server);
        using var prefetch = new HttpRequestMessage(HttpMethod.Get, link);
        prefetch.Headers.Add("Sec-Purpose", "prefetch");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await browser.SendAsync(prefetch, Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Redirect, (await browser.GetAsync(link, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task LoginLink_AskedForWithTheApiToken_Works()
    {
        await using TestServer server = await TestServer.Start();
        using HttpClient browser = Browser(server);

        HttpResponseMessage made = await server.Api.PostAsync("/api/v1/login-links", null, Cancellation);
        string link = (await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("url").GetString()!;

        Assert.Equal(HttpStatusCode.Redirect, (await browser.GetAsync(link, Cancellation)).StatusCode);

        // A cookie reads, it does not make links.
        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.PostAsync("/api/v1/login-links", null, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Cookie_ServerRestarted_IsStillGood_LinksAreNot()
    {
        await using TestServer server = await TestServer.Start();
        var cookies = new CookieContainer();
        using (HttpClient browser = Browser(server, cookies))
            await browser.GetAsync(await server.LoginLink(), Cancellation);
        string unused = new Uri(await server.LoginLink()).PathAndQuery;

        await server.Restart();

        using HttpClient again = Browser(server, cookies), stranger = Browser(server);
        Assert.Equal(HttpStatusCode.OK, (await again.GetAsync("/api/v1/hosts", Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(unused, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Page_NotSignedIn_IsLedToTheLoginPage()
    {
        await using TestServer server = await TestServer.Start();
        using HttpClient browser = Browser(server);

        HttpResponseMessage answer = await browser.GetAsync("/", Cancellation);

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        Assert.Equal("/login", answer.Headers.Location?.OriginalString);
        string page = await (await browser.GetAsync("/login", Cancellation)).Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("restart OrphanBoard", page);
        Assert.Contains($"http://127.0.0.1:{server.Api.BaseAddress!.Port}/api/v1/login-links", page);
    }

    [Fact]
    public async Task Hub_BrowsersCookie_DoesNotOpenIt()
    {
        await using TestServer server = await TestServer.Start();
        using HttpClient browser = Browser(server);
        await browser.GetAsync(await server.LoginLink(), Cancellation);

        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.GetAsync("/hubs/agent", Cancellation)).StatusCode);
    }

    [Theory]
    [InlineData("/hubs/agent")]
    [InlineData("/api/v1/hosts")]
    [InlineData("/_blazor")]
    public async Task Request_FromAPageOfAnotherOrigin_Is403(string path)
    {
        await using TestServer server = await TestServer.Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("Origin", "http://evil.example");

        Assert.Equal(HttpStatusCode.Forbidden, (await server.Api.SendAsync(request, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Request_UnderAnotherHostName_Is400()
    {
        await using TestServer server = await TestServer.Start();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/healthz") { Headers = { Host = "rebound.example" } };

        Assert.Equal(HttpStatusCode.BadRequest, (await server.Api.SendAsync(request, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Answer_Any_CarriesAStrictPolicy()
    {
        await using TestServer server = await TestServer.Start();
        using HttpClient browser = Browser(server);

        HttpResponseMessage answer = await browser.GetAsync("/login", Cancellation);

        string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.Contains("default-src 'self'", policy);
        Assert.Contains("frame-ancestors 'none'", policy);
        Assert.DoesNotContain("'unsafe-eval'", policy);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    private static HttpClient Browser(TestServer server, CookieContainer? cookies = null) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, CookieContainer = cookies ?? new CookieContainer() }) { BaseAddress = server.Address };
}
