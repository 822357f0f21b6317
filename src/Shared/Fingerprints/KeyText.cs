using System.Security.Cryptography;
using System.Text;

namespace OrphanBoard.Shared.Fingerprints;

/// <summary>Keys as people see them: 26 characters of lower-case base32 (RFC 4648, section 6, without padding), the first 130 bits of a SHA-256.</summary>
public static class KeyText
{
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz234567";
    private const int Characters = 26;

    /// <summary>Key of a canonical text, with the algorithm's version: <c>v1-</c> and 26 characters.</summary>
    public static string Of(string canonicalText) => $"v{Fingerprinter.Version}-{Hash(canonicalText)}";

    /// <summary>26 characters.</summary>
    public static string Hash(string text)
    {
        ReadOnlySpan<byte> digest = SHA256.HashData(Encoding.UTF8.GetBytes(text));
        Span<char> key = stackalloc char[Characters];
        for (int i = 0; i < Characters; i++)
        {
            int bit = i * 5;
            int pair = digest[bit / 8] << 8 | digest[bit / 8 + 1];
            key[i] = Alphabet[pair >> (11 - bit % 8) & 31];
        }
        return new string(key);
    }
}
