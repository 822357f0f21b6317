using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// The unix sockets that listen. A host may have thousands of unix sockets, and only of a suspect does it matter whether it listens: they are
/// read where there are suspects, and else now and then.
/// </summary>
internal sealed class ListenerWatch(SocketReader sockets)
{
    private const int EveryLooks = 30;

    private ImmutableArray<UnixListener> _listeners = [];
    private long _readAt = -EveryLooks;

    internal ImmutableArray<UnixListener> At(long look, bool wanted)
    {
        if (!wanted && look - _readAt < EveryLooks)
            return _listeners;
        _readAt = look;
        return _listeners = sockets.UnixListeners();
    }
}
