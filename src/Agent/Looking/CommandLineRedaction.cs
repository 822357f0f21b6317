using System.Buffers;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Takes secrets out of argument vectors before anything else sees them. A secret becomes <c>[redacted:1f3a9c2e]</c>, a keyed hash:
/// equal secrets stay equal, and without the key nobody can try guesses against it. In doubt too much is taken out.
/// </summary>
/// <param name="key">Key of the hash; random, kept in memory only.</param>
public sealed partial class CommandLineRedaction(byte[] key)
{
    private const string Mark = "[redacted:";

    /// <summary>With a new random key: hashes compare within one run of the agent.</summary>
    public static CommandLineRedaction WithRandomKey() => new(RandomNumberGenerator.GetBytes(32));

    public ImmutableArray<string> Redact(ImmutableArray<string> arguments)
    {
        string[] shown = new string[arguments.Length];
        bool glued = arguments is [var program, ..] && GluedPasswordPrograms.Contains(program[(program.LastIndexOf('/') + 1)..]);
        for (int i = 0; i < shown.Length; i++)
        {
            string argument = arguments[i];
            string before = i > 0 ? arguments[i - 1] : "";
            if (IsSecretOption(before) && !argument.StartsWith('-'))
                shown[i] = Hide(argument);
            else if (before is "-u" or "--user" or "--proxy-user" && UserColonSecret().Match(argument) is { Success: true } user)
                shown[i] = user.Groups["user"].Value + Hide(user.Groups["secret"].Value);
            else if (glued && argument.StartsWith("-p", StringComparison.Ordinal) && argument.Length > 2)
                shown[i] = "-p" + Hide(argument[2..]);
            else
                shown[i] = RedactText(argument);
        }
        return ImmutableArray.Create(shown);
    }

    private string RedactText(string argument)
    {
        // Most arguments hold none of what each pattern needs. (Beyond ASCII more letters than these are the same to a pattern that ignores case.)
        if (Ascii.IsValid(argument) && !argument.AsSpan().ContainsAny(Traces))
            return argument;
        // password=two words: an argument of its own is one value to its end.
        if (WholeArgument().Match(argument) is { Success: true } whole && !NamesNoSecret(whole.Groups["key"].Value))
            return argument[..whole.Groups["secret"].Index] + Hide(whole.Groups["secret"].Value);
        foreach (Regex pattern in Patterns)
        {
            argument = pattern.Replace(argument, match =>
            {
                Group secret = match.Groups["secret"];
                if (match.Groups["key"] is { Success: true } name && NamesNoSecret(name.Value))
                    return match.Value;
                int start = secret.Index - match.Index;
                return match.Value[..start] + Hide(secret.Value) + match.Value[(start + secret.Length)..];
            });
        }
        return argument;
    }

    private string Hide(string secret)
    {
        if (secret.Length == 0 || secret.StartsWith(Mark, StringComparison.Ordinal))
            return secret;
        byte[] hash = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(secret));
        return $"{Mark}{Convert.ToHexStringLower(hash.AsSpan(0, 4))}]";
    }

    private static bool IsSecretOption(string argument) => SecretOption().IsMatch(argument) && !NamesNoSecret(argument);

    /// <summary>Names that carry a secret's word and say where it is, or that there is none: <c>--token-file</c>, <c>--no-password</c>.</summary>
    private static bool NamesNoSecret(string name)
    {
        name = name.TrimStart('-', '/').ToLowerInvariant();
        return name.StartsWith("no-", StringComparison.Ordinal)
            || Locators.Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal));
    }

    private static readonly ImmutableArray<string> Locators = ["file", "path", "dir", "url", "uri", "endpoint", "type", "name", "ttl", "stdin", "env"];

    /// <summary>Programs that take a password glued to <c>-p</c>. Elsewhere <c>-p8080</c> is a port and <c>-p1</c> a depth.</summary>
    private static readonly ImmutableHashSet<string> GluedPasswordPrograms =
        ["mysql", "mysqldump", "mysqladmin", "mysqlimport", "mariadb", "mariadb-dump", "mariadb-admin", "sshpass"];

    // Lengths are bounded and every pattern is anchored to the start of a word, so that hostile text costs linear time.
    private const string Name =
        @"(?:[\w.-]{0,64}?(?:pass(?:word|wd|phrase)|secret|token|(?:api|access|private|auth|account|session)[-_.]?key|credential|signature)[\w.-]{0,64}"
        + @"|(?:[\w.-]{0,64}[-_.])?(?:pwd|pass|sig|auth|authorization|cookie))";

    private const RegexOptions Options = RegexOptions.IgnoreCase | RegexOptions.CultureInvariant;

    [GeneratedRegex("^--?" + Name + "$", Options)]
    private static partial Regex SecretOption();

    [GeneratedRegex("^(?<user>[^:]{1,128}:)(?!//)(?<secret>(?![0-9]+$).+)$", RegexOptions.Singleline)]
    private static partial Regex UserColonSecret();

    [GeneratedRegex(@"^[-/]{0,2}(?<key>" + Name + @")[=:]\s*(?<secret>.+)$", Options | RegexOptions.Singleline)]
    private static partial Regex WholeArgument();

    // key=value, key: value, "key": "value" somewhere inside: a shell command, a connection string, JSON, the query of a URL
    [GeneratedRegex(@"(?<![\w.-])(?<key>-{0,2}" + Name + @")[""']?\s{0,8}[=:]\s{0,8}(?:""(?<secret>[^""]+)""|'(?<secret>[^']+)'|(?:(?:bearer|basic|token|digest)\s{1,8})?(?<secret>(?!//)[^\s;&,""'{}]+))", Options)]
    private static partial Regex KeyAndValue();

    // --password value inside a shell command
    [GeneratedRegex(@"(?<![\w.-])(?<key>--?" + Name + @")\s{1,8}(?![-\[])(?<secret>\S+)", Options)]
    private static partial Regex OptionAndValue();

    // scheme://user:secret@host, scheme://secret@host
    [GeneratedRegex(@"(?<=://[^\s/:@]{0,128}:)(?<secret>[^\s/@]+)(?=@)", Options)]
    private static partial Regex UrlPassword();

    [GeneratedRegex(@"(?<=://)(?<secret>[^\s/:@]{20,})(?=@)", Options)]
    private static partial Regex UrlToken();

    [GeneratedRegex(@"\b(?:bearer|basic)\s{1,8}(?<secret>[\w+/.=~-]{8,})", Options)]
    private static partial Regex AuthorizationValue();

    // The shapes that issuers gave their tokens so that they can be found.
    [GeneratedRegex(
        @"(?<!\w)(?<secret>gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|(?:AKIA|ASIA)[0-9A-Z]{16}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*"
        + @"|[sr]k[-_][\w-]{20,}|AIza[\w-]{30,}|npm_\w{30,}|hf_\w{30,}|dop_v1_\w{40,}|pypi-[\w-]{40,}|SG\.[\w-]{16,}\.[\w-]{16,}|ya29\.[\w-]{20,})",
        RegexOptions.CultureInvariant)]
    private static partial Regex TokenShape();

    // Incoming webhooks: whoever knows the path may post.
    [GeneratedRegex(@"(?<=://hooks\.slack\.com/services/|/api/webhooks/)(?<secret>[\w/-]{8,})", Options)]
    private static partial Regex WebhookPath();

    [GeneratedRegex(@"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?<secret>.+?)(?=-----END|$)", RegexOptions.Singleline)]
    private static partial Regex PemKey();

    /// <summary>Each pattern below, and <see cref="WholeArgument"/>, matches only what contains one of these, in upper or lower case.</summary>
    private static readonly SearchValues<string> Traces = SearchValues.Create(
        [
            "pass", "secret", "token", "key", "credential", "signature", "pwd", "sig", "auth", "cookie", "://", "bearer", "basic", "/api/webhooks/",
            "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "xox", "AKIA", "ASIA", "eyJ", "sk-", "sk_", "rk-", "rk_", "AIza", "npm_", "hf_",
            "dop_v1_", "pypi-", "SG.", "ya29.",
        ],
        StringComparison.OrdinalIgnoreCase);

    private static readonly ImmutableArray<Regex> Patterns =
        [PemKey(), UrlPassword(), UrlToken(), AuthorizationValue(), TokenShape(), WebhookPath(), KeyAndValue(), OptionAndValue()];
}
