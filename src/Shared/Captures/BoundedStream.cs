namespace OrphanBoard.Shared.Captures;

/// <summary>Passes on what is read or written, up to a limit: a small file can unpack to more than there is memory.</summary>
/// <param name="inner">Left open.</param>
/// <param name="limit">Bytes.</param>
/// <param name="complaint">Message of the <see cref="InvalidDataException"/> past the limit.</param>
internal sealed class BoundedStream(Stream inner, long limit, string complaint) : Stream
{
    private long _passed;

    public override bool CanRead => inner.CanRead;
    public override bool CanWrite => inner.CanWrite;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        int count = inner.Read(buffer);
        Count(count);
        return count;
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Count(buffer.Length);
        inner.Write(buffer);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    public override void Flush() => inner.Flush();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    private void Count(int bytes)
    {
        _passed += bytes;
        if (_passed > limit)
            throw new InvalidDataException(complaint);
    }
}
