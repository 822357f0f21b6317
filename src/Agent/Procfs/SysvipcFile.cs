using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Procfs;

/// <summary>
/// /proc/sysvipc/sem, msg and shm, proc_sysvipc(5): System V objects of the reader's ipc namespace. Decimal but for perms, which are octal; later columns are skipped on purpose.
/// <code>
///        key      semid perms      nsems   uid ...
///          0          0   600          2     0 ...
///        key      msqid perms      cbytes       qnum lspid lrpid   uid ...
///       4660          0   600           0          0     0     0     0 ...
///        key      shmid perms                  size  cpid  lpid nattch   uid ...
///          0          0   600                  4096  6804     0      0     0 ...
/// </code>
/// </summary>
internal static class SysvipcFile
{
    /// <summary>Adds the objects of one file; lines of another form, the heading among them, are left out.</summary>
    internal static void Parse(ReadOnlySpan<byte> text, SysvKind kind, ImmutableArray<SysvObject>.Builder objects)
    {
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (ParseLine(line, kind) is { } item)
                objects.Add(item);
        }
    }

    private static SysvObject? ParseLine(ReadOnlySpan<byte> line, SysvKind kind)
    {
        if (!Utf8Text.NextInt(ref line, out int key) || !Utf8Text.NextInt(ref line, out int id) || !Utf8Text.NextField(ref line, out ReadOnlySpan<byte> permissions)
            || !Utf8Text.NextULong(ref line, out ulong first))
            return null;
        if (kind == SysvKind.Semaphores)
            return new SysvObject(kind, id, key) { Count = first };
        if (kind == SysvKind.MessageQueue)
        {
            return Utf8Text.NextULong(ref line, out ulong messages) && Utf8Text.NextInt(ref line, out int sender) && Utf8Text.NextInt(ref line, out int receiver)
                ? new SysvObject(kind, id, key) { Count = messages, Bytes = first, FirstPid = sender, SecondPid = receiver }
                : null;
        }
        return Utf8Text.NextInt(ref line, out int maker) && Utf8Text.NextInt(ref line, out int last) && Utf8Text.NextULong(ref line, out ulong attached)
            ? new SysvObject(kind, id, key) { Count = attached, Bytes = first, FirstPid = maker, SecondPid = last, Removed = IsToGo(permissions) }
            : null;
    }

    /// <summary>SHM_DEST, 01000: the lowest bit of the fourth octal digit from the right.</summary>
    private static bool IsToGo(ReadOnlySpan<byte> permissions) => permissions.Length > 3 && (permissions[^4] & 1) != 0;
}
