using System.Text.Json.Serialization;

namespace OrphanBoard.Shared.Findings;

/// <summary>
/// JSON of reports and findings: UTF-8, camelCase, enum values in kebab-case, nulls written where the schema names the field.
/// Generated code, so that it works without reflection in the native agent.
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [
        typeof(KebabCase<FindingClass>), typeof(KebabCase<Confidence>), typeof(KebabCase<EdgeBasis>),
        typeof(KebabCase<ParticipantRole>), typeof(KebabCase<Bounded>), typeof(KebabCase<GuardEnding>)])]
[JsonSerializable(typeof(ScanReport))]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(System.Collections.Immutable.ImmutableArray<Finding>))]
[JsonSerializable(typeof(System.Collections.Immutable.ImmutableArray<ThreadInfo>))]
[JsonSerializable(typeof(System.Collections.Immutable.ImmutableArray<FdInfo>))]
public sealed partial class FindingJson : JsonSerializerContext;
