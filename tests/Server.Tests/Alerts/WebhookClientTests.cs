using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Time.Testing;
using OrphanBoard.Server.Alerts;
using OrphanBoard.Server.Tests.Support;

namespace OrphanBoard.Server.Tests.Alerts;

public sealed class WebhookClientTests
{
    [Fact]
    public async Task Post_LoopbackUnderAName_IsRefusedWhenConnecting()
    {
        await using Receiver receiver = await Receiver.Start();
        using var client = new WebhookClient(AddressAllowList.Empty, TimeProvider.System);
        var endpoint = new WebhookEndpoint("x", WebhookKind.Generic, new Uri($"http://localhost:{receiver.Url.Port}/secret-path"), null);

        Attempt attempt = await client.Post(endpoint, "{}"u8.ToArray(), "msg_1");

        Assert.False(attempt.Delivered);
        Assert.Contains("webhooks.allow", attempt.Error);
        Assert.DoesNotContain("secret-path", attempt.Error);
        Assert.Equal(0, receiver.Waiting);
    }

    [Fact]
    public async Task Post_Redirect_IsAFailureAndNotFollowed()
    {
        await using Receiver elsewhere = await Receiver.Start();
        await using Receiver receiver = await Receiver.Start();
        receiver.Answers.Enqueue(r =>
        {
            r.StatusCode = 307;
            r.Headers.Location = elsewhere.Url.AbsoluteUri;
        });
        using var client = new WebhookClient(AddressAllowList.Parse(["127.0.0.0/8"]), TimeProvider.System);

        Attempt attempt = await client.Post(new WebhookEndpoint("x", WebhookKind.Generic, receiver.Url, null), "{}"u8.ToArray(), "msg_1");

        Assert.Equal("answered 307", attempt.Error);
        Assert.Equal(0, elsewhere.Waiting);
    }

    [Fact]
    public async Task Post_NobodyListens_IsAFailure()
    {
        using var client = new WebhookClient(AddressAllowList.Parse(["127.0.0.1"]), TimeProvider.System);

        Attempt attempt = await client.Post(new WebhookEndpoint("x", WebhookKind.Generic, new Uri("http://127.0.0.1:1/"), null), "{}"u8.ToArray(), "msg_1");

        Assert.False(attempt.Delivered);
        Assert.NotNull(attempt.Error);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.168.1.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.64.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::1")]
    [InlineData("::")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("fe80::1")]
    [InlineData("fd00::1")]
    [InlineData("ff02::1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::")]
    public void PublicAddress_NotForEverybody_IsNone(string address) => Assert.False(PublicAddress.Is(IPAddress.Parse(address)));

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("2606:4700::1111")]
    public void PublicAddress_Global_IsOne(string address) => Assert.True(PublicAddress.Is(IPAddress.Parse(address)));

    [Fact]
    public void AllowList_MappedAddress_IsTheIPv4One() =>
        Assert.True(AddressAllowList.Parse(["10.1.0.0/16"]).Contains(IPAddress.Parse("::ffff:10.1.2.3")));

    [Theory]
    [InlineData("30", 30)]
    [InlineData("0", 1)]
    [InlineData("86400", 3600)]
    public void RetryTimes_ReceiverAsksForSeconds_AreHonouredWithinBounds(string header, int seconds)
    {
        var time = new FakeTimeProvider();

        DateTimeOffset next = new RetryTimes(time, new Random(1)).Next(0, RetryConditionHeaderValue.Parse(header));

        Assert.Equal(TimeSpan.FromSeconds(seconds), next - time.GetUtcNow());
    }

    [Fact]
    public void RetryTimes_ReceiverAsksForADate_IsHonoured()
    {
        var time = new FakeTimeProvider();
        var date = new RetryConditionHeaderValue(time.GetUtcNow().AddSeconds(90));

        Assert.Equal(TimeSpan.FromSeconds(90), new RetryTimes(time, new Random(1)).Next(0, date) - time.GetUtcNow());
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(3, 40)]
    [InlineData(40, 3600)]
    public void RetryTimes_NothingAsked_HasFullJitterUpToItsCeiling(int attempts, int ceiling)
    {
        var time = new FakeTimeProvider();
        var retries = new RetryTimes(time, new Random(1));

        double[] waits = [.. Enumerable.Range(0, 1000).Select(_ => (retries.Next(attempts, null) - time.GetUtcNow()).TotalSeconds)];

        Assert.True(waits.Max() <= ceiling);
        Assert.True(waits.Max() > ceiling * 0.9);
        Assert.True(waits.Min() < ceiling * 0.1);
    }
}
