using System.Text;
using OrphanBoard.Agent.Procfs;

namespace OrphanBoard.Agent.Tests.Procfs;

public sealed class SmapsFileTests
{
    private const string Text =
        """
        55d0c8a00000-55d0c8a10000 r-xp 00002000 fe:01 4711                       /opt/program
        Size:                 64 kB
        Rss:                  60 kB
        Anonymous:             8 kB
        VmFlags: rd ex mr mw me sd
        7f0000000000-7f0000001000 rw-s 00000000 00:01 12                         /memfd:board (deleted)
        Size:                  4 kB
        VmFlags: rd wr sh mr mw me ms sd
        7ffc00000000-7ffc00002000 r--p 00000000 00:00 0                          [vvar]
        Anonymous:             0 kB

        """;

    [Fact]
    public void Next_Mappings_AreGivenWithTheirOwnMemory()
    {
        ReadOnlySpan<byte> text = Encoding.UTF8.GetBytes(Text);
        List<(ulong Begin, ulong Size, bool Writable, bool Shared, ulong Inode, ulong? OwnKb)> found = [];

        while (SmapsFile.Next(ref text, out MapsFile.Line line, out ulong? ownKb))
            found.Add((line.Begin, line.Size, line.Writable, line.Shared, line.Inode, ownKb));

        Assert.Equal(
            [(0x55d0c8a00000, 0x10000, false, false, 4711, 8), (0x7f0000000000, 0x1000, true, true, 12, null), (0x7ffc00000000, 0x2000, false, false, 0, 0)],
            found);
    }
}
