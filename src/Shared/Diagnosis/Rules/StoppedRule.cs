using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// A job that a signal has stopped, and that nobody is seen to wait for. By the terminal: it is in the background and read from it (SIGTTIN) or wrote to
/// it (SIGTTOU), and no shell is to blame. By another signal: somebody sent it, and whoever that was has not continued it for the minimum wait. What a
/// shell's user has stopped at its terminal is no fault and is not told.
/// <code>
/// leader  has the terminal, in the foreground
/// child   reads it, in the background: SIGTTIN
/// </code>
/// </summary>
internal sealed class StoppedRule(bool byTerminal) : EvidenceRule
{
    public override RuleInfo Info { get; } = byTerminal
        ? new RuleInfo("stopped-by-tty", FindingClass.Stopped, "A background process is stopped because it wanted the terminal (SIGTTIN, SIGTTOU).")
        : new RuleInfo("stopped-job", FindingClass.Stopped, "A process is stopped by a signal, and nobody continues it.");

    public override IEnumerable<Finding> Find(Evidence evidence, IReadOnlySet<int> told)
    {
        var jobs = evidence.Standstill.Halted
            .Where(halted => halted.Halt == Halt.Stopped && !told.Contains(halted.Process.Pid))
            .Select(halted => halted.Process)
            .GroupBy(process => (process.Record.Session, process.Record.Pgrp));
        foreach (var job in jobs.Where(job => job.Any(process => IsByTerminal(evidence, process.Record)) == byTerminal).ToList())
        {
            if (byTerminal || !job.Any(process => evidence.Standstill.IsJobOfAShell(process.Record)))
                yield return Tell(evidence, [.. job.Select(process => process.Record)]);
        }
    }

    private Finding Tell(Evidence evidence, ImmutableArray<ProcessRecord> job)
    {
        Func<ProcessRecord, int?> signalOf = evidence.Standstill.SignalOf;
        ImmutableArray<ProcessRecord> toBlame = byTerminal ? [.. job.Where(process => IsByTerminal(evidence, process))] : job;
        ImmutableArray<Culprit> culprits = [.. toBlame.Select(process => Terminal(process) is { } fd
            ? new Culprit(process.Pid, fd.Number, PtsName(fd.Target.Text), StopWords.Remedy(process, signalOf(process)))
            : new Culprit(process.Pid, null, $"child:{process.Pid}", StopWords.Remedy(process, signalOf(process))))];
        string names = Narrator.Listing(job.Select(Narrator.Name));
        Finding finding = new FindingBuilder(evidence).Build(
            Info, Confidence.Proven,
            new Verdict($"{names} {(job.Length == 1 ? "is" : "are")} stopped{StopWords.By(signalOf(toBlame[0]))}.", culprits),
            job.Select(process => process.Pid),
            [.. job.Select(process => (process.Pid, ParticipantRole.Stopped))],
            job.Select(process => process.Pid));
        return FindingBuilder.Complete(finding with { Explanation = [.. job.Select(process => StopWords.Sentence(process, signalOf(process))), .. culprits.Select(culprit => culprit.Remedy).Distinct()] });
    }

    private static bool IsByTerminal(Evidence evidence, ProcessRecord process) =>
        evidence.Standstill.SignalOf(process) is StopWords.TerminalInput or StopWords.TerminalOutput;

    /// <summary>The terminal in the call that it was stopped in, else at fd 0, 1 or 2; null where it was not stopped for one.</summary>
    private FileDescriptor? Terminal(ProcessRecord process)
    {
        if (!byTerminal)
            return null;
        int? called = process.Threads[0].Call is { Status: BlockedCallStatus.InCall, Arguments: [var first, ..] } ? (int)first : null;
        return process.Fds.Where(fd => WaitDecoder.IsTerminal(fd.Target.Text) && (fd.Number == called || fd.Number <= 2)).MinBy(fd => (fd.Number != called, fd.Number));
    }

    private static string PtsName(string path) => path.StartsWith("/dev/pts/", StringComparison.Ordinal) ? path["/dev/".Length..] : path;
}
