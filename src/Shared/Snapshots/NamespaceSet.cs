namespace OrphanBoard.Shared.Snapshots;

/// <summary>
/// Which namespaces a process is in, namespaces(7): the inode numbers of the links in /proc/PID/ns, equal for processes of the same one. Null: not readable.
/// </summary>
/// <param name="Pid">Its own pid namespace: numbers that it passes to wait4(2) or stores in a lock's owner word are of this one.</param>
/// <param name="Net">Its network namespace: sockets, and the addresses they are bound to.</param>
/// <param name="Ipc">Its ipc namespace: System V objects and POSIX queues.</param>
/// <param name="Mnt">Its mount namespace: what a path names.</param>
/// <param name="User">Its user namespace: what its capabilities are good for.</param>
public sealed record NamespaceSet(ulong? Pid = null, ulong? Net = null, ulong? Ipc = null, ulong? Mnt = null, ulong? User = null);
