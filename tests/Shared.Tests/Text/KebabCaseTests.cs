using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Tests.Text;

public sealed class KebabCaseTests
{
    private static readonly Type[] Enums = [.. typeof(KebabCase<>).Assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<JsonConverterAttribute>()?.ConverterType is { IsGenericType: true } converter && converter.GetGenericTypeDefinition() == typeof(KebabCase<>))];

    public static TheoryData<Type> Named => [.. Enums];

    /// <summary>What the compiler cannot see: it holds of enums over int alone, of which no two names share a value.</summary>
    [Theory]
    [MemberData(nameof(Named))]
    public void Serialize_EveryValueOfEveryEnum_ComesBack(Type type)
    {
        Assert.Equal(typeof(int), type.GetEnumUnderlyingType());
        foreach (object value in Enum.GetValues(type))
        {
            string text = JsonSerializer.Serialize(value, type);

            Assert.Matches("^\"[a-z0-9]+(-[a-z0-9]+)*\"$", text);
            Assert.Equal(value, JsonSerializer.Deserialize(text, type));
        }
    }

    [Theory]
    [InlineData("\"no-such-word\"")]
    [InlineData("1")]
    [InlineData("null")]
    public void Deserialize_NoWordOfIt_IsRefused(string text)
    {
        Assert.NotEmpty(Enums);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize(text, Enums[0]));
    }
}
