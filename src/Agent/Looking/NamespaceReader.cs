using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Namespaces of each process: /proc/PID/ns. Read at first sight and after an exec, for setns(2) and unshare(2) are what programs start with; of suspects each time.</summary>
internal sealed class NamespaceReader(ReadBuffer buffer)
{
    private readonly ExecCache<NamespaceSet> _known = new();

    // Most processes of a host are in the same ones.
    private NamespaceSet _usual = new();

    internal void BeginLook() => _known.BeginLook();

    internal NamespaceSet Get(DirectoryHandle directory, int? living, StatFile stat, string? exe, bool suspect)
    {
        if (!suspect && _known.TryGet(stat, exe, out NamespaceSet? known))
            return known!;
        var read = new NamespaceSet(
            Link(directory, living, "ns/pid"u8), Link(directory, living, "ns/net"u8), Link(directory, living, "ns/ipc"u8),
            Link(directory, living, "ns/mnt"u8), Link(directory, living, "ns/user"u8));
        if (read == _usual)
            read = _usual;
        else
            _usual = read;
        _known.Set(stat, exe, read);
        return read;
    }

    /// <summary>Inode number of the namespace behind a link; null: not readable.</summary>
    internal ulong? Link(DirectoryHandle directory, int? living, ReadOnlySpan<byte> link) =>
        directory.ReadLink(RelativePath.OfProcess(living, link), buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? NamespaceLink.Parse(text) : null;
}
