using System.Buffers;
using System.IO.Compression;

namespace OrphanBoard.Shared.Captures;

/// <summary>
/// What was compressed with Brotli, to be read. <see cref="BrotliStream"/> would bring the compressor into the native agent as well: 0.7 MB that nobody uses.
/// </summary>
/// <param name="packed">Left open.</param>
internal sealed class BrotliReader(Stream packed) : Stream
{
    private readonly byte[] _room = new byte[64 * 1024];
    private BrotliDecoder _decoder;
    private ReadOnlyMemory<byte> _waiting;

    public override bool CanRead => true;
    public override bool CanWrite => false;
    public override bool CanSeek => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <exception cref="InvalidDataException">It is damaged or cut.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            OperationStatus status = _decoder.Decompress(_waiting.Span, buffer, out int consumed, out int written);
            _waiting = _waiting[consumed..];
            if (written > 0 || status == OperationStatus.Done || buffer.IsEmpty)
                return written;
            int read = status == OperationStatus.InvalidData ? 0 : packed.Read(_room);
            if (read == 0)
                throw new InvalidDataException("it is damaged or cut");
            _waiting = _room.AsMemory(0, read);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Flush() { }
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _decoder.Dispose();
        base.Dispose(disposing);
    }
}
