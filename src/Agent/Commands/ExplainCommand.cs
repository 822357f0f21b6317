using System.Text.Json;
using System.Text.Json.Serialization;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Diagnosis.Rules;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Commands;

/// <summary><c>explain</c>: what one process waits for, hop by hop, whether or not it is a finding.</summary>
public static class ExplainCommand
{
    public static Command Syntax { get; } = new(
        "explain",
        "what a process is waiting for, hop by hop, whether or not it is a finding",
        "PID",
        1,
        [
            new("--json", null, "print one JSON object"),
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
        int pid = Arguments.Pid(operand);

        TimeProvider time = TimeProvider.System;
        using HostLooker looker = LookerArguments.Open(arguments, time);
        (Snapshot first, Snapshot last) = await ScanCommand.LookTwiceAsync(looker, time);
        LookMemory memory = new LookMemory().Advance(first).Advance(last);
        Explanation explanation = Explainer.Explain(first, last, memory, new DiagnosisOptions(), pid);
        if (!explanation.Found)
            throw new InvalidDataException($"explain: there is no process {pid}");
        if (arguments.Has("--json"))
            output.WriteLine(JsonSerializer.Serialize(explanation, ExplanationJson.Default.Explanation));
        else
        {
            foreach (string hop in explanation.Hops)
                output.WriteLine(VisibleText.Of(hop));
            if (explanation.Finding is { } finding)
            {
                output.WriteLine();
                FindingText.Write(output, finding);
            }
        }
        return CommandLine.Ok;
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [
        typeof(KebabCase<FindingClass>), typeof(KebabCase<Confidence>), typeof(KebabCase<EdgeBasis>),
        typeof(KebabCase<ParticipantRole>), typeof(KebabCase<Bounded>)])]
[JsonSerializable(typeof(Explanation))]
internal sealed partial class ExplanationJson : JsonSerializerContext;
