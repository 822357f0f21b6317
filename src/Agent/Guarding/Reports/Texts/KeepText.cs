using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Guarding.Reports.Texts;

/// <summary><c>--keep</c>: how to look at the specimen, and how to end it.</summary>
internal static class KeepText
{
    private const int MaxPids = 40;

    public static void Write(TextWriter output, GuardOutcome outcome, Finding finding, TextStyle style)
    {
        ImmutableArray<int> tree = CommandTree.Of(outcome);
        int asked = finding.Culprit is { } culprit && tree.Contains(culprit.Pid) ? culprit.Pid : finding.Pids.FirstOrDefault(tree.Contains, outcome.Pid);
        Line("look at it", $"orphan-agent explain {asked}");
        Line("", $"orphan-agent scan --pid {outcome.Pid}");
        Line("it is there", $"pid {outcome.Pid}{(tree.Length > 1 ? $" and {Shown.Count(tree.Length - 1, "process", "processes")} that it started" : "")}, on this machine");
        Line("end it", $"kill -KILL {string.Join(' ', tree.Take(MaxPids))}");
        if (tree.Length > MaxPids)
            Line("", $"(the first {MaxPids} of {tree.Length}: scan --pid names who is left then)");

        void Line(string name, string text) => output.WriteLine(style.Strong($"  {name,-13}") + text);
    }
}
