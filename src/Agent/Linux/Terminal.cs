using System.Runtime.InteropServices;

namespace OrphanBoard.Agent.Linux;

/// <summary>What is asked of a terminal.</summary>
internal static unsafe partial class Terminal
{
    // asm-generic/ioctls.h
    private const ulong GetWindowSize = 0x5413; // TIOCGWINSZ

    /// <summary>How wide it is. Null: no terminal, or one that does not say (0 columns).</summary>
    internal static int? Columns(int fd)
    {
        WindowSize size = default;
        return ioctl(fd, GetWindowSize, &size) == 0 && size.Columns > 0 ? size.Columns : null;
    }

    // struct winsize of ioctl_tty(2)
    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        public ushort Rows;
        public ushort Columns;
        public ushort PixelsAcross;
        public ushort PixelsDown;
    }

    [LibraryImport("libc")]
    private static partial int ioctl(int fd, ulong request, WindowSize* size);
}
