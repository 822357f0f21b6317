using System.Text.Json;
using System.Xml.Linq;
using NJsonSchema;
using OrphanBoard.Agent.Guarding;
using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Guarding.Reports;

/// <summary><c>--json</c> and <c>--junit</c>.</summary>
public class FileReportTests
{
    private static readonly HostIdentity Host = Runs.Capture().Last.Host;

    public static TheoryData<string> Ways => ["exited", "exited before a look", "deadlock", "timeout", "orphans"];

    private static GuardOutcome Outcome(string way) => way switch
    {
        "exited" => Runs.Of(GuardEnd.Exited) with { Evidence = Runs.Capture() },
        "deadlock" => Runs.Deadlock(Runs.Founding(Runs.Hostile)),
        "timeout" => Runs.Of(GuardEnd.Timeout) with { Evidence = Runs.Capture() },
        "orphans" => Runs.Of(GuardEnd.Orphans) with { Left = [Runs.Left(7, Runs.Hostile, reaped: true, holds: Runs.Fd(1, "pipe:[5]", "w")), Runs.Left(8, "server", stays: true)] },
        _ => Runs.Of(GuardEnd.Exited) with { Visibility = null },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task Json_EveryEnd_IsOfTheSchema(string way)
    {
        using var directory = new TemporaryDirectory();
        string file = Path.Combine(directory.Path, "report.json");

        GuardJson.Write(file, Outcome(way), TimeProvider.System, Runs.Context() with { EvidenceAt = "/e", Seen = new SeenCount(3, Runs.Now, Runs.Now, "x") });

        string contract = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "scan.schema.json"), TestContext.Current.CancellationToken);
        // The library resolves the older keyword only.
        JsonSchema schema = await JsonSchema.FromJsonAsync(contract.Replace("$defs", "definitions", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        Assert.Empty(schema.Validate(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public void Json_Deadlock_TellsTheRunAndItsStacks()
    {
        JsonElement guard = Json(Outcome("deadlock")).GetProperty("guard");

        Assert.Equal(("deadlock", 86, JsonValueKind.Null), (guard.GetProperty("endedBy").GetString(), guard.GetProperty("exitCode").GetInt32(), guard.GetProperty("commandExitCode").ValueKind));
        JsonElement frame = guard.GetProperty("stacks")[0].GetProperty("threads")[0].GetProperty("frames")[1];
        Assert.Equal(("serve", "src/service.rs", 42), (frame.GetProperty("function").GetString(), frame.GetProperty("file").GetString(), frame.GetProperty("line").GetInt32()));
    }

    [Fact]
    public void Json_Orphans_CountsThoseThatGuardHasEnded() => Assert.Equal(1, Json(Outcome("orphans")).GetProperty("guard").GetProperty("orphansReaped").GetInt32());

    [Fact]
    public void Json_BeforeALook_ClaimsNoSight()
    {
        JsonElement report = Json(Outcome("exited before a look"));

        Assert.False(report.GetProperty("visibility").GetProperty("complete").GetBoolean());
        Assert.False(report.TryGetProperty("cut", out _));
        Assert.Equal("far", report.GetProperty("host").GetProperty("name").GetString());
    }

    [Fact]
    public void Json_Scan_SaysNothingOfGuard() => Assert.DoesNotContain(
        "guard", JsonSerializer.Serialize(GuardJson.Of(Outcome("exited"), Host, Runs.Context()) with { Guard = null }, FindingJson.Default.ScanReport), StringComparison.Ordinal);

    [Theory]
    [InlineData("exited", 0, null)]
    [InlineData("deadlock", 1, "deadlock")]
    [InlineData("timeout", 1, "timeout")]
    [InlineData("orphans", 1, "orphans")]
    public void JUnit_EveryEnd_IsOneCaseThatFailsWhereGuardFails(string way, int failures, string? kind)
    {
        XElement suite = XDocument.Parse(JUnitReport.Of(Outcome(way), Runs.Context())).Root!.Element("testsuite")!;

        Assert.Equal(("orphan-agent guard", "1", $"{failures}"), (suite.Attribute("name")!.Value, suite.Attribute("tests")!.Value, suite.Attribute("failures")!.Value));
        XElement one = Assert.Single(suite.Elements("testcase"));
        Assert.Equal(("cargo test", "83.000"), (one.Attribute("name")!.Value, one.Attribute("time")!.Value));
        Assert.Equal(kind, one.Element("failure")?.Attribute("type")?.Value);
    }

    [Fact]
    public void JUnit_Deadlock_HasTheStoryWithItsPicture()
    {
        XElement failure = XDocument.Parse(JUnitReport.Of(Runs.Deadlock(Runs.Founding()), Runs.Context())).Descendants("failure").Single();

        Assert.StartsWith("orphan-agent: DEADLOCK in `cargo test`: contract-tests (13)", failure.Attribute("message")!.Value, StringComparison.Ordinal);
        Assert.Contains("◄ CULPRIT\n", failure.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void JUnit_OrphansReported_PassAndAreNamed()
    {
        XElement one = XDocument.Parse(JUnitReport.Of(Runs.Of(GuardEnd.Exited) with { Left = [Runs.Left(7, "sleep")] }, Runs.Context())).Descendants("testcase").Single();

        Assert.Null(one.Element("failure"));
        Assert.Contains("sleep (7)", one.Element("system-err")!.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a]]>b<c>&\"'", "a]]>b<c>&\"'")]
    [InlineData("\u0000\u0001\u001b\u000b", @"\x00\x01\x1b\x0b")]
    [InlineData("\uffff\ufffe", @"\uffff\ufffe")]
    [InlineData("\n\na\n", "\n\na\n")]
    public void Xml_AnyText_IsWellFormedAndComesBack(string text, string expected) =>
        Assert.Equal(expected, XElement.Parse($"<a>{JUnitReport.Xml(text)}</a>", LoadOptions.PreserveWhitespace).Value);

    /// <summary>Not a row above: the runner would replace it on its way here.</summary>
    [Fact]
    public void Xml_HalfASurrogatePair_IsShown() => Assert.Equal(@"\ud800", JUnitReport.Xml("\ud800"));

    [Fact]
    public void JUnit_HostileCommandAndNames_AreWellFormed()
    {
        GuardOutcome hostile = Outcome("deadlock") with { Command = [Runs.Hostile, "a\"b"] };

        XElement one = XDocument.Parse(JUnitReport.Of(hostile, Runs.Context())).Descendants("testcase").Single();

        Assert.Single(one.Elements("failure"));
    }

    private static JsonElement Json(GuardOutcome outcome) =>
        JsonSerializer.SerializeToElement(GuardJson.Of(outcome, Host, Runs.Context()), FindingJson.Default.ScanReport);
}
