namespace OrphanBoard.Server.Ingest;

/// <summary>Totals since the start, for <c>/metrics</c>.</summary>
public sealed class IngestCounters
{
    private readonly long[] _frames = new long[Enum.GetValues<Shared.Wire.FrameKind>().Length];
    private long _bytes;
    private long _refused;
    private long _keyframesAsked;

    public long Bytes => Interlocked.Read(ref _bytes);
    public long Refused => Interlocked.Read(ref _refused);
    public long KeyframesAsked => Interlocked.Read(ref _keyframesAsked);

    public long Frames(Shared.Wire.FrameKind kind) => Interlocked.Read(ref _frames[(int)kind]);

    internal void CountFrame(Shared.Wire.StreamFrame frame)
    {
        if ((uint)frame.Kind < (uint)_frames.Length)
            Interlocked.Increment(ref _frames[(int)frame.Kind]);
        Interlocked.Add(ref _bytes, frame.Body.Length);
    }

    internal void CountRefused() => Interlocked.Increment(ref _refused);

    internal void CountKeyframeAsked() => Interlocked.Increment(ref _keyframesAsked);
}
