using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace OrphanBoard.Server.SignIn;

/// <summary>One-time login links. Only hashes are kept, in memory: a restart makes them void.</summary>
public sealed class LoginLinks(TimeProvider time, ServerAddress address)
{
    /// <summary>A link made at request is for now.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(15);

    /// <summary>Bound of what is kept: the oldest are dropped.</summary>
    private const int MaxOutstanding = 64;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _expiryByHash = new(StringComparer.Ordinal);

    /// <param name="lifetime">Null: until it is used or the server ends.</param>
    public async Task<string> Make(TimeSpan? lifetime)
    {
        DateTimeOffset now = time.GetUtcNow();
        foreach ((string hash, DateTimeOffset expiry) in _expiryByHash.ToArray())
            if (expiry <= now)
                _expiryByHash.TryRemove(hash, out _);
        while (_expiryByHash.Count >= MaxOutstanding)
            _expiryByHash.TryRemove(_expiryByHash.MinBy(e => e.Value).Key, out _);

        string token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        _expiryByHash[Hash(token)] = lifetime is { } l ? now + l : DateTimeOffset.MaxValue;
        return $"{await address.Local}login?t={token}";
    }

    /// <returns>False: unknown, used or expired.</returns>
    public bool Use(string token) => _expiryByHash.TryRemove(Hash(token), out DateTimeOffset expiry) && expiry > time.GetUtcNow();

    private static string Hash(string token) => Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(token)));
}
