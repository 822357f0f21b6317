using System.Buffers.Text;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/PID/task/TID/syscall, proc_pid_syscall(5).</summary>
public static class SyscallFile
{
    // running
    // -1 0x7fff10b1eca8 0x7f0e67d4b1c0                                            blocked outside of a call: SP PC
    // 0 0x3 0x7ffe3937bbd0 0x12c 0x7f6381477b60 0x0 0x0 0x7ffe3937bb98 0x7f63815602ad    NR a0 .. a5 SP PC
    public static BlockedCall Parse(ReadOnlySpan<byte> text) => Parse(text, null);

    /// <summary>Its stack pointer; null where it is in no call.</summary>
    public static ulong? StackPointerOf(ReadOnlySpan<byte> text)
    {
        const int arguments = 6;
        if (!Utf8Text.NextField(ref text, out ReadOnlySpan<byte> number) || !Utf8Parser.TryParse(number, out long call, out _) || call < 0)
            return null;
        for (int i = 0; i < arguments; i++)
            Utf8Text.NextField(ref text, out _);
        return Utf8Text.NextHex(ref text, out ulong pointer) ? pointer : null;
    }

    /// <summary><paramref name="before"/> itself where the text says the same.</summary>
    public static BlockedCall Parse(ReadOnlySpan<byte> text, BlockedCall? before)
    {
        if (text.StartsWith("running"u8))
            return BlockedCall.Running;
        if (!Utf8Text.NextField(ref text, out ReadOnlySpan<byte> field)
            || !Utf8Parser.TryParse(field, out long number, out int used) || used != field.Length)
            return BlockedCall.Unreadable;
        if (number < 0)
            return BlockedCall.NotInCall;
        Span<ulong> arguments = stackalloc ulong[6];
        foreach (ref ulong argument in arguments)
        {
            if (!Utf8Text.NextHex(ref text, out argument))
                return BlockedCall.Unreadable;
        }
        return BlockedCall.Of(number, arguments, before);
    }
}
