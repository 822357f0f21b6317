using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace OrphanBoard.EndToEnd.Running;

/// <summary>The REST API as a script would use it: docs/contract/api.md.</summary>
internal sealed class Api : IDisposable
{
    private readonly HttpClient _client;

    public Api(Uri address, string token)
    {
        _client = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(10) };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public Uri Address => _client.BaseAddress!;

    public async Task<JsonElement> GetAsync(string path)
    {
        using HttpResponseMessage answer = await _client.GetAsync($"/api/v1/{path}");
        answer.EnsureSuccessStatusCode();
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>
    /// Deadlocks that this process is in: whatever else hangs on this machine is none of our business. None where the server does not answer.
    /// </summary>
    public async Task<Episode[]> DeadlocksAsync(int pid, string state)
    {
        try
        {
            List<Episode> found = [];
            foreach (JsonElement item in (await GetAsync($"episodes?class=deadlock&limit=1000&state={state}")).GetProperty("items").EnumerateArray())
            {
                JsonElement episode = await GetAsync($"episodes/{item.GetProperty("id").GetString()}");
                if (episode.GetProperty("finding").GetProperty("pids").EnumerateArray().Any(member => member.GetInt32() == pid))
                    found.Add(Episode.Of(episode));
            }
            return [.. found];
        }
        catch (HttpRequestException)
        {
            return [];
        }
    }

    /// <summary>When the server last heard of its only host; the beginning of time where it does not answer or has none.</summary>
    public async Task<DateTimeOffset> LastSeenAsync()
    {
        try
        {
            return (await GetAsync("hosts")).GetProperty("items").EnumerateArray()
                .Where(host => host.GetProperty("state").GetString() == "online")
                .Select(host => host.GetProperty("lastSeen").GetDateTimeOffset())
                .SingleOrDefault();
        }
        catch (HttpRequestException)
        {
            return default;
        }
    }

    public void Dispose() => _client.Dispose();
}

internal sealed record Episode(string Id, string HostId, string Class, string Confidence, string Rule, string Shape, string Summary, DateTimeOffset FirstSeen, string? EndReason)
{
    public static Episode Of(JsonElement json) => new(
        Text(json, "id"), Text(json, "hostId"), Text(json, "class"), Text(json, "confidence"), Text(json, "rule"),
        Text(json.GetProperty("fingerprint"), "shape"), Text(json, "summary"), json.GetProperty("firstSeen").GetDateTimeOffset(),
        json.GetProperty("endReason").GetString());

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
