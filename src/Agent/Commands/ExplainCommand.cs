using System.Collections.Immutable;
using System.Text.Json;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Commands;

/// <summary><c>explain</c>: what one process waits for, hop by hop, whether or not it is a finding.</summary>
public static class ExplainCommand
{
    /// <summary>A hop beyond is told without what only suspects have: a way so long is told by its beginning.</summary>
    private const int MaxLooks = 6;

    public static Command Syntax { get; } = new(
        "explain",
        "what a process is waiting for, hop by hop, whether or not it is a finding",
        "PID",
        1,
        [
            new("--json", null, "print one JSON object (docs/explain.md)"),
            new("--rules", null, "list the rules that findings are named by; without PID"),
            LookerArguments.Backend,
        ],
        "0 explained, 1 it failed or there is no such process, 2 bad usage",
        RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error)
    {
        if (arguments.Has("--rules"))
        {
            if (arguments.Operands.Count > 0 || arguments.Has("--json"))
                throw new UsageException("explain: --rules stands alone; see 'orphan-agent explain --help'");
            foreach (RuleInfo rule in RuleBook.All)
                output.WriteLine($"{rule.Class.ToString().ToLowerInvariant(),-10}{rule.Name,-26}{rule.Summary}");
            return CommandLine.Ok;
        }
        if (arguments.Operands is not [var operand])
            throw new UsageException("explain: which process? Give its pid; see 'orphan-agent explain --help'");

        TimeProvider time = TimeProvider.System;
        using HostLooker looker = LookerArguments.Open(arguments, time);
        Explanation explanation = await LookAsync(looker, time, Arguments.Pid(operand));
        if (arguments.Has("--json"))
            await output.WriteLineAsync(JsonSerializer.Serialize(explanation, FindingJson.Default.Explanation));
        else
            Write(output, explanation);
        return CommandLine.Ok;
    }

    /// <summary>
    /// Looks until everybody on the way has been looked at as a suspect, only then the members of their sets, their locks and their like are known; and
    /// again while a thread of the asked one runs: what it waits for the rest of the time is what was asked. The look that saw the fewest of them run is told, and with it
    /// what those that run in it too have been seen to wait for.
    /// </summary>
    /// <exception cref="InvalidDataException">There is no such process.</exception>
    private static async Task<Explanation> LookAsync(HostLooker looker, TimeProvider time, int pid)
    {
        Snapshot first = looker.Look(new HashSet<int>());
        LookMemory memory = new LookMemory().Advance(first);
        var suspects = new HashSet<int>(Diagnoser.Suspects(first, new LookMemory())) { pid };
        Dictionary<int, Wait> atRest = [];
        (Explanation? Told, int Running) best = (null, int.MaxValue); // of a look that suspects were missing in: MaxValue
        for (int looks = 2; ; looks++)
        {
            await Task.Delay(ScanCommand.BetweenLooks, time);
            Snapshot last = looker.Look(suspects, tables: true);
            memory.Advance(last);
            Explainer.NoteRest(last, pid, atRest);
            Explanation explanation = Explainer.Explain(first, last, memory, new DiagnosisOptions(), pid, atRest);
            if (!explanation.Found)
                return NotFound(looker, first, last, pid);
            int known = suspects.Count;
            suspects.UnionWith(explanation.Hops.Select(hop => hop.Pid));
            int running = suspects.Count > known ? int.MaxValue : last.Find(pid)!.Threads.Count(thread => thread.Call.Status == BlockedCallStatus.Running);
            if (running <= best.Running)
                best = (explanation, running);
            if (running == 0 || looks == MaxLooks)
                return best.Told!;
            first = last;
        }
    }

    private static Explanation NotFound(HostLooker looker, Snapshot first, Snapshot last, int pid)
    {
        if (looker.KernelThread(pid) is { } name)
        {
            string sentence = $"{name} ({pid}) is a thread of the kernel: no program, it has no fds, and what it waits for is the kernel's own affair.";
            return new Explanation(pid, true, [new Hop(pid, name, [sentence])], 0, null, null);
        }
        if (first.Processes.Any(process => process.Pid == pid))
            throw new InvalidDataException($"explain: process {pid} has just exited");
        throw new InvalidDataException(last.Processes.FirstOrDefault(process => process.Threads.Any(thread => thread.Tid == pid)) is { } owner
            ? $"explain: {pid} is a thread of process {owner.Pid} ({owner.Comm}); ask for that one"
            : $"explain: there is no process {pid}");
    }

    private static bool IsTold(Finding finding, Hop hop) => finding.Explanation.Any(sentence => sentence.StartsWith(hop.Sentences[0], StringComparison.Ordinal));

    internal static void Write(TextWriter output, Explanation explanation)
    {
        ImmutableHashSet<int> told = [];
        if (explanation.Finding is { } finding)
        {
            FindingText.Write(output, finding);
            // The story has told of them. What the asked one waits for is told once more, thread by thread, where the story has put it in other words.
            told = [.. finding.Participants.Select(participant => participant.Pid).Where(pid => pid != explanation.Pid || finding.Pids.Contains(pid) && IsTold(finding, explanation.Hops[0]))];
        }
        ImmutableArray<Hop> hops = AlikeHops.Join(explanation.Hops.Where(hop => !told.Contains(hop.Pid)));
        if (explanation.Finding is not null && !hops.IsEmpty)
            output.WriteLine();
        foreach (Hop hop in hops)
        {
            for (int i = 0; i < hop.Sentences.Length; i++)
                output.WriteLine($"{(i == 0 ? "" : "  ")}{VisibleText.Of(hop.Sentences[i])}");
        }
        if (explanation.NotTold > 0)
            output.WriteLine($"What these wait for leads to {explanation.NotTold} more processes, which are not told.");
        if (explanation.Verdict is { } verdict)
            output.WriteLine(VisibleText.Of(verdict));
    }
}
