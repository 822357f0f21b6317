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

    internal static InheritedDescriptors Find() => new([.. Open().Where(StandardDescriptor.IsOpen)]);

    internal ImmutableArray<int> Numbers => _numbers;

    /// <summary>Where one leads, as /proc/self/fd/N tells it; null: it is not open.</summary>
    internal string? TargetOf(int fd) => _numbers.Contains(fd) ? LinkOf(fd) : null;

    /// <summary>
    /// Lets go of all but stderr: whoever keeps an end of a pipe open that it does not use makes others wait. 0 and 1 lead to /dev/null then, and so do the
    /// duplicates of 0, 1 and 2 that CoreCLR makes for itself at its start (a native program has none).
    /// </summary>
    internal void LetGo()
    {
        HashSet<string?> targets = [.. _numbers.Select(LinkOf)];
        int[] duplicates = [.. Open().Where(fd => fd > StandardDescriptor.Error && !_numbers.Contains(fd) && targets.Contains(LinkOf(fd)))];
        int nothing;
        fixed (byte* path = "/dev/null\0"u8)
            nothing = open(path, O_RDWR | O_CLOEXEC);
        foreach (int fd in _numbers.Concat(duplicates).Where(fd => fd != StandardDescriptor.Error))
        {
            if (_numbers.Contains(fd) && fd > StandardDescriptor.Error)
                _ = close(fd);
            else if (nothing != -1)
                _ = dup3(nothing, fd, O_CLOEXEC);
        }
        if (nothing != -1)
            _ = close(nothing);
    }

    private static IEnumerable<int> Open() =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture));

    private static string? LinkOf(int fd) => new FileInfo($"/proc/self/fd/{fd}").LinkTarget;
}
