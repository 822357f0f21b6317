using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Namespaces of each process: /proc/PID/ns. Read once for each program that it executes, for setns(2) and unshare(2) are what programs start with; of suspects each time.</summary>
internal sealed class NamespaceReader(ReadBuffer buffer)
{
    /// <summary>Past so many combinations they are made anew.</summary>
    private const int Most = 1024;

    // Most processes of a host are in the same ones: each combination is one object.
    private readonly Dictionary<NamespaceSet, NamespaceSet> _sets = [];

    internal NamespaceSet Read(DirectoryHandle directory, int? living) => One(new NamespaceSet(
        Link(directory, living, "ns/pid"u8), Link(directory, living, "ns/net"u8), Link(directory, living, "ns/ipc"u8),
        Link(directory, living, "ns/mnt"u8), Link(directory, living, "ns/user"u8)));

    /// <summary>The one object for this combination.</summary>
    internal NamespaceSet One(NamespaceSet read)
    {
        if (_sets.TryGetValue(read, out NamespaceSet? known))
            return known;
        if (_sets.Count >= Most)
            _sets.Clear();
        _sets.Add(read, read);
        return read;
    }

    /// <summary>Inode number of the namespace behind a link; null: not readable.</summary>
    internal ulong? Link(DirectoryHandle directory, int? living, ReadOnlySpan<byte> link) =>
        directory.ReadLink(RelativePath.OfProcess(living, link), buffer, out ReadOnlySpan<byte> text) == Sight.Seen ? NamespaceLink.Parse(text) : null;
}
