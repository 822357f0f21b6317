using System.Collections.Immutable;
using System.Text.Json;
using OrphanBoard.Agent.Doctoring;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Commands;

/// <summary><c>doctor</c>: what the agent can and cannot see here, why, and what mends it.</summary>
public static class DoctorCommand
{
    public const int PartialSight = 4;

    public static Command Syntax { get; } = new(
        "doctor",
        "what this agent can and cannot see here, why, and the command that mends it",
        "",
        0,
        [new("--json", null, "print one JSON object")],
        "0 whole sight, 4 partial, 2 bad usage, 1 it failed",
        RunAsync);

    private static async Task<int> RunAsync(Arguments arguments, TextWriter output, TextWriter error)
    {
        SightFacts facts = await FactFinder.FindAsync(TimeProvider.System);
        ImmutableArray<Check> checks = Doctor.Examine(facts);
        bool whole = checks.All(check => check.Level != CheckLevel.Partial);
        if (arguments.Has("--json"))
            await output.WriteLineAsync(JsonSerializer.Serialize(
                new DoctorReport("orphanboard.doctor/1", whole ? "whole" : "partial", facts.Backend.Name, CommandLine.Version, checks), DoctorJson.Default.DoctorReport));
        else
            Write(output, facts.Backend, checks, whole);
        return whole ? CommandLine.Ok : PartialSight;
    }

    internal static void Write(TextWriter output, BackendChoice backend, ImmutableArray<Check> checks, bool whole)
    {
        output.WriteLine($"{(whole ? "whole" : "partial")} sight, through {backend.InWords}");
        output.WriteLine();
        foreach (Check check in checks)
        {
            output.WriteLine($"{check.Level.ToString().ToLowerInvariant(),-9}{check.Name,-14}{VisibleText.Of(check.Says)}");
            if (check.Why is { } why)
                output.WriteLine($"{"",-23}{VisibleText.Of(why)}");
            if (check.Mend is { } mend)
                output.WriteLine($"{"",-23}mend: {VisibleText.Of(mend)}");
        }
    }
}
