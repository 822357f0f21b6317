using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// stdout or stderr without <see cref="Console"/>, which would set up the terminal for itself. Text is written as it comes. What cannot be written is
/// dropped: who shares stderr with a command must not fail where the command goes on.
/// </summary>
/// <param name="fd">1 or 2.</param>
internal sealed unsafe partial class DescriptorWriter(int fd) : TextWriter
{
    /// <summary>Milliseconds: a reader that stands still this long is part of what is wrong.</summary>
    private const int Patience = 2000;

    public override Encoding Encoding => Encoding.UTF8;

    public bool IsTerminal => isatty(fd) == 1;

    public override void Write(char value) => Write([value]);

    public override void Write(string? value) => Write(value.AsSpan());

    public override void WriteLine(string? value) => Write($"{value}\n".AsSpan());

    public override void Write(ReadOnlySpan<char> text)
    {
        byte[] bytes = new byte[Encoding.GetMaxByteCount(text.Length)];
        int length = Encoding.GetBytes(text, bytes);
        fixed (byte* first = bytes)
        {
            for (int written = 0; written < length;)
            {
                long count = write(fd, first + written, length - written);
                if (count >= 0)
                    written += (int)count;
                else if (errno == EAGAIN ? !IsWritableSoon() : errno != EINTR)
                    return;
            }
        }
    }

    /// <summary>Somebody may have set the pipe that we share with them to O_NONBLOCK.</summary>
    private bool IsWritableSoon()
    {
        pollfd stream = new() { fd = fd, events = POLLOUT };
        return poll(&stream, 1, Patience) == 1;
    }

    [LibraryImport("libc")]
    private static partial int isatty(int fd);
}
