using System.Text;
using CsCheck;
using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class NettraceTests
{
    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("Nettrace\x14\0\0\0!FastSerialization.1");
    private static readonly string[] Names = ["EventBlock", "MetadataBlock", "StackBlock", "SPBlock", "Other"];

    [Fact]
    public void Fed_EventInPieces_GivesItWithItsKindAndItsStack()
    {
        byte[] stream =
        [
            .. Magic, .. Block("MetadataBlock", Magic.Length, [4, 0, 1, 0, /* told: payload */ 128, /* time */ 0, /* bytes */ 14, 7, 0, 0, 0, (byte)'P', 0, 0, 0, 144, 0, 0, 0, 0, 0]),
        ];
        stream = [.. stream, .. Block("StackBlock", stream.Length, [3, 0, 0, 0, 1, 0, 0, 0, 16, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0])];
        stream = [.. stream, .. Block("EventBlock", stream.Length, [4, 0, 1, 0, /* told: kind, thread, stack, payload */ 1 + 4 + 8 + 128, 7, 0x80, 1, 3, 0, 2, 10, 11]), 1];
        var events = new List<(string, int, ulong Thread, ulong[] Stack, byte[] Payload)>();
        Nettrace reader = null!;
        reader = new Nettrace((in NettraceEvent @event, ReadOnlySpan<byte> payload) =>
        {
            (string provider, int id) = reader.KindOf(@event)!.Value;
            events.Add((provider, id, @event.Thread, reader.StackOf(@event).ToArray(), payload.ToArray()));
        });

        foreach (byte one in stream)
            Feed(reader, [one]);

        Assert.True(reader.IsOver);
        (string name, int number, ulong thread, ulong[] stack, byte[] payload) = Assert.Single(events);
        Assert.Equal(("P", 144, 128UL), (name, number, thread));
        Assert.Equal([1UL, 2UL], stack);
        Assert.Equal([10, 11], payload);
    }

    [Fact]
    public void Fed_AnyContent_IsTakenOrRefused() =>
        Gen.Select(Gen.Int[0, Names.Length - 1].Select(i => Names[i]), Gen.Byte.Array[0, 200]).Array[1, 5].Sample(blocks =>
        {
            var samples = new DotnetSamples();
            Nettrace reader = null!;
            reader = new Nettrace((in NettraceEvent @event, ReadOnlySpan<byte> payload) => samples.Take(reader, @event, payload));
            byte[] stream = Magic;
            foreach ((string name, byte[] content) in blocks)
                stream = [.. stream, .. Block(name, stream.Length, content)];
            try
            {
                Feed(reader, stream);
            }
            catch (InvalidDataException)
            {
            }
        });

    private static void Feed(Nettrace reader, byte[] bytes)
    {
        for (int fed = 0; fed < bytes.Length;)
        {
            Memory<byte> room = reader.Room();
            int count = Math.Min(room.Length, bytes.Length - fed);
            bytes.AsMemory(fed, count).CopyTo(room);
            reader.Fed(count);
            fed += count;
        }
    }

    private static byte[] Block(string name, int position, byte[] content)
    {
        byte[] head = [5, 5, 1, 2, 0, 0, 0, 2, 0, 0, 0, .. BitConverter.GetBytes(name.Length), .. Encoding.ASCII.GetBytes(name), 6, .. BitConverter.GetBytes(content.Length)];
        return [.. head, .. new byte[-(position + head.Length) & 3], .. content, 6];
    }
}
