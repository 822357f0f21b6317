using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Tests.Waits;

public sealed class WaitDecoderTests
{
    [Theory]
    [InlineData("anon_pipe_read")]
    [InlineData("pipe_read")]
    [InlineData("pipe_wait_readable")]
    public void Decode_ReadOfAPipeInAPipesChannel_IsPipeRead(string wchan)
    {
        Wait wait = Decode(new Actor(10, "a", 1).ReadEnd(7000, 3).Thread(10, 0, wchan, 3));

        Assert.Equal((WaitKind.PipeRead, Bounded.No, 3, "pipe:[7000]"), (wait.Kind, wait.Bounded, wait.Fd, wait.Resource));
    }

    [Theory]
    [InlineData("userfaultfd_wait")]
    [InlineData("seccomp_do_user_notification")]
    [InlineData("fanotify_handle_event")]
    [InlineData(null)]
    public void Decode_ReadOfAPipeInAnotherChannel_IsUnknown(string? wchan)
    {
        Wait wait = Decode(new Actor(10, "a", 1).ReadEnd(7000, 3).Thread(10, 0, wchan, 3));

        Assert.Equal(WaitKind.Unknown, wait.Kind);
        Assert.Contains("not decoded", wait.Why);
    }

    [Theory]
    [InlineData("do_wait_intr_irq", true, WaitKind.Timer, Bounded.Yes)]
    [InlineData("timerfd_read_iter", true, WaitKind.Timer, Bounded.Yes)]
    [InlineData("do_wait_intr_irq", false, WaitKind.Timer, Bounded.No)] // only who has it could arm it
    [InlineData("do_wait_intr_irq", null, WaitKind.Timer, Bounded.Unknown)]
    [InlineData("folio_wait_bit_common", true, WaitKind.Unknown, Bounded.Unknown)]
    public void Decode_ReadOfATimer_IsTimerForAsLongAsThatIsArmed(string wchan, bool? armed, WaitKind kind, Bounded bounded)
    {
        Wait wait = Decode(new Actor(10, "a", 1).Has(3, "anon_inode:[timerfd]", FdAccess.ReadWrite).Fd(3, fd => fd with { TimerArmed = armed }).Thread(10, 0, wchan, 3, 0x1000, 8));

        Assert.Equal((kind, bounded), (wait.Kind, wait.Bounded));
    }

    [Theory]
    [InlineData(275, "pipe_wait_readable", WaitKind.PipeRead, 3)]
    [InlineData(275, "pipe_wait_writable", WaitKind.PipeWrite, 4)]
    [InlineData(276, "pipe_wait_writable", WaitKind.PipeWrite, 4)]
    [InlineData(40, "pipe_wait_writable", WaitKind.PipeWrite, 3)]
    [InlineData(275, "pipe_wait", WaitKind.Unknown, null)] // of old kernels: fits both
    [InlineData(275, "folio_wait_bit_common", WaitKind.Unknown, null)]
    public void Decode_MoveBetweenTwoPipes_IsOfTheOneThatItsChannelTells(int call, string wchan, WaitKind kind, int? fd)
    {
        Actor actor = call == 40 ? new Actor(10, "a", 1).WriteEnd(7000, 3).Opens(4, "/file", 5, 1) : new Actor(10, "a", 1).ReadEnd(7000, 3).WriteEnd(7001, 4);
        ulong[] fds = call == 275 ? [3, 0, 4] : [3, 4];

        Wait wait = Decode(actor.Thread(10, call, wchan, fds));

        Assert.Equal((kind, fd), (wait.Kind, wait.Fd));
    }

    [Theory]
    [InlineData("pipe_wait_writable", false, WaitKind.PipeWrite)]
    [InlineData("pipe_wait_readable", true, WaitKind.PipeRead)]
    [InlineData("pipe_wait_readable", false, WaitKind.Unknown)]
    public void Decode_Vmsplice_DoesWhatItsEndIsFor(string wchan, bool readEnd, WaitKind kind)
    {
        var actor = new Actor(10, "a", 1);

        Assert.Equal(kind, Decode((readEnd ? actor.ReadEnd(7000, 3) : actor.WriteEnd(7000, 3)).Thread(10, 278, wchan, 3, 0x1000, 1)).Kind);
    }

    [Fact]
    public void Decode_ReadOfAWriteEnd_IsUnknown() =>
        Assert.Equal(WaitKind.Unknown, Decode(new Actor(10, "a", 1).WriteEnd(7000, 3).Reads(3)).Kind);

    [Fact]
    public void Decode_ReadOfAnFdThatIsNotInTheTable_IsUnknown() =>
        Assert.Equal(WaitKind.Unknown, Decode(new Actor(10, "a", 1).Reads(3)).Kind);

    [Fact]
    public void Decode_NumbersOfA32BitTask_AreNotBelieved()
    {
        // read(2) is 3 there, which is close(2) in the table of 64-bit tasks.
        Wait wait = Decode(new Actor(10, "a", 1).ReadEnd(7000, 3).Thread(10, 3, "anon_pipe_read", 3));

        Assert.Equal(WaitKind.Unknown, wait.Kind);
    }

    [Theory]
    [InlineData(0x80, 0, 0, Bounded.No, true, "wait")]
    [InlineData(0x80, 2, 0, Bounded.No, true, "lock")]
    [InlineData(0x189, 0, 0, Bounded.No, true, "wait")]
    [InlineData(0x189, 0, 0x7fff0000, Bounded.Yes, true, "wait")]
    [InlineData(0x109, 11, 0, Bounded.No, true, "join")]
    [InlineData(0x109, 99, 0, Bounded.No, false, "wait-shared")]
    public void Decode_Futex_TellsBoundAndClass(int operation, uint expected, ulong timeout, Bounded bounded, bool isPrivate, string futexClass)
    {
        Actor actor = new Actor(10, "a", 1).Thread(10, 202, "futex_do_wait", 0x7f0000, (ulong)operation, expected, timeout).Thread(11, 202, "futex_do_wait", 0x7f0000, 0x80);

        Wait wait = Decode(actor);

        Assert.Equal((WaitKind.Futex, bounded), (wait.Kind, wait.Bounded));
        Assert.Equal((isPrivate, futexClass), (wait.Futex!.Private, wait.Futex.Class));
    }

    [Theory]
    [InlineData(-1, null, null)]
    [InlineData(42, 42, null)]
    [InlineData(-42, null, 42)]
    [InlineData(0, null, 50)]
    public void Decode_Wait4_SelectsChildren(int argument, int? pid, int? group)
    {
        Wait wait = Decode(new Actor(10, "a", 1).WaitsFor(argument));

        Assert.Equal(new ChildSelector(pid, group), wait.Children);
        Assert.False(wait.ToldOfStops);
    }

    [Theory]
    [InlineData(61, 2)]
    [InlineData(247, 3)]
    public void Decode_WaitForStopsToo_SaysSo(long call, int optionsAt)
    {
        const ulong ExitedContinuedAndStopped = 4 | 8 | 2;
        ulong[] arguments = [0, 0, 0, 0];
        arguments[optionsAt] = ExitedContinuedAndStopped;

        Assert.True(Decode(new Actor(10, "a", 1).Thread(10, call, "do_wait", arguments)).ToldOfStops);
    }

    [Theory]
    [InlineData(7, 2, ulong.MaxValue, Bounded.No)]
    [InlineData(7, 2, 0xffffffffUL, Bounded.No)]
    [InlineData(7, 2, 1000UL, Bounded.Yes)]
    [InlineData(271, 2, 0UL, Bounded.No)]
    [InlineData(271, 2, 0x7fff0000UL, Bounded.Yes)]
    public void Decode_Poll_IsBoundedByItsTimeout(long call, int argument, ulong timeout, Bounded bounded)
    {
        var args = new ulong[6];
        args[argument] = timeout;
        var memory = new CallMemory { PollSet = [new PollMember(3, 1)] };

        Wait wait = Decode(new Actor(10, "a", 1).ReadEnd(7000, 3).Thread(10, call, "poll_schedule_timeout.constprop.0", memory, args));

        Assert.Equal((WaitKind.Poll, bounded), (wait.Kind, wait.Bounded));
        Assert.Equal(WaitKind.PipeRead, Assert.Single(wait.Members).Kind);
    }

    [Theory]
    [InlineData("x86_64", 219)]
    [InlineData("aarch64", 128)]
    public void Decode_PollThatGoesOnAfterStopAndContinue_IsThePollItWas(string architecture, long restart)
    {
        var memory = new CallMemory { PollSet = [new PollMember(3, 1)] };
        ProcessRecord process = new Actor(10, "a", 1).ReadEnd(7000, 3)
            .Thread(10, restart, "poll_schedule_timeout.constprop.0", memory, [0x3000, 1, ulong.MaxValue]).Record();

        Wait wait = WaitDecoder.Decode(Scene.Host with { Architecture = architecture }, process, process.Threads[0]);

        Assert.Equal((WaitKind.Poll, Bounded.No, SystemCall.Poll), (wait.Kind, wait.Bounded, wait.Call));
        Assert.Equal((WaitKind.PipeRead, 3), (Assert.Single(wait.Members).Kind, wait.Members[0].Fd));
    }

    [Theory]
    [InlineData("poll_schedule_timeout", 500UL, WaitKind.Poll, Bounded.Yes)]
    [InlineData("hrtimer_nanosleep", 0UL, WaitKind.Timer, Bounded.Yes)]
    [InlineData("do_syscall_64", 0UL, WaitKind.Timer, Bounded.Yes)]
    [InlineData("do_nanosleep", 0UL, WaitKind.Timer, Bounded.Yes)]
    [InlineData("futex_do_wait", 0UL, WaitKind.Unknown, Bounded.Unknown)]
    [InlineData("anon_pipe_read", 0UL, WaitKind.Unknown, Bounded.Unknown)]
    [InlineData(null, 0UL, WaitKind.Unknown, Bounded.Unknown)]
    public void Decode_RestartedCall_IsWhatItsChannelSays(string? wchan, ulong third, WaitKind kind, Bounded bounded)
    {
        var memory = new CallMemory { PollSet = [new PollMember(3, 1)] };

        Wait wait = Decode(new Actor(10, "a", 1).ReadEnd(7000, 3).Thread(10, 219, wchan, memory, [0x3000, 1, third]));

        Assert.Equal((kind, bounded), (wait.Kind, wait.Bounded));
    }

    [Fact]
    public void Decode_PollSetThatCouldNotBeRead_IsUnknown() =>
        Assert.Equal(WaitKind.Unknown, Decode(new Actor(10, "a", 1).Thread(10, 7, "do_poll", 0x1000, 1, ulong.MaxValue)).Kind);

    [Fact]
    public void Decode_PollOfNothing_WaitsForASignal() =>
        Assert.Equal(WaitKind.SignalWait, Decode(new Actor(10, "a", 1).Polls()).Kind);

    [Fact]
    public void Decode_EpollMemberWhoseNumberWasReused_IsFoundByItsInode()
    {
        Actor actor = new Actor(10, "a", 1).ReadEnd(7001, 5).ReadEnd(7000, 9).Thread(10, 232, "do_epoll_wait", 4, 0, 64, ulong.MaxValue);
        ProcessRecord process = actor.Record();
        process = process with
        {
            Fds = process.Fds.Insert(0, new FileDescriptor(4, FdAccess.ReadWrite, FdTarget.Parse("anon_inode:[eventpoll]")) { EpollMembers = [new EpollMember(5, 1, 7000, 0xf)] }),
        };

        Wait wait = WaitDecoder.Decode(Scene.Host, process, process.Threads[0]);

        Assert.Equal((9, "pipe:[7000]"), (Assert.Single(wait.Members).Fd, wait.Members[0].Resource));
    }

    [Theory]
    [InlineData('D', WaitKind.Uninterruptible)]
    [InlineData('T', WaitKind.Stopped)]
    [InlineData('t', WaitKind.Traced)]
    [InlineData('R', WaitKind.Running)]
    [InlineData('I', WaitKind.Unknown)]
    public void Decode_StateOtherThanSleep_CountsBeforeTheCall(char state, WaitKind kind)
    {
        ProcessRecord process = new Actor(10, "a", 1).ReadEnd(7000, 3).Thread(10, 0, "anon_pipe_read", null, [3], state).Record();

        Assert.Equal(kind, WaitDecoder.Decode(Scene.Host, process, process.Threads[0]).Kind);
    }

    [Theory]
    [InlineData("x86_64", 281, SystemCall.EpollPwait)]
    [InlineData("aarch64", 22, SystemCall.EpollPwait)]
    [InlineData("aarch64", 63, SystemCall.Read)]
    public void TryGet_KnownNumber_DependsOnTheArchitecture(string architecture, long number, SystemCall call)
    {
        Assert.True(SystemCallTable.TryGet(architecture, number, out SystemCall found));
        Assert.Equal(call, found);
    }

    [Theory]
    [InlineData("riscv64", 63)]
    [InlineData("x86_64", 99999)]
    [InlineData("x86_64", -1)]
    public void TryGet_Unknown_SaysSo(string architecture, long number) =>
        Assert.False(SystemCallTable.TryGet(architecture, number, out _));

    [Fact]
    public void NameOf_EveryCall_IsLowerCaseAsInTheManual() =>
        Assert.All(Enum.GetValues<SystemCall>(), call => Assert.Matches("^[a-z0-9_]+$", SystemCallTable.NameOf(call)));

    private static Wait Decode(Actor actor)
    {
        ProcessRecord process = actor.Record();
        return WaitDecoder.Decode(Scene.Host, process, process.Threads[0]);
    }
}
