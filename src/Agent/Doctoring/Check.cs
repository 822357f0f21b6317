using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Doctoring;

/// <summary>One thing that the agent's sight depends on.</summary>
/// <param name="Name">Kebab-case.</param>
/// <param name="Level">What it means for the agent's sight.</param>
/// <param name="Says">What was found, one sentence.</param>
/// <param name="Why">What that hides and why; null where nothing is hidden.</param>
/// <param name="Mend">The one command that mends it; null where nothing is to be mended or no command does.</param>
public sealed record Check(string Name, CheckLevel Level, string Says, string? Why = null, string? Mend = null);

[JsonConverter(typeof(KebabCase<CheckLevel>))]
public enum CheckLevel
{
    Ok,

    /// <summary>Worth knowing, hides nothing by itself.</summary>
    Note,

    /// <summary>Something cannot be seen.</summary>
    Partial,
}

/// <summary>What <c>doctor --json</c> prints.</summary>
/// <param name="Schema"><c>orphanboard.doctor/1</c>.</param>
/// <param name="Sight"><c>whole</c> or <c>partial</c>.</param>
/// <param name="Backend">How a scan would read.</param>
public sealed record DoctorReport(string Schema, string Sight, string Backend, string AgentVersion, ImmutableArray<Check> Checks);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;
