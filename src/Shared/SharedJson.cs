using System.Collections.Immutable;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Shared;

/// <summary>
/// Generated JSON of what leaves a process: UTF-8, camelCase, enum values in kebab-case. To be used as <see cref="FindingJson"/> or <see cref="WireJson"/>, which differ
/// in their nulls: one context for both, since each would bring its own code for findings into the native agent. For the same reason metadata only.
/// </summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ScanReport))]
[JsonSerializable(typeof(Finding))]
[JsonSerializable(typeof(ImmutableArray<Finding>))]
[JsonSerializable(typeof(ImmutableArray<ThreadInfo>))]
[JsonSerializable(typeof(ImmutableArray<FdInfo>))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(StreamFrame))]
[JsonSerializable(typeof(StreamAnswer))]
[JsonSerializable(typeof(Hello))]
[JsonSerializable(typeof(Keyframe))]
[JsonSerializable(typeof(Delta))]
[JsonSerializable(typeof(FindingChanges))]
[JsonSerializable(typeof(GuardRun))]
[JsonSerializable(typeof(GuardAnswer))]
public sealed partial class SharedJson : JsonSerializerContext;
