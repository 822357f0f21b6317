using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/locks, proc_locks(5), and the <c>lock:</c> lines of fdinfo, which have the same form.
/// <code>
/// 1: LEASE  ACTIVE    READ  6804 fe:00:11657459 0 EOF
/// 2: OFDLCK ADVISORY  WRITE -1 fe:00:11657462 0 EOF
/// 3: POSIX  ADVISORY  WRITE 6804 fe:00:11657461 5 14
/// 3: -> POSIX  ADVISORY  WRITE 6846 fe:00:11657461 0 EOF       waits for the one above; deeper ones are indented
/// 4: FLOCK  MSNFS     READ  6804 &lt;none&gt;:0 0 EOF
/// </code>
/// Number, kind, mode, access, pid, device (hexadecimal) and inode (decimal), first and last byte.
/// </summary>
internal static class LocksFile
{
    /// <summary>Locks of a host that are kept.</summary>
    public const int MaxLocks = 65_536;

    /// <summary>All locks; lines of another form, of kinds that are not known here among them, are left out. Null: more than <see cref="MaxLocks"/>.</summary>
    internal static ImmutableArray<FileLock>? Parse(ReadOnlySpan<byte> text)
    {
        ImmutableArray<FileLock>.Builder locks = ImmutableArray.CreateBuilder<FileLock>();
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (ParseLine(line) is { } item)
                locks.Add(item);
            if (locks.Count > MaxLocks)
                return null;
        }
        return locks.ToImmutable();
    }

    internal static FileLock? ParseLine(ReadOnlySpan<byte> line)
    {
        if (!Utf8Text.NextField(ref line, out ReadOnlySpan<byte> number) || number[^1] != ':' || !Int(number[..^1], out int group)
            || !Utf8Text.NextField(ref line, out ReadOnlySpan<byte> word))
            return null;
        bool waits = word.SequenceEqual("->"u8);
        if (waits && !Utf8Text.NextField(ref line, out word)
            || KindOf(word) is not { } kind
            || !Utf8Text.NextField(ref line, out _) // ADVISORY, MSNFS, ACTIVE, BREAKING, BREAKER
            || !Utf8Text.NextField(ref line, out ReadOnlySpan<byte> accessWord) || AccessOf(accessWord) is not { } access
            || !Utf8Text.NextInt(ref line, out int pid)
            || !Utf8Text.NextField(ref line, out ReadOnlySpan<byte> file) || !File(file, out uint device, out ulong inode)
            || !Long(ref line, out long start) || !Long(ref line, out long end))
            return null;
        return new FileLock(group, waits, kind, access, pid, device, inode, start, end);
    }

    private static LockKind? KindOf(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("FLOCK"u8) ? LockKind.Flock
        : word.SequenceEqual("POSIX"u8) || word.SequenceEqual("ACCESS"u8) ? LockKind.Posix
        : word.SequenceEqual("OFDLCK"u8) ? LockKind.Ofd
        : word.SequenceEqual("LEASE"u8) || word.SequenceEqual("DELEG"u8) ? LockKind.Lease
        : null;

    private static LockAccess? AccessOf(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("READ"u8) ? LockAccess.Read
        : word.SequenceEqual("WRITE"u8) || word.SequenceEqual("RW"u8) ? LockAccess.Write
        : word.SequenceEqual("UNLCK"u8) || word.SequenceEqual("NONE"u8) ? LockAccess.Unlocked
        : null;

    // fe:00:11657459, or <none>:0 where the kernel shows no inode
    private static bool File(ReadOnlySpan<byte> text, out uint device, out ulong inode)
    {
        device = 0;
        inode = 0;
        if (text.SequenceEqual("<none>:0"u8))
            return true;
        int first = text.IndexOf((byte)':'), last = text.LastIndexOf((byte)':');
        if (first < 0 || last <= first || !Hex(text[..first], out uint major) || !Hex(text[(first + 1)..last], out uint minor))
            return false;
        device = DeviceNumber.Of(major, minor);
        return ulong.TryParse(text[(last + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out inode);
    }

    private static bool Long(ref ReadOnlySpan<byte> line, out long number)
    {
        number = long.MaxValue;
        return Utf8Text.NextField(ref line, out ReadOnlySpan<byte> field)
            && (field.SequenceEqual("EOF"u8) || long.TryParse(field, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number));
    }

    private static bool Int(ReadOnlySpan<byte> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static bool Hex(ReadOnlySpan<byte> text, out uint number) => uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
}
