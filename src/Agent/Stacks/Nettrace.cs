using System.Text;

namespace OrphanBoard.Agent.Stacks;

/// <summary>An event as it comes in a stream of events of the .NET runtime.</summary>
/// <param name="Metadata">Which kind of event: as a metadata block has told it.</param>
/// <param name="Thread">Whom it is about.</param>
/// <param name="Stack">As a stack block has told it; 0: none.</param>
internal readonly record struct NettraceEvent(uint Metadata, ulong Thread, uint Stack);

/// <summary>
/// The stream of events that the .NET runtime sends, format "nettrace", version 4: microsoft/perfview, NetTraceFormat_v5.md. Fed with pieces as they come.
/// <code>
/// "Nettrace" 20 "!FastSerialization.1"
/// objects: 5 5 1 version minimum-reader-version length name 6 content 6     tags of one byte, numbers of four
/// 1                                                                         the end
/// </code>
/// The content of the first object, "Trace", has 48 bytes; that of all others is size, padding up to a multiple of four in the stream, and so many bytes.
/// </summary>
/// <param name="take">Gets each event. Its payload is valid during the call.</param>
internal sealed class Nettrace(Nettrace.Taker take)
{
    private const int MostBlockBytes = 16 * 1024 * 1024, MostNameBytes = 64, MostStacks = 100_000, MostKinds = 10_000;
    private const int TraceBytes = 48;
    private const byte EndOfStream = 1, BeginObject = 5, EndObject = 6;
    private static readonly byte[] Magic = Encoding.ASCII.GetBytes("Nettrace\x14\0\0\0!FastSerialization.1");
    private readonly Dictionary<uint, ulong[]> _stacks = [];
    private readonly Dictionary<uint, (string Provider, int Id)> _kinds = [];
    private byte[] _buffer = new byte[128 * 1024];
    private int _begin, _end;

    // Of _begin in the stream, which content is aligned to.
    private long _position;

    internal delegate void Taker(in NettraceEvent @event, ReadOnlySpan<byte> payload);

    /// <summary>Nothing more will come.</summary>
    internal bool IsOver { get; private set; }

    /// <summary>Provider and number of the kind of an event; null: it has not been told.</summary>
    internal (string Provider, int Id)? KindOf(in NettraceEvent @event) => _kinds.TryGetValue(@event.Metadata, out (string, int) kind) ? kind : null;

    /// <summary>Addresses, the innermost first.</summary>
    internal ReadOnlySpan<ulong> StackOf(in NettraceEvent @event) => _stacks.TryGetValue(@event.Stack, out ulong[]? stack) ? stack : [];

    /// <summary>Room for the next piece.</summary>
    internal Memory<byte> Room()
    {
        if (_begin > 0)
        {
            _buffer.AsSpan(_begin.._end).CopyTo(_buffer);
            (_begin, _end) = (0, _end - _begin);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        return _buffer.AsMemory(_end);
    }

    /// <summary>So many bytes have come into <see cref="Room"/>: takes the objects that are whole.</summary>
    /// <exception cref="InvalidDataException">It is no such stream.</exception>
    internal void Fed(int count)
    {
        _end += count;
        while (!IsOver && TakeOne())
        {
        }
    }

    private bool TakeOne()
    {
        ReadOnlySpan<byte> there = _buffer.AsSpan(_begin.._end);
        int length = _position == 0 ? TakeMagic(there) : TakeObject(there);
        _begin += length;
        _position += length;
        return length > 0;
    }

    private static int TakeMagic(ReadOnlySpan<byte> there)
    {
        int known = Math.Min(there.Length, Magic.Length);
        if (!there[..known].SequenceEqual(Magic.AsSpan(0, known)))
            throw new InvalidDataException("it does not begin as nettrace does");
        return known == Magic.Length ? known : 0;
    }

    /// <summary>Its length; 0: it is not whole yet.</summary>
    private int TakeObject(ReadOnlySpan<byte> there)
    {
        if (there is [EndOfStream, ..])
        {
            IsOver = true;
            return 1;
        }
        const int BeforeName = 15;
        if (there.Length < BeforeName)
            return 0;
        var cursor = new ByteCursor(there);
        if (cursor.Byte() != BeginObject || cursor.Byte() != BeginObject || cursor.Byte() != EndOfStream)
            throw new InvalidDataException("an object does not begin as one");
        cursor.Take(8);
        int nameLength = cursor.Int32();
        if (nameLength is < 0 or > MostNameBytes)
            throw new InvalidDataException($"a name of {nameLength} bytes");
        if (cursor.Rest.Length < nameLength + 1 + sizeof(int))
            return 0;
        ReadOnlySpan<byte> name = cursor.Take(nameLength);
        cursor.Take(1);
        int size = TraceBytes;
        if (!name.SequenceEqual("Trace"u8))
        {
            size = cursor.Int32();
            if (size is < 0 or > MostBlockBytes)
                throw new InvalidDataException($"a block of {size} bytes");
            long at = _position + (there.Length - cursor.Rest.Length);
            int padding = (int)(-at & 3);
            if (cursor.Rest.Length < padding)
                return 0;
            cursor.Take(padding);
        }
        if (cursor.Rest.Length < size + 1)
            return 0;
        ReadOnlySpan<byte> content = cursor.Take(size);
        if (cursor.Byte() != EndObject)
            throw new InvalidDataException("an object does not end as one");
        Take(name, content);
        return there.Length - cursor.Rest.Length;
    }

    private void Take(ReadOnlySpan<byte> name, ReadOnlySpan<byte> content)
    {
        if (name.SequenceEqual("EventBlock"u8))
            TakeEvents(content, isMetadata: false);
        else if (name.SequenceEqual("MetadataBlock"u8))
            TakeEvents(content, isMetadata: true);
        else if (name.SequenceEqual("StackBlock"u8))
            TakeStacks(content);
        else if (name.SequenceEqual("SPBlock"u8))
            _stacks.Clear(); // No event after it refers to a stack before it.
    }

    // first id, count, and so often: size in bytes, addresses
    private void TakeStacks(ReadOnlySpan<byte> content)
    {
        var cursor = new ByteCursor(content);
        uint id = cursor.UInt32();
        for (uint left = cursor.UInt32(); left > 0; left--)
        {
            var addresses = new ByteCursor(cursor.Take(cursor.Int32()));
            ulong[] stack = new ulong[addresses.Rest.Length / sizeof(ulong)];
            for (int i = 0; i < stack.Length; i++)
                stack[i] = addresses.UInt64();
            _stacks[id++] = stack;
            if (_stacks.Count > MostStacks)
                throw new InvalidDataException($"more than {MostStacks} stacks");
        }
    }

    // A header that begins with its size and flags, of which bit 0 says that the headers of the events are compressed.
    private void TakeEvents(ReadOnlySpan<byte> content, bool isMetadata)
    {
        var cursor = new ByteCursor(content);
        int headerSize = cursor.UInt16();
        bool compressed = (cursor.UInt16() & 1) != 0;
        cursor.Take(headerSize - 4);
        if (!compressed)
            throw new InvalidDataException("events without compressed headers");
        var header = default(Header);
        while (!cursor.IsAtEnd)
        {
            ReadOnlySpan<byte> payload = cursor.Take(header.Next(ref cursor));
            if (isMetadata)
                TakeMetadata(payload);
            else
                take(new NettraceEvent(header.Metadata, header.Thread, header.Stack), payload);
        }
    }

    // id, provider, number of the event there, and more about its name and its fields
    private void TakeMetadata(ReadOnlySpan<byte> payload)
    {
        var cursor = new ByteCursor(payload);
        uint id = cursor.UInt32();
        string provider = cursor.Utf16().ToString();
        _kinds[id] = (provider, cursor.Int32());
        if (_kinds.Count > MostKinds)
            throw new InvalidDataException($"more than {MostKinds} kinds of events");
    }

    /// <summary>What is not told of an event is as in the event before it.</summary>
    private struct Header
    {
        internal uint Metadata, Stack;
        internal ulong Thread;
        private long _payload;

        /// <summary>How many bytes of payload follow.</summary>
        internal long Next(ref ByteCursor cursor)
        {
            byte told = cursor.Byte();
            if ((told & 1) != 0)
                Metadata = (uint)cursor.VarUInt();
            if ((told & 2) != 0)
            {
                cursor.VarUInt(); // sequence number
                cursor.VarUInt(); // who wrote it
                cursor.VarUInt(); // on which processor
            }
            if ((told & 4) != 0)
                Thread = cursor.VarUInt();
            if ((told & 8) != 0)
                Stack = (uint)cursor.VarUInt();
            cursor.VarUInt(); // time since the event before it
            if ((told & 16) != 0)
                cursor.Take(16); // activity
            if ((told & 32) != 0)
                cursor.Take(16); // the activity that it belongs to
            if ((told & 128) != 0)
                _payload = (long)cursor.VarUInt();
            return _payload;
        }
    }
}
