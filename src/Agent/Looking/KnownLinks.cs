using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// What links of /proc (exe, fd/N) said in this look, by what the kernel program calls the file under its name: most programs and files are those of many, and two links tell what
/// all of them say. Two, for whoever has it open may have opened another one in its place after the pass.
/// </summary>
internal sealed class KnownLinks
{
    /// <summary>A look with more leaves their memory to others.</summary>
    private const int Most = 1024;

    private readonly Dictionary<ulong, FdTarget> _once = [], _known = [];
    private bool _denied;

    internal void BeginLook()
    {
        bool many = _once.Count > Most;
        _once.Clear();
        _known.Clear();
        _denied = false;
        if (!many)
            return;
        _once.TrimExcess();
        _known.TrimExcess();
    }

    /// <param name="file">0: nothing is known of it.</param>
    internal FdTarget? Find(ulong file) => file != 0 && !_denied ? _known.GetValueOrDefault(file) : null;

    /// <summary>Takes in what one link said.</summary>
    internal void Tell(ulong file, FdTarget target)
    {
        if (file == 0)
            return;
        // Who may not read all links is not shown some by the way of others.
        if (target.Kind == FdKind.Unreadable)
            _denied = true;
        else if (_once.TryGetValue(file, out FdTarget? other) && other.Text == target.Text)
            _known[file] = other;
        else
            _once[file] = target;
    }
}
