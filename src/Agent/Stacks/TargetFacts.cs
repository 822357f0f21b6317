using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>What /proc says of a process that decides which tool reads its stacks, and whether one may.</summary>
/// <param name="Exe">Path of its program, as it was when that was executed.</param>
/// <param name="Status">Its status file.</param>
/// <param name="Stopped">Stopped by a signal: state T.</param>
/// <param name="Call">What its first thread is blocked in.</param>
/// <param name="SharesNetwork">It is in the network namespace of the agent.</param>
/// <param name="SharesFiles">It is in the mount namespace of the agent: paths mean the same.</param>
internal sealed record TargetFacts(string Exe, StatusFile Status, bool Stopped, BlockedCall Call, bool SharesNetwork, bool SharesFiles)
{
    /// <summary>File name of its program.</summary>
    internal string Program => Path.GetFileName(Exe);

    /// <summary>Null: it is gone, another user's, or between two programs, where to read its links could wait for ever (docs/risky-reads.md).</summary>
    internal static TargetFacts? Of(int pid)
    {
        using DirectoryHandle? directory = DirectoryHandle.TryOpen($"/proc/{pid}"), self = DirectoryHandle.TryOpen("/proc/self");
        var buffer = new ReadBuffer();
        if (directory is null || self is null
            || directory.Read("statm"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen || StatmFile.IsBetweenPrograms(text)
            || Link(directory, "exe"u8) is not { } exe
            || directory.Read("status"u8, buffer, out text) != Sight.Seen
            || !StatusFile.TryParse(text, out StatusFile status) || !StatusIdentity.TryParse(text, out StatusIdentity identity))
            return null;
        const string Deleted = " (deleted)";
        string program = exe.EndsWith(Deleted, StringComparison.Ordinal) ? exe[..^Deleted.Length] : exe;
        bool stopped = identity.State == 'T';
        BlockedCall call = directory.Read("syscall"u8, buffer, out text) == Sight.Seen ? SyscallFile.Parse(text) : BlockedCall.Unreadable;
        return new TargetFacts(program, status, stopped, call, Shares("ns/net"u8), Shares("ns/mnt"u8));

        bool Shares(ReadOnlySpan<byte> name) => Link(directory, name) == Link(self, name);

        string? Link(DirectoryHandle from, ReadOnlySpan<byte> name) =>
            from.ReadLink(name, buffer, out ReadOnlySpan<byte> target) == Sight.Seen ? Encoding.UTF8.GetString(target) : null;
    }

    /// <summary>It has exited, whether or not it has been waited for.</summary>
    internal static bool HasEnded(int pid)
    {
        using DirectoryHandle? directory = DirectoryHandle.TryOpen($"/proc/{pid}");
        return directory is null || directory.Read("status"u8, new ReadBuffer(), out ReadOnlySpan<byte> text) != Sight.Seen
            || !StatusIdentity.TryParse(text, out StatusIdentity identity) || identity.State is 'Z' or 'X';
    }
}
