using System.Text.Json;

namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// Reads what a foreign program wrote: what is of another kind than asked for counts as missing. By hand, since generated code takes 90 kB of the native file for
/// two short forms. Each throws <see cref="InvalidOperationException"/> at half of a surrogate pair, as the base class library does.
/// </summary>
internal static class JsonFields
{
    internal static JsonElement? Field(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement value) ? value : null;

    internal static string? Text(this JsonElement element, string name) => element.Field(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    internal static int? Integer(this JsonElement element, string name) =>
        element.Field(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out int number) ? number : null;

    internal static JsonElement[] List(this JsonElement element, string name) => element.Field(name)?.Items() ?? [];

    internal static JsonElement[] Items(this JsonElement element) => element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : [];
}
