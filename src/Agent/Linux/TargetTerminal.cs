using OrphanBoard.Shared.Snapshots;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Asks a pseudoterminal of another process how long a read may take, tcgetattr(3), through a <see cref="TargetDescriptor"/>.</summary>
internal static unsafe class TargetTerminal
{
    // include/uapi/asm-generic/ioctls.h, termbits.h: struct termios is four words of flags, the line discipline and nineteen characters.
    private const int GetAttributes = 0x5401; // TCGETS
    private const int Size = 64, LocalFlags = 12, Characters = 17, Time = 5; // VTIME
    private const uint Canonical = 2; // ICANON

    private static readonly SocketTimeouts Endless = new(TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>VTIME, as <see cref="SocketTimeouts.Receive"/>: input by lines has none. Null where it may not be asked, or fd is no slave of a pseudoterminal any more.</summary>
    internal static SocketTimeouts? Timeouts(int pid, int fd)
    {
        using TargetDescriptor duplicate = TargetDescriptor.Of(pid, fd);
        byte* attributes = stackalloc byte[Size];
        if (duplicate.Fd < 0 || !IsSlave(duplicate.Fd) || ioctl(duplicate.Fd, GetAttributes, attributes) != 0)
            return null;
        byte tenths = attributes[Characters + Time];
        return tenths == 0 || (*(uint*)(attributes + LocalFlags) & Canonical) != 0 ? Endless : new SocketTimeouts(TimeSpan.FromMilliseconds(100 * tenths), TimeSpan.Zero);
    }

    // Majors 136 to 143, Documentation/admin-guide/devices.txt: what else has fds may not be asked by ioctl(2) at all.
    private static bool IsSlave(int fd)
    {
        stat status;
        return fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == S_IFCHR && ((ulong)status.st_rdev >> 8 & 0xfff) is >= 136 and <= 143;
    }
}
