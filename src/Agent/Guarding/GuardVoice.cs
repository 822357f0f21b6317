using OrphanBoard.Agent.Commands;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding;

/// <summary>All that guard says, and where: stderr, files, a server. While nothing is wrong it says nothing.</summary>
internal sealed class GuardVoice(GuardOptions options, TextWriter error, TimeProvider time)
{
    public void Say(string what) => error.WriteLine($"orphan-agent: guard: {VisibleText.Of(what)}");

    public void TellHazard(Finding hazard) => FindingText.Write(error, hazard);

    public async Task<GuardOutcome> PanicAsync(GuardOutcome outcome, bool goesOn, string? cgroup)
    {
        _ = (options, time, goesOn, cgroup);
        await Task.Yield();
        FindingText.Write(error, outcome.Findings[0]);
        return outcome;
    }

    public async Task<GuardOutcome> TimeoutAsync(GuardOutcome outcome, TimeSpan limit)
    {
        await Task.Yield();
        Say($"timeout after {SpanText.Of(limit)}");
        foreach (var hop in outcome.Doing)
        {
            foreach (string sentence in hop.Sentences)
                error.WriteLine("    " + VisibleText.Of(sentence));
        }
        return outcome;
    }

    public void TellLeft(GuardOutcome outcome)
    {
        foreach (LeftProcess left in outcome.Left)
            Say($"left behind: {left.Comm} ({left.Pid}) {string.Join(' ', left.Cmdline ?? [])} started by {left.StartedBy} holds {string.Join(' ', left.Holds.Select(fd => $"{fd.Fd}={fd.Target}"))} stays {left.Stays} reaped {left.Reaped}");
    }

    public Task ReportAsync(GuardOutcome outcome)
    {
        _ = (options, outcome);
        return Task.CompletedTask;
    }
}
