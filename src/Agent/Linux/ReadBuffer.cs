namespace OrphanBoard.Agent.Linux;

/// <summary>Memory that is used again for each file: what was read into it is valid until the next read.</summary>
/// <param name="size">Bytes to begin with.</param>
/// <param name="limit">What one read takes at most, bytes. A longer file is cut there.</param>
public sealed class ReadBuffer(int size = 16 * 1024, int limit = ReadBuffer.Limit)
{
    /// <summary>What one read of a process's own file takes at most, bytes.</summary>
    public const int Limit = 1024 * 1024;

    internal byte[] Bytes { get; private set; } = new byte[size];

    /// <summary>Twice the room, the content kept. False: the limit is reached.</summary>
    internal bool Grow()
    {
        if (Bytes.Length >= limit)
            return false;
        byte[] larger = new byte[Bytes.Length * 2];
        Bytes.CopyTo(larger, 0);
        Bytes = larger;
        return true;
    }
}
