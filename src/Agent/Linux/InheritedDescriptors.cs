using System.Collections.Immutable;
using System.Globalization;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// The descriptors that this program was started with, which a program that it starts is to have too. What the runtime opens is close-on-exec, and no part
/// of these.
/// </summary>
internal sealed unsafe class InheritedDescriptors
{
    private readonly ImmutableArray<int> _numbers;

    private InheritedDescriptors(ImmutableArray<int> numbers) => _numbers = numbers;

    internal static InheritedDescriptors Find() => new([.. Directory.EnumerateFileSystemEntries("/proc/self/fd")
        .Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
        .Where(StandardDescriptor.IsOpen)]);

    /// <summary>Where one leads, as /proc/self/fd/N tells it; null: it is not open.</summary>
    internal string? TargetOf(int fd) => _numbers.Contains(fd) ? new FileInfo($"/proc/self/fd/{fd}").LinkTarget : null;

    /// <summary>
    /// Lets go of all but stderr: whoever keeps an end of a pipe open that it does not use makes others wait. 0 and 1 lead to /dev/null then.
    /// </summary>
    internal void LetGo()
    {
        int nothing;
        fixed (byte* path = "/dev/null\0"u8)
            nothing = open(path, O_RDWR | O_CLOEXEC);
        foreach (int fd in _numbers.Where(fd => fd != StandardDescriptor.Error))
        {
            if (fd > StandardDescriptor.Error)
                _ = close(fd);
            else if (nothing != -1)
                _ = dup3(nothing, fd, O_CLOEXEC);
        }
        if (nothing != -1)
            _ = close(nothing);
    }
}
