using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OrphanBoard.Shared.Text;

/// <summary>Enum values as <c>kebab-case</c> strings: <c>RootWaiter</c> is <c>root-waiter</c>. Of enums over int that no two names share a value of.</summary>
/// <remarks>The converter of the base class library is compiled anew for each enum, at some 20 kB of the native file; what is here for all of them is once there.
/// It is named at the enum itself: named in the options of a context, that of the base class library would be compiled too, should the options have none.</remarks>
public sealed class KebabCase<T> : JsonConverter<T> where T : struct, Enum
{
    private static readonly KebabWords Words = new(typeof(T));

    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Unsafe.BitCast<int, T>(Words.ValueOf(ref reader));

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) => Words.Write(writer, Unsafe.BitCast<T, int>(value));
}

/// <summary>The words of one enum.</summary>
internal sealed class KebabWords
{
    private readonly JsonEncodedText[] _words;
    private readonly int[] _values;

    public KebabWords(Type type)
    {
        _words = [.. Enum.GetNames(type).Select(name => JsonEncodedText.Encode(JsonNamingPolicy.KebabCaseLower.ConvertName(name)))];
        _values = (int[])Enum.GetValuesAsUnderlyingType(type);
    }

    /// <exception cref="JsonException">It is no word of this enum.</exception>
    public int ValueOf(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.String)
        {
            for (int i = 0; i < _words.Length; i++)
            {
                if (reader.ValueTextEquals(_words[i].EncodedUtf8Bytes))
                    return _values[i];
            }
        }
        throw new JsonException();
    }

    /// <exception cref="JsonException">The value has no name.</exception>
    public void Write(Utf8JsonWriter writer, int value)
    {
        int place = Array.IndexOf(_values, value);
        writer.WriteStringValue(place < 0 ? throw new JsonException() : _words[place]);
    }
}
