using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Netlink;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Sockets of all network namespaces that have a process in them: of the own one by sock_diag(7), of every other (and where netlink is denied) from the tables
/// in /proc/PID/net of one process in it, which show no peers of unix sockets.
/// </summary>
internal sealed class SocketReader(DirectoryHandle proc, NamespaceReader namespaces)
{
    private readonly ReadBuffer _buffer = new(limit: 32 * 1024 * 1024);

    /// <summary>Unix sockets of the own namespace that listen.</summary>
    internal ImmutableArray<UnixListener> UnixListeners()
    {
        if (SocketDiag.Dump(UnixDiag.ListenersRequest, _buffer, out ReadOnlySpan<byte> messages) == Sight.Seen)
            return UnixDiag.ParseListeners(messages);
        var sockets = new List<SocketRecord>();
        if (proc.ReadTable("self/net/unix"u8, _buffer, out ReadOnlySpan<byte> text) == Sight.Seen)
            NetUnixFile.Parse(text, null, sockets);
        return [.. sockets.Where(socket => socket.State == SocketState.Listening).Select(socket => new UnixListener(socket.Inode, socket.Name ?? ""))];
    }

    /// <summary>Unix sockets by inode, as they were last seen: most of a host's do not change from look to look, and cost a comparison.</summary>
    private readonly Dictionary<ulong, SocketRecord> _known = [];

    private readonly List<SocketRecord> _records = [];
    private readonly List<ulong> _others = [];
    private readonly ArrayTurns<SocketRecord> _arrays = new();
    private ImmutableArray<SocketRecord> _last = [];

    /// <summary>All sockets, ascending by inode, valid until two more looks were taken; <see cref="Sight.Seen"/> only where no table of a namespace that can be named is missing.</summary>
    internal (ImmutableArray<SocketRecord> Sockets, Sight Sight) Read(IReadOnlyList<ProcessRecord> processes)
    {
        _records.Clear();
        ulong? own = namespaces.Link(proc, null, "self/ns/net"u8);
        Sight sight = ReadOwn(own, _records);
        foreach (ulong other in OthersThan(own, processes))
        {
            Sight seen = ReadOther(processes.Where(process => !process.Threads.IsEmpty && process.Namespaces?.Net == other), other, _records);
            sight = sight == Sight.Seen ? seen : sight;
        }
        return (InOrder(), sight);
    }

    /// <summary>Network namespaces that have a process in them and can be named, in the order of the processes.</summary>
    private List<ulong> OthersThan(ulong? own, IReadOnlyList<ProcessRecord> processes)
    {
        _others.Clear();
        for (int i = 0; i < processes.Count; i++)
        {
            if (!processes[i].Threads.IsEmpty && processes[i].Namespaces?.Net is { } net && net != own && !_others.Contains(net))
                _others.Add(net);
        }
        return _others;
    }

    /// <summary>Each inode once, as it was found first; the last look's own list where that says the same.</summary>
    private ImmutableArray<SocketRecord> InOrder()
    {
        Span<SocketRecord> records = CollectionsMarshal.AsSpan(_records);
        records.Sort(static (one, other) => one.Inode.CompareTo(other.Inode));
        int count = 0;
        foreach (SocketRecord record in records)
        {
            if (count == 0 || records[count - 1].Inode != record.Inode)
                records[count++] = record;
        }
        records = records[..count];
        if (!IsAsLast(records))
        {
            SocketRecord[] array = _arrays.Take(count);
            records.CopyTo(array);
            _last = ImmutableCollectionsMarshal.AsImmutableArray(array);
        }
        _records.Clear();
        if (_known.Count > 2 * count)
            _known.Clear();
        return _last;
    }

    private bool IsAsLast(ReadOnlySpan<SocketRecord> records)
    {
        if (records.Length != _last.Length)
            return false;
        for (int i = 0; i < records.Length; i++)
        {
            if (!ReferenceEquals(records[i], _last[i]))
                return false;
        }
        return true;
    }

    private Sight ReadOwn(ulong? own, List<SocketRecord> records)
    {
        Sight unix = SocketDiag.Dump(UnixDiag.Request, _buffer, out ReadOnlySpan<byte> messages);
        if (unix == Sight.Seen)
            UnixDiag.Parse(messages, own, records, _known);
        var tcp = new List<TcpSocket>();
        Sight inet = SocketDiag.Dump(InetDiag.RequestInet, _buffer, out messages);
        if (inet == Sight.Seen)
            InetDiag.Parse(messages, tcp);
        // A kernel without IPv6 knows no such family, and the file is missing too.
        Sight inet6 = SocketDiag.Dump(InetDiag.RequestInet6, _buffer, out messages);
        if (inet6 == Sight.Seen)
            InetDiag.Parse(messages, tcp);
        if (unix == Sight.Seen && inet == Sight.Seen && inet6 == Sight.Seen)
        {
            TcpConnections.Join(tcp, own, records);
            return Sight.Seen;
        }
        Sight opened = proc.OpenDirectory("self"u8, out DirectoryHandle? self);
        if (self is null)
            return opened;
        using (self)
            return ReadTables(self, own, unix != Sight.Seen, records);
    }

    /// <summary>The first process that is still there speaks for its namespace.</summary>
    private Sight ReadOther(IEnumerable<ProcessRecord> processes, ulong? netNamespace, List<SocketRecord> records)
    {
        Sight sight = Sight.Gone;
        foreach (ProcessRecord process in processes)
        {
            sight = proc.OpenDirectory(new RelativePath(process.Pid), out DirectoryHandle? directory);
            if (directory is null)
                continue;
            using (directory)
            {
                // It may have moved since, or be another one.
                sight = Sight.Gone;
                if (namespaces.Link(directory, null, "ns/net"u8) != netNamespace)
                    continue;
                sight = ReadTables(directory, netNamespace, withUnix: true, records);
                if (sight == Sight.Seen)
                    return sight;
            }
        }
        return sight;
    }

    private Sight ReadTables(DirectoryHandle directory, ulong? netNamespace, bool withUnix, List<SocketRecord> records)
    {
        var tcp = new List<TcpSocket>();
        Sight inet = directory.ReadTable("net/tcp"u8, _buffer, out ReadOnlySpan<byte> text);
        if (inet == Sight.Seen)
            NetTcpFile.Parse(text, tcp);
        // Gone: no IPv6 here. That the process is still there is shown by the tables before and after.
        Sight inet6 = directory.ReadTable("net/tcp6"u8, _buffer, out text);
        if (inet6 == Sight.Seen)
            NetTcpFile.Parse(text, tcp);
        Sight unix = directory.ReadTable("net/unix"u8, _buffer, out text);
        if (unix == Sight.Seen && withUnix)
            NetUnixFile.Parse(text, netNamespace, records);
        TcpConnections.Join(tcp, netNamespace, records);
        return inet != Sight.Seen ? inet : unix != Sight.Seen ? unix : inet6 == Sight.Gone ? Sight.Seen : inet6;
    }
}
