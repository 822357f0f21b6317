using System.Globalization;
using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Guarding;

/// <summary>
/// All that guard says of one run, and where: stderr, files, a server. While nothing is wrong it says nothing. What cannot be written is a line on
/// stderr and changes no exit code.
/// </summary>
/// <param name="board">The server that is told, with the token for it and the job that this is; null: none.</param>
internal sealed class GuardVoice(GuardOptions options, TextWriter error, (Uri Server, string Token, CiJob Job)? board, TimeProvider time)
{
    private static readonly Func<string, string?> Variable = Environment.GetEnvironmentVariable;

    private readonly Reports.SeenBefore _store = new(StateDirectory.Of(Variable));
    private EvidenceBundle? _bundle;
    private ReportContext? _told;

    private TextStyle Style => error is DescriptorWriter { IsTerminal: true } terminal ? TextStyle.Of(Variable, terminal: true, terminal.Columns) : TextStyle.Of(Variable, terminal: false);

    private ReportContext Context => new(Style, time.GetUtcNow(), time.LocalTimeZone) { EvidenceAt = _bundle?.Folder, HasCapture = _bundle?.HasCapture ?? false };

    public void Say(string what) => error.WriteLine($"orphan-agent: guard: {VisibleText.Of(what)}");

    public void TellHazard(GuardOutcome outcome, Finding hazard) => Write(output => HazardText.Write(output, outcome, hazard, Context));

    /// <summary>Before anything that could disturb it: the looks, the finding, the fd tables.</summary>
    public void KeepEvidence(GuardOutcome outcome)
    {
        _bundle = EvidenceBundle.Create(options.BundlePath, Variable, outcome, time.GetUtcNow(), error);
        _bundle?.Write(outcome, Context, error);
        if (_bundle is { IsEmpty: true })
            _bundle = null;
    }

    /// <summary>Tells of the first finding of <paramref name="outcome"/>, for which <see cref="KeepEvidence"/> was called.</summary>
    public void TellHang(GuardOutcome outcome, AfterPanic then)
    {
        Finding hang = outcome.Findings[0];
        _told = Context with { Seen = _store.Count(hang.Fingerprint.Shape), Then = then };
        _store.Add(outcome, hang, _told.Now);
        Write(output => PanicText.Write(output, outcome, _told));
        _bundle?.Write(outcome, _told, error);
    }

    /// <summary>Tells what everybody was doing when <c>--timeout</c> was over.</summary>
    public void TellTimeout(GuardOutcome outcome, AfterPanic then)
    {
        _told = Context with { Then = then };
        Write(output => TimeoutText.Write(output, outcome, _told));
        _bundle?.Write(outcome, _told, error);
    }

    public void TellLeft(GuardOutcome outcome) => Write(output => LeftText.Write(output, outcome, Context));

    /// <summary>The reports of the whole run, for those that asked for them.</summary>
    public async Task ReportAsync(GuardOutcome outcome)
    {
        ReportContext context = _told ?? Context;
        Try("--json", () => GuardJson.Write(options.JsonPath!, outcome, time, context), options.JsonPath);
        Try("--junit", () => JUnitReport.Write(options.JUnitPath!, outcome, context), options.JUnitPath);
        if (GitHubActions.IsHere(Variable))
        {
            GitHubActions.Annotate(error, outcome);
            GitHubActions.Summarize(Variable, outcome, context, error);
        }
        if (board is { } told)
            await TellBoardAsync(outcome, told.Server, told.Token, told.Job);
    }

    private async Task TellBoardAsync(GuardOutcome outcome, Uri server, string token, CiJob job)
    {
        (GuardAnswer? answer, string? failure) = await BoardReport.SendAsync(server, token, outcome, job, CancellationToken.None);
        if (failure is not null)
            Say(failure);
        if (answer?.Findings is not [var first, ..])
            return;
        string seen = first.SeenBefore is { } before
            ? $"; seen there {(before.Times == 1 ? "once before" : $"{before.Times} times before")}, the last time on {before.Last.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture)}"
            : "; never seen there before";
        Say($"on the board: {first.Url}{seen}");
    }

    private void Try(string option, Action write, string? path)
    {
        if (path is null)
            return;
        try
        {
            write();
        }
        catch (Exception e) when (StateDirectory.IsFailure(e))
        {
            Say($"{option} {path}: {e.Message}");
        }
    }

    /// <summary>In one piece: the command may write to the same stderr.</summary>
    private void Write(Action<TextWriter> write)
    {
        using var text = new StringWriter { NewLine = "\n" };
        write(text);
        error.Write(text.ToString());
    }
}
