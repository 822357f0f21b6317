using System.Text;
using OrphanBoard.Agent.Guarding;
using OrphanBoard.Agent.Guarding.Reports;

namespace OrphanBoard.Agent.Tests.Guarding.Reports;

public class GitHubActionsTests
{
    private static readonly GuardOutcome Hostile = Runs.Deadlock(Runs.Founding(Runs.Hostile) with { Summary = $"{Runs.Hostile} waits. 100%" }) with { Command = [Runs.Hostile] };

    [Fact]
    public void Annotate_Deadlock_IsOneError() => Assert.Equal(
        "::error title=orphan-agent guard::orphan-agent: DEADLOCK in `cargo test`: contract-tests (13) waits for the end of pipe 4002, which served-child (14) holds open at fd 1 and again at fd 4.\n",
        Annotation(Runs.Deadlock(Runs.Founding())));

    [Fact]
    public void Annotate_OrphansReported_IsAWarning() => Assert.StartsWith(
        "::warning title=", Annotation(Runs.Of(GuardEnd.Exited) with { Left = [Runs.Left(7, "sleep")] }), StringComparison.Ordinal);

    [Fact]
    public void Annotate_NothingWrong_IsNotAByte() => Assert.Equal("", Annotation(Runs.Of(GuardEnd.Exited)));

    [Fact]
    public void Annotate_HostileNames_StayOneCommand()
    {
        string text = Annotation(Hostile);

        Assert.Equal(text.Length - 1, text.IndexOf('\n', StringComparison.Ordinal));
        Assert.StartsWith("::error title=orphan-agent guard::orphan-agent: DEADLOCK", text, StringComparison.Ordinal);
        Assert.Contains("100%25", text, StringComparison.Ordinal);
        Assert.DoesNotContain("##[", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Summary_HostileNames_StayInsideTheFence()
    {
        string[] lines = GitHubActions.Summary(Hostile, Runs.Context(), GitHubActions.MaxSummaryBytes).TrimEnd('\n').Split('\n');

        int fence = Array.FindIndex(lines, line => line.EndsWith("text", StringComparison.Ordinal) && line.StartsWith("````", StringComparison.Ordinal));
        Assert.Equal(3, fence);
        Assert.Equal([lines.Length - 1], lines.Index().Where(line => line.Index > fence && line.Item.TrimStart().StartsWith("````", StringComparison.Ordinal)).Select(line => line.Index));
        Assert.Contains(lines, line => line.Contains("CULPRIT", StringComparison.Ordinal));
    }

    [Fact]
    public void Summarize_TwoRuns_AddsBoth()
    {
        using var directory = new TemporaryDirectory();
        string file = Path.Combine(directory.Path, "summary");
        File.WriteAllText(file, "theirs\n");

        Assert.Equal(("", ""), (Summarize(file, Runs.Deadlock(Runs.Founding())), Summarize(file, Runs.Of(GuardEnd.Timeout))));

        string text = File.ReadAllText(file);
        Assert.StartsWith("theirs\n\n### orphan-agent guard: a deadlock\n\n```text\n", text, StringComparison.Ordinal);
        Assert.EndsWith("exit code 88\n```\n", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1024 * 1024 - 6000)]
    [InlineData(1024 * 1024 - 10)]
    public void Summarize_MuchToSay_StaysBelowWhatIsTaken(int there)
    {
        using var directory = new TemporaryDirectory();
        string file = Path.Combine(directory.Path, "summary");
        File.WriteAllText(file, new string('x', there));
        GuardOutcome much = Runs.Deadlock(Runs.Founding() with { Notes = [.. Enumerable.Repeat(new string('é', 1000), 8)] });

        Summarize(file, much);

        string text = File.ReadAllText(file);
        Assert.InRange(Encoding.UTF8.GetByteCount(text), there, GitHubActions.MaxSummaryBytes);
        Assert.Equal(0, text.Split("```").Length % 2 - 1);
    }

    [Fact]
    public void Summarize_FileThatCannotBeWritten_IsOneLine()
    {
        string error = Summarize("/nonexistent/summary", Runs.Deadlock(Runs.Founding()));

        Assert.StartsWith("orphan-agent: guard: no job summary: /nonexistent/summary: ", error, StringComparison.Ordinal);
        Assert.Equal(error.Length - 1, error.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void Summarize_NothingWrongOrNoFile_IsNothing()
    {
        using var directory = new TemporaryDirectory();
        string file = Path.Combine(directory.Path, "summary");

        Assert.Equal("", Summarize(file, Runs.Of(GuardEnd.Exited)));
        Assert.Equal("", Runs.Written(error => GitHubActions.Summarize(_ => null, Runs.Deadlock(Runs.Founding()), Runs.Context(), error)));
        Assert.False(File.Exists(file));
    }

    private static string Annotation(GuardOutcome outcome) => Runs.Written(error => GitHubActions.Annotate(error, outcome));

    private static string Summarize(string file, GuardOutcome outcome) =>
        Runs.Written(error => GitHubActions.Summarize(Runs.Environment(("GITHUB_STEP_SUMMARY", file)), outcome, Runs.Context(), error));
}
