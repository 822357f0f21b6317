using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.RegularExpressions;
using OrphanBoard.Agent.Looking;

namespace OrphanBoard.Agent.Tests.Looking;

public partial class CommandLineRedactionTests
{
    private readonly CommandLineRedaction _redaction = new([1, 2, 3]);

    // In the expected vector each secret is written as <>.
    [Theory]
    [InlineData("--password=hunter2", "--password=<>")]
    [InlineData("--password=two words", "--password=<>")]
    [InlineData("PGPASSWORD=hunter2", "PGPASSWORD=<>")]
    [InlineData("-Dspring.datasource.password=hunter2", "-Dspring.datasource.password=<>")]
    [InlineData("/p:ApiKey=abc", "/p:ApiKey=<>")]
    [InlineData("AWS_SECRET_ACCESS_KEY=a/b+c", "AWS_SECRET_ACCESS_KEY=<>")]
    [InlineData("db_pass=x", "db_pass=<>")]
    [InlineData("--header=X-Api-Key: abc def", "--header=X-Api-Key: <> def")]
    [InlineData("X-Api-Key: abc", "X-Api-Key: <>")]
    [InlineData("Authorization: Bearer abc.def", "Authorization: <>")]
    [InlineData("Cookie: a=b; c=d", "Cookie: <>")]
    [InlineData("postgres://app:hunter2@db/orders", "postgres://app:<>@db/orders")]
    [InlineData("https://:hunter2@host/", "https://:<>@host/")]
    [InlineData("https://0123456789abcdef01234567@host/x.git", "https://<>@host/x.git")]
    [InlineData("https://host/hook?token=abc&x=1", "https://host/hook?token=<>&x=1")]
    [InlineData("https://host/blob?se=1&sig=aGk%3D&sp=r", "https://host/blob?se=1&sig=<>&sp=r")]
    [InlineData("https://host/hook?access_token=abc", "https://host/hook?access_token=<>")]
    [InlineData("Server=db;User Id=sa;Password=hunter2;Encrypt=true", "Server=db;User Id=sa;Password=<>;Encrypt=true")]
    [InlineData("mysql --password hunter2 orders", "mysql --password <> orders")]
    [InlineData("curl -H 'Authorization: Bearer abcdefgh' x", "curl -H 'Authorization: Bearer <>' x")]
    [InlineData("{\"client_secret\": \"a b\"}", "{\"client_secret\": \"<>\"}")]
    [InlineData("https://hooks.slack.com/services/T000/B000/XXXXXXXX", "https://hooks.slack.com/services/<>")]
    public void Redact_SecretInOneArgument_IsHidden(string argument, string shown) => Assert.Equal(["x", shown], Shown("x", argument));

    [Theory]
    [InlineData("ghp_0123456789abcdefghij0123456789abcdef")]
    [InlineData("github_pat_0123456789abcdefghij_0123456789abcdefghij")]
    [InlineData("glpat-0123456789abcdefghij")]
    [InlineData("xoxb-123456789012-abcdefABCDEF")]
    [InlineData("AKIAIOSFODNN7EXAMPLE")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcDEF_-123")]
    [InlineData("sk_live_0123456789abcdefghij")]
    [InlineData("npm_0123456789abcdefghij0123456789abcdef")]
    public void Redact_KnownTokenShape_IsHiddenWhereverItStands(string token)
    {
        Assert.Equal(["x", "<>"], Shown("x", token));
        Assert.Equal(["x", "say <>, twice"], Shown("x", $"say {token}, twice"));
    }

    [Fact]
    public void Redact_OptionAndNextArgument_HidesTheArgument()
    {
        Assert.Equal(["x", "--password", "<>", "--verbose"], Shown("x", "--password", "hunter2", "--verbose"));
        Assert.Equal(["x", "--api-key", "<>"], Shown("x", "--api-key", "abc"));
        Assert.Equal(["x", "-password", "<>"], Shown("x", "-password", "abc"));
        Assert.Equal(["x", "--token", "--verbose"], Shown("x", "--token", "--verbose"));
    }

    [Fact]
    public void Redact_UserAndPassword_HidesThePassword()
    {
        Assert.Equal(["curl", "-u", "app:<>", "https://host/"], Shown("curl", "-u", "app:hunter2", "https://host/"));
        Assert.Equal(["docker", "-u", "1000:1000"], Shown("docker", "-u", "1000:1000"));
    }

    [Fact]
    public void Redact_PasswordGluedToP_IsHiddenForProgramsThatTakeItSo()
    {
        Assert.Equal(["/usr/bin/mysql", "-uroot", "-p<>", "orders"], Shown("/usr/bin/mysql", "-uroot", "-phunter2", "orders"));
        Assert.Equal(["ssh", "-p2222", "host"], Shown("ssh", "-p2222", "host"));
        Assert.Equal(["patch", "-p1"], Shown("patch", "-p1"));
    }

    [Fact]
    public void Redact_PrivateKey_IsHiddenToItsEnd() =>
        Assert.Equal(
            ["x", "-----BEGIN RSA PRIVATE KEY-----<>-----END RSA PRIVATE KEY-----"],
            Shown("x", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----"));

    [Theory]
    [InlineData("--token-file")]
    [InlineData("--password-file=/run/secrets/x")]
    [InlineData("--no-password")]
    [InlineData("--secret-name=orders")]
    [InlineData("https://host:8080/path?x=1#y")]
    [InlineData("user@host:/path")]
    [InlineData("--bypass")]
    [InlineData("-DskipTests")]
    [InlineData("/srv/passwords/readme")]
    [InlineData("12:34:56")]
    [InlineData("a=b")]
    [InlineData("")]
    public void Redact_NoSecret_IsLeftAsItIs(string argument) => Assert.Equal(["x", argument, "y"], Shown("x", argument, "y"));

    [Fact]
    public void Redact_EqualSecrets_StayComparableUnderOneKey()
    {
        string first = _redaction.Redact(["a", "--password=hunter2"])[1];
        string second = _redaction.Redact(["b", "--password", "hunter2"])[2];
        string other = _redaction.Redact(["b", "--password", "hunter3"])[2];

        Assert.Equal("--password=" + second, first);
        Assert.NotEqual(second, other);
        Assert.NotEqual(second, new CommandLineRedaction([9]).Redact(["b", "--password", "hunter2"])[2]);
    }

    [Theory]
    [InlineData('a')]
    [InlineData('-')]
    [InlineData(':')]
    [InlineData('=')]
    [InlineData('/')]
    [InlineData('@')]
    public void Redact_LongHostileArgument_TakesLinearTime(char filler)
    {
        string hostile = new(filler, 16 * 1024);
        string words = string.Concat(Enumerable.Repeat("pass.token://", 1200));
        long begin = Stopwatch.GetTimestamp();

        _redaction.Redact([hostile, "://" + hostile, words, "password" + hostile]);

        // Quadratic matching would take minutes; the bound only has to tell the two apart on a busy machine.
        Assert.InRange(Stopwatch.GetElapsedTime(begin).TotalSeconds, 0, 5);
    }

    private ImmutableArray<string> Shown(params ImmutableArray<string> arguments) =>
        [.. _redaction.Redact(arguments).Select(argument => Redacted().Replace(argument, "<>"))];

    [GeneratedRegex(@"\[redacted:[0-9a-f]{8}\]")]
    private static partial Regex Redacted();
}
