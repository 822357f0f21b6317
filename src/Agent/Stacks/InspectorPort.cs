using System.Collections.Immutable;
using System.Net;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Stacks;

/// <summary>Where a process listens on loopback, and whether the port that node opens is free.</summary>
/// <param name="Own">Ports of the process itself, by the sockets that it has: whoever else listens is not asked.</param>
/// <param name="Taken">Another process listens on <see cref="Default"/>.</param>
internal readonly record struct InspectorPort(ImmutableArray<int> Own, bool Taken)
{
    internal const int Default = 9229;

    internal static InspectorPort Of(int pid)
    {
        using DirectoryHandle? directory = DirectoryHandle.TryOpen($"/proc/{pid}");
        var buffer = new ReadBuffer();
        if (directory is null || directory.ReadTable("net/tcp"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen)
            return new InspectorPort([], false);
        var sockets = new List<TcpSocket>();
        NetTcpFile.Parse(text, sockets);
        List<TcpSocket> listeners = sockets.FindAll(socket => socket.State == SocketState.Listening);
        HashSet<ulong> inodes = SocketsOf(directory, buffer);
        ImmutableArray<int> own = [.. listeners.Where(socket => inodes.Contains(socket.Inode) && IPAddress.IsLoopback(socket.Local.Address)).Select(socket => socket.Local.Port)];
        return new InspectorPort(own, listeners.Exists(socket => socket.Local.Port == Default && !inodes.Contains(socket.Inode)));
    }

    /// <summary>The inspector's: one that was not there before, or that of a node which was started with --inspect. Null: it is not there yet.</summary>
    internal static int? Opened(InspectorPort before, InspectorPort now)
    {
        ImmutableArray<int> added = [.. now.Own.Except(before.Own)];
        return added is [var port, ..] ? port : before.Own.Contains(Default) ? Default : null;
    }

    private static HashSet<ulong> SocketsOf(DirectoryHandle directory, ReadBuffer buffer)
    {
        var inodes = new HashSet<ulong>();
        if (directory.OpenDirectory("fd"u8, out DirectoryHandle? table) != Sight.Seen)
            return inodes;
        using (table)
        {
            var numbers = new List<int>();
            _ = table!.ListNumbers(numbers);
            foreach (int fd in numbers)
            {
                ReadOnlySpan<byte> prefix = "socket:["u8;
                if (table.ReadLink(new RelativePath(fd), buffer, out ReadOnlySpan<byte> target) == Sight.Seen && target.StartsWith(prefix)
                    && ulong.TryParse(target[prefix.Length..^1], out ulong inode))
                    inodes.Add(inode);
            }
        }
        return inodes;
    }
}
