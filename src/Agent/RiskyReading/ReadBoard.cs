using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.RiskyReading;

/// <summary>
/// What agent and helper have in common. Answers cost no system call and no copy in the kernel, and after a read that does not come back
/// <see cref="Done"/> tells which one it is.
/// <code>
///      0  number of requests              written by the agent
///      4  number of answers               written by the helper, after each answer
///     64  requests, 24 bytes each         struct RiskyRead
///         answers, 8 bytes each           sight, length
///         their bytes, one after the other
/// </code>
/// </summary>
internal sealed class ReadBoard(SharedBytes shared) : IDisposable
{
    internal const int Capacity = 1024;

    private const int CountAt = 0, DoneAt = 4, RequestsAt = 64, AnswersAt = RequestsAt + Capacity * RiskyRead.Size, BytesAt = AnswersAt + Capacity * 8;

    /// <summary>Bytes of the whole board. A page takes memory once it is used.</summary>
    internal const int Size = BytesAt + RiskyRead.MaxLength;

    internal int Descriptor => shared.Descriptor;

    internal int Count
    {
        get => Math.Clamp(Volatile.Read(ref shared.Number(CountAt)), 0, Capacity);
        set => Volatile.Write(ref shared.Number(CountAt), value);
    }

    /// <summary>Answers that are whole. The agent sets it to 0 with new requests.</summary>
    internal int Done
    {
        get => Math.Clamp(Volatile.Read(ref shared.Number(DoneAt)), 0, Capacity);
        set => Volatile.Write(ref shared.Number(DoneAt), value);
    }

    internal Span<RiskyRead> Requests => MemoryMarshal.Cast<byte, RiskyRead>(shared.Slice(RequestsAt, Capacity * RiskyRead.Size));

    internal Span<byte> Bytes => shared.Slice(BytesAt, RiskyRead.MaxLength);

    internal void Answer(int index, Sight sight, int length)
    {
        Span<int> answer = MemoryMarshal.Cast<byte, int>(shared.Slice(AnswersAt + index * 8, 8));
        (answer[0], answer[1]) = ((int)sight, length);
    }

    /// <summary>Sight and number of bytes of an answer.</summary>
    internal (Sight Sight, int Length) AnswerAt(int index)
    {
        ReadOnlySpan<int> answer = MemoryMarshal.Cast<byte, int>(shared.Slice(AnswersAt + index * 8, 8));
        return ((Sight)answer[0], Math.Clamp(answer[1], 0, RiskyRead.MaxLength));
    }

    public void Dispose() => shared.Dispose();
}
