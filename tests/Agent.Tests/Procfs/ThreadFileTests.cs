using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.Procfs;

/// <summary>The small files of a thread: syscall, wchan, schedstat, sched.</summary>
public class ThreadFileTests
{
    [Fact]
    public void Syscall_InCall_GivesNumberAndArguments()
    {
        BlockedCall call = SyscallFile.Parse("7 0x7ffe3937bbd0 0x2 0xffffffffffffffff 0x7f6381477b60 0x0 0x0 0x7ffe3937bb98 0x7f63815602ad\n"u8);

        Assert.Equal(new BlockedCall(BlockedCallStatus.InCall, 7, [0x7ffe3937bbd0, 2, ulong.MaxValue, 0x7f6381477b60, 0, 0]), call);
    }

    [Theory]
    [InlineData("202 0x7ffff628e5a4 0x189 0x0 0x0 0x0 0xffffffff 0x7ffff628e550 0x7fa6d7689e96\n", 0x7ffff628e550UL)]
    [InlineData("-1 0x7fff10b1eca8 0x7f0e67d4b1c0\n", null)]
    [InlineData("running\n", null)]
    [InlineData("202 0x7ffff628e5a4 0x189", null)]
    public void Syscall_InACall_HasItsStackPointer(string text, ulong? pointer) => Assert.Equal(pointer, SyscallFile.StackPointerOf(System.Text.Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Syscall_Running_IsRunning() => Assert.Equal(BlockedCall.Running, SyscallFile.Parse("running\n"u8));

    [Fact]
    public void Syscall_OutsideACall_SaysSo() =>
        Assert.Equal(BlockedCallStatus.NotInCall, SyscallFile.Parse("-1 0x7fff10b1eca8 0x7f0e67d4b1c0\n"u8).Status);

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("7")]
    [InlineData("7 0x1 0x2")]
    [InlineData("7 0x1 0x2 0x3 0x4 0x5 zz 0x7 0x8")]
    [InlineData("7 0x1 0x2 0x3 0x4 0x5 0x11111111111111111 0x7 0x8")]
    [InlineData("0x7 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x8")]
    [InlineData("99999999999999999999 0x1 0x2 0x3 0x4 0x5 0x6")]
    public void Syscall_AnythingElse_IsUnreadable(string text) =>
        Assert.Equal(BlockedCall.Unreadable, SyscallFile.Parse(System.Text.Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData("anon_pipe_read", "anon_pipe_read")]
    [InlineData("poll_schedule_timeout.constprop.0", "poll_schedule_timeout.constprop.0")]
    [InlineData("do_wait\n", "do_wait")]
    [InlineData("0", "")]
    [InlineData("0\n", "")]
    [InlineData("", "")]
    public void Wchan_AnyText_IsANameOrEmpty(string text, string name) =>
        Assert.Equal(name, System.Text.Encoding.UTF8.GetString(WchanFile.Parse(System.Text.Encoding.UTF8.GetBytes(text))));

    [Fact]
    public void Schedstat_RealLine_GivesRunTimeAndTimeslices() =>
        Assert.Equal(new RunCounters(1317769, 3), SchedstatFile.Parse("1317769 52117 3\n"u8));

    [Theory]
    [InlineData("0 0 0\n")] // a kernel that does not count
    [InlineData("")]
    [InlineData("1317769 52117")]
    [InlineData("1317769 -1 3")]
    [InlineData("18446744073709551616 0 3")]
    public void Schedstat_NoCounters_IsNull(string text) => Assert.Null(SchedstatFile.Parse(System.Text.Encoding.UTF8.GetBytes(text)));

    private const string Sched = """
        cat (6442, #threads: 1)
        -------------------------------------------------------------------
        se.exec_start                                :       1410488.608110
        se.vruntime                                  :           289.972769
        nr_switches                                  :                    0

        """;

    [Fact]
    public void Sched_RealFile_GivesWhenItLastRan() =>
        Assert.Equal(TimeSpan.FromTicks(14104886081), SchedFile.Parse(System.Text.Encoding.UTF8.GetBytes(Sched)));

    [Fact]
    public void Sched_CommandNameThatForgesTheLine_IsNotBelieved() =>
        Assert.Equal(
            TimeSpan.FromTicks(14104886081),
            SchedFile.Parse(System.Text.Encoding.UTF8.GetBytes(Sched.Replace("cat", "\nse.exec_start:1", StringComparison.Ordinal))));

    [Theory]
    [InlineData("")]
    [InlineData("cat (1, #threads: 1)\n---------------\nse.vruntime : 1\n")]
    [InlineData("cat (1, #threads: 1)\n---------------\nse.exec_start : x\n")]
    [InlineData("cat (1, #threads: 1)\n---------------\nse.exec_start : -5\n")]
    [InlineData("cat (1, #threads: 1)\n---------------\nse.exec_start : 0.000000\n")]
    [InlineData("cat (1, #threads: 1)\n---------------\nse.exec_start : 79228162514264337593543950335\n")]
    [InlineData("cat (1, #threads: 1)\n---------------\nse.exec_start")]
    public void Sched_NoUsableLine_IsNull(string text) => Assert.Null(SchedFile.Parse(System.Text.Encoding.UTF8.GetBytes(text)));
}
