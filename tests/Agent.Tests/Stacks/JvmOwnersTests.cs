using OrphanBoard.Agent.Stacks;

namespace OrphanBoard.Agent.Tests.Stacks;

public sealed class JvmOwnersTests
{
    private const ulong Monitor = 0x7f00_0000_1000, Object = 0x4000_0010_0020, Unnamed = 1;

    [Theory]
    [InlineData(0UL, -1)]
    [InlineData(0x1000UL, 0)]
    [InlineData(0x2000UL, 1)]
    // A place on the stack of the second.
    [InlineData(0x2_8000UL, 1)]
    [InlineData(0x2_ffffUL, 1)]
    [InlineData(0x3_0000UL, -1)]
    // Numbers and what stands for no owner are no addresses.
    [InlineData(1UL, -1)]
    [InlineData(2UL, -1)]
    [InlineData(40UL, -1)]
    public void Find_VersionWithoutNumbers_IsByAddressOrStack(ulong owner, int expected) =>
        Assert.Equal(expected, JvmOwners.Find([Thread(1, 0), Thread(2, 0)], new JvmMonitor { Address = Monitor, Owner = owner }));

    [Theory]
    [InlineData(40UL, 0)]
    [InlineData(41UL, 1)]
    // A virtual thread's that runs nowhere.
    [InlineData(42UL, -1)]
    // No addresses there.
    [InlineData(0x1000UL, -1)]
    [InlineData(0x2_8000UL, -1)]
    [InlineData(2UL, -1)]
    public void Find_VersionWithNumbers_IsByNumberAlone(ulong owner, int expected) =>
        Assert.Equal(expected, JvmOwners.Find([Thread(1, 40), Thread(2, 41)], new JvmMonitor { Address = Monitor, Owner = owner }));

    [Theory]
    // The object's address, and as ZGC keeps it: with colors below.
    [InlineData(Object, 1)]
    [InlineData(Object << 13 | 0x1010, 1)]
    [InlineData(Object << 16 | 0x8010, 1)]
    [InlineData(Object << 12, -1)]
    [InlineData(Object + 8, -1)]
    [InlineData(0UL, -1)]
    public void Find_UnnamedOwner_IsWhoHasTheObjectOnItsLockStack(ulong reference, int expected) => Assert.Equal(
        expected, JvmOwners.Find([Thread(1, 40, (Object + 64, 1)), Thread(2, 41, (Object + 128, 1), (Object, 0x1234_02))], new JvmMonitor { Address = Monitor, Owner = Unnamed, Object = reference }));

    [Theory]
    [InlineData(Monitor | 2, 0)]
    [InlineData(Monitor, -1)]
    [InlineData(Monitor + 256 | 2, -1)]
    public void Find_UnnamedOwner_IsWhoHasAnObjectOfThatMonitor(ulong mark, int expected) =>
        Assert.Equal(expected, JvmOwners.Find([Thread(1, 40, (Object, mark)), Thread(2, 41)], new JvmMonitor { Address = Monitor, Owner = Unnamed, Object = Object + 64 }));

    [Fact]
    public void Find_UnnamedOwnerThatLockedItOnItsStack_IsThatThread() =>
        Assert.Equal(1, JvmOwners.Find([Thread(1, 40), Thread(2, 41)], new JvmMonitor { Address = Monitor, Owner = Unnamed, Locker = 0x2_8000 }));

    [Fact]
    public void Find_TwoThreadsHaveIt_IsNone() =>
        Assert.Equal(-1, JvmOwners.Find([Thread(1, 40, (Object, 0)), Thread(2, 41, (Object, 0))], new JvmMonitor { Address = Monitor, Owner = Unnamed, Object = Object }));

    /// <summary>Thread 2 lies at 0x2000 and has the stack from 0x2_0000 to 0x3_0000.</summary>
    private static JvmThread Thread(ulong number, ulong id, params (ulong Object, ulong Mark)[] locked) => new()
    {
        Address = number << 12,
        StackBegin = number << 16,
        StackEnd = (number + 1) << 16,
        Id = id,
        Locked = [.. locked.Select(one => one.Object)],
        Marks = [.. locked.Select(one => one.Mark)],
    };
}
