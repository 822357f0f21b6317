using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class JvmFieldReaderTests
{
    [Fact]
    public void Next_Stream_TellsNamesAndOffsetsAndPassesOverWhatFlagsAdd()
    {
        // Two fields of Java and one of the JVM's own; the first has an initial value, a generic signature and a group.
        byte[] stream = [.. Numbers(2, 1), .. Numbers(7, 8, 16, 2, 0b10101, 99, 100, 101), .. Numbers(300, 20_000, 70_000, 0, 0), .. Numbers(1, 2, 3, 0, 2)];

        Assert.Equal([(7, 8, 16), (300, 20_000, 70_000)], Read(stream, true));
    }

    [Fact]
    public void Next_Shorts_TellsOffsetsOfThoseThatHaveOne()
    {
        // The last one, of the JVM's own, is not counted.
        byte[] shorts = [.. Shorts(0, 7, 8, 0, (16 << 2) | 1, 0), .. Shorts(0, 9, 10, 0, 3, 0), .. Shorts(0, 11, 12, 0, 1, 1), .. Shorts(0, 1, 2, 0, 1, 0)];

        Assert.Equal([(7, 8, 16), (9, 10, -1), (11, 12, 1 << 14)], Read(shorts, false, 3));
    }

    [Theory]
    [InlineData(190U, 1)]
    [InlineData(191U, 2)]
    [InlineData(12_414U, 2)]
    [InlineData(12_415U, 3)]
    [InlineData(uint.MaxValue, 5)]
    public void Next_NumberOfAnyLength_IsRead(uint number, int length)
    {
        Assert.Equal(length, Numbers(number).Length);

        Assert.Equal([((int)number, 0, 5)], Read([.. Numbers(1, 0, number, 0, 5, 0, 0)], true));
    }

    /// <summary>However many are said to be there.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Next_HostileBytes_ComesToAnEndWithinThem(bool isStream)
    {
        var random = new Random(4711);
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.NextBytes(bytes);

            Assert.InRange(Read(bytes, isStream, uint.MaxValue).Length, 0, bytes.Length);
        }
    }

    [Fact]
    public void Next_CutAnywhere_TellsTheFieldsBefore()
    {
        byte[] one = Numbers(300, 20_000, 70_000, 0, 1, 12_479), stream = [.. Numbers(2, 0), .. one, .. one];

        for (int length = 0; length < stream.Length; length++)
            Assert.Equal(length < 2 + one.Length ? 0 : 1, Read(stream.AsSpan(0, length), true).Length);
    }

    [Fact]
    public void Next_ByteThatIsNoDigit_Ends() => Assert.Empty(Read([.. Numbers(1, 0, 7), 0, .. Numbers(8, 16, 0, 0)], true));

    private static (int Name, int Signature, int Offset)[] Read(ReadOnlySpan<byte> bytes, bool isStream, uint count = 0)
    {
        var fields = new JvmFieldReader(bytes, isStream, count);
        var read = new List<(int, int, int)>();
        while (fields.Next())
            read.Add(((int)fields.Name, (int)fields.Signature, fields.Offset));
        return [.. read];
    }

    /// <summary>As HotSpot's UNSIGNED5 writes them.</summary>
    private static byte[] Numbers(params uint[] numbers) => [.. numbers.SelectMany(Number)];

    private static IEnumerable<byte> Number(uint number)
    {
        for (int place = 0; place < 4 && number >= 191; place++)
        {
            yield return (byte)(1 + 191 + ((number - 191) % 64));
            number = (number - 191) / 64;
        }
        yield return (byte)(1 + number);
    }

    private static byte[] Shorts(params ushort[] shorts) => [.. shorts.SelectMany(BitConverter.GetBytes)];
}
