using System.Runtime.InteropServices;
using System.Text;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// stdout or stderr without <see cref="Console"/>, which would set up the terminal for itself. Text is written as it comes. What cannot be written is
/// dropped: who shares stderr with a command must not fail where the command goes on, nor wait for ever for a reader that does not read.
/// </summary>
/// <param name="fd">1 or 2.</param>
internal sealed unsafe partial class DescriptorWriter(int fd) : TextWriter
{
    /// <summary>Milliseconds: a reader that stands still this long is part of what is wrong, and is not waited for again.</summary>
    private const int Patience = 2000;

    /// <summary>A pipe that poll(2) calls writable takes this much without blocking (PIPE_BUF of pipe(7)).</summary>
    private const int Piece = 4096;

    private bool _nobodyReads;

    public override Encoding Encoding => Encoding.UTF8;

    public bool IsTerminal => isatty(fd) == 1;

    /// <summary>How wide the terminal is; null: none, or not known.</summary>
    public int? Columns => Terminal.Columns(fd);

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void WriteLine(string? value) => Write($"{value}\n".AsSpan());

    public override void Write(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.GetMaxByteCount(text.Length)];
        int length = Encoding.GetBytes(text, bytes);
        fixed (byte* first = bytes)
        {
            for (int written = 0; written < length && !_nobodyReads;)
            {
                if (!IsWritableSoon())
                {
                    _nobodyReads = true;
                    return;
                }
                long count = write(fd, first + written, Math.Min(length - written, Piece));
                if (count >= 0)
                    written += (int)count;
                else if (errno != EINTR && errno != EAGAIN)
                    return;
            }
        }
    }

    private bool IsWritableSoon() => Polling.Waits(fd, POLLOUT, Patience);

    [LibraryImport("libc")]
    private static partial int isatty(int fd);
}
