using System.Collections.Immutable;
using System.Text;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/cmdline, proc_pid_cmdline(5).</summary>
public static class CmdlineFile
{
    /// <summary>Bytes of a vector that are kept; what follows is left out, and a last element <c>...</c> says so.</summary>
    public const int Limit = 16 * 1024;

    // sh\0-c\0exit 3\0            one NUL after each argument; empty arguments are legal
    // sshd: user@pts/0            a title the process wrote over it (setproctitle): no NULs inside, some or none at the end
    // (nothing)                   a zombie
    public static ImmutableArray<string> Parse(ReadOnlySpan<byte> text)
    {
        bool cut = text.Length > Limit;
        if (cut)
            text = text[..Limit];
        ReadOnlySpan<byte> trimmed = text.TrimEnd((byte)0);
        if (trimmed.IsEmpty)
            return text.IsEmpty ? [] : [""];
        // A rewritten title is padded with NULs to the old length; a vector that ends in empty arguments looks the same and loses them.
        ImmutableArray<string>.Builder arguments = ImmutableArray.CreateBuilder<string>();
        foreach (Range range in trimmed.Split((byte)0))
            arguments.Add(Encoding.UTF8.GetString(trimmed[range]));
        if (cut)
            arguments.Add("...");
        return arguments.ToImmutable();
    }
}
