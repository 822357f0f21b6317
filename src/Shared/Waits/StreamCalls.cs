using System.Collections.Immutable;

namespace OrphanBoard.Shared.Waits;

/// <summary>Calls that take bytes out of one fd, put bytes into one, or both, and sleep until they can.</summary>
public static class StreamCalls
{
    /// <returns>The fd that is read and the one that is written, each null where the call has none. vmsplice(2) does either, by which end of the pipe it is given.</returns>
    public static (int? Read, int? Written) FdsOf(SystemCall call, ImmutableArray<ulong> arguments) => call switch
    {
        SystemCall.Read or SystemCall.Readv or SystemCall.Preadv2 => ((int)arguments[0], null),
        SystemCall.Write or SystemCall.Writev or SystemCall.Pwritev2 => (null, (int)arguments[0]),
        SystemCall.Splice => ((int)arguments[0], (int)arguments[2]),
        SystemCall.Tee => ((int)arguments[0], (int)arguments[1]),
        SystemCall.Sendfile => ((int)arguments[1], (int)arguments[0]),
        SystemCall.Vmsplice => ((int)arguments[0], (int)arguments[0]),
        _ => (null, null),
    };
}
