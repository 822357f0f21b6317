using System.Text.Json;

namespace OrphanBoard.Server.History;

/// <summary>JSON of the read models: camelCase, enum values in kebab-case, nulls written.</summary>
public static class HistoryJson
{
    public static JsonSerializerOptions Options { get; } = Configure(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    public static JsonSerializerOptions Configure(JsonSerializerOptions options)
    {
        options.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower, allowIntegerValues: false));
        return options;
    }
}
