using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Snapshots;

public class FileDescriptorTests
{
    private static readonly FileDescriptor Plain = new(3, FdAccess.Read, FdTarget.Parse("pipe:[7]"));

    [Fact]
    public void With_OneDetail_KeepsTheOthers()
    {
        FileDescriptor fd = Plain with { Inode = 7, TtyIndex = 0 };

        fd = fd with { Description = 4 };

        Assert.Equal((7UL, 0, 4UL, null), (fd.Inode!.Value, fd.TtyIndex!.Value, fd.Description!.Value, fd.Device));
        Assert.Null((fd with { Inode = null }).Inode);
        Assert.Null(Plain.Inode);
    }

    [Fact]
    public void Equals_DetailsThatAreNotThere_AreTheSameAsNone()
    {
        Assert.Equal(Plain, Plain with { Inode = null, Locks = null });
        Assert.Equal(Plain with { Inode = 7 }, Plain with { Inode = 7 });
        Assert.NotEqual(Plain with { Inode = 7 }, Plain with { Inode = 8 });
    }
}
