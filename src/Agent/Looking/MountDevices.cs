using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Which device a file is on, by the mount that fdinfo names. mountinfo is read once a look for each mount namespace that is asked about.</summary>
internal sealed class MountDevices(NamespaceReader namespaces)
{
    private readonly ReadBuffer _buffer = new(limit: 16 * 1024 * 1024);
    private readonly Dictionary<int, uint> _devices = []; // A mount id is unique over all namespaces.
    private readonly HashSet<ulong> _read = [];

    internal void BeginLook()
    {
        _devices.Clear();
        _read.Clear();
    }

    /// <summary>Null: the mount is not listed, or the list is not readable.</summary>
    /// <param name="unlisted">The process's mountinfo was read as a whole, and the mount is not in it.</param>
    internal uint? Find(DirectoryHandle directory, int? living, int mountId, out bool unlisted)
    {
        unlisted = false;
        if (_devices.TryGetValue(mountId, out uint device))
            return device;
        if (namespaces.Link(directory, living, "ns/mnt"u8) is not { } mountNamespace)
            return null;
        if (!_read.Contains(mountNamespace))
        {
            if (directory.ReadTable(RelativePath.OfProcess(living, "mountinfo"u8), _buffer, out ReadOnlySpan<byte> text) != Sight.Seen)
                return null;
            MountinfoFile.Parse(text, _devices);
            _read.Add(mountNamespace);
        }
        unlisted = !_devices.TryGetValue(mountId, out device);
        return unlisted ? null : device;
    }
}
