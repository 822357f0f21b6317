using System.Collections.Immutable;
using System.Text;

namespace OrphanBoard.Shared.Text;

/// <summary>What a process is called in whatever is told of it.</summary>
public static class ProgramName
{
    /// <summary>The kernel cuts comm at so many bytes.</summary>
    private const int CommBytes = 15;

    /// <summary>comm, or where the kernel cut it the name that the first argument goes on with.</summary>
    public static string Of(string comm, ImmutableArray<string>? cmdline)
    {
        if (Encoding.UTF8.GetByteCount(comm) < CommBytes || cmdline is not { IsDefaultOrEmpty: false } arguments)
            return comm;
        string name = arguments[0][(arguments[0].LastIndexOf('/') + 1)..];
        return name.StartsWith(comm, StringComparison.Ordinal) ? name : comm;
    }
}
