using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.RiskyReading;

/// <summary>Makes one risky read, here and now: in the helper, or in the agent where there is no helper.</summary>
internal static class ReadMaker
{
    /// <param name="proc">Where proc(5) is mounted.</param>
    /// <param name="room">Where the answer goes; a longer one is cut.</param>
    /// <param name="length">Bytes of the answer.</param>
    internal static Sight Make(DirectoryHandle proc, in RiskyRead read, Span<byte> room, out int length)
    {
        length = 0;
        int task = read.Tid == 0 ? read.Pid : read.Tid;
        switch (read.Kind)
        {
            case RiskyReadKind.Memory:
                Sight sight = TargetMemory.Read(task, read.Argument, room);
                length = sight == Sight.Seen ? room.Length : 0;
                return sight;
            case RiskyReadKind.CompareMemory or RiskyReadKind.CompareTables:
                int? compared = read.Kind == RiskyReadKind.CompareMemory ? Kcmp.Memory(task, (int)read.Argument) : Kcmp.Tables(task, (int)read.Argument);
                if (compared is not { } order || room.IsEmpty)
                    return Sight.Failed;
                room[0] = order switch { 0 => 0, < 0 => 1, _ => 2 };
                length = 1;
                return Sight.Seen;
            case RiskyReadKind.Links or RiskyReadKind.MappedLinks:
                RelativePath link = read.Kind == RiskyReadKind.Links
                    ? RelativePath.BelowProcess(read.Pid, read.Tid, "fd"u8, (int)read.Argument)
                    : RelativePath.OfMapping(read.Pid, read.Argument, read.End);
                if (room.Length < sizeof(uint))
                    return Sight.Failed;
                Sight linked = proc.LinkCount(link, out uint names);
                BitConverter.TryWriteBytes(room, names);
                length = linked == Sight.Seen ? sizeof(uint) : 0;
                return linked;
            case RiskyReadKind.Fdinfo:
                return proc.Read(RelativePath.BelowProcess(read.Pid, read.Tid, "fdinfo"u8, (int)read.Argument), room, inPieces: true, out length);
        }
        ReadOnlySpan<byte> name = read.Kind switch
        {
            RiskyReadKind.Cmdline => "cmdline"u8,
            RiskyReadKind.Environ => "environ"u8,
            RiskyReadKind.Maps => "maps"u8,
            RiskyReadKind.Stat => "stat"u8,
            RiskyReadKind.Syscall => "syscall"u8,
            RiskyReadKind.Wchan => "wchan"u8,
            _ => default,
        };
        return name.IsEmpty ? Sight.Failed : proc.Read(RelativePath.BelowProcess(read.Pid, read.Tid, name), room, read.Kind == RiskyReadKind.Maps, out length);
    }
}
