using System.Collections.Frozen;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Waits;

/// <summary>System V semaphores and messages, POSIX message queues, and the wait channels of terminals.</summary>
public static partial class WaitDecoder
{
    private static readonly FrozenSet<string> SemaphoreChannels =
        Names("__do_semtimedop", "do_semtimedop", "ksys_semtimedop", "sys_semtimedop", "SyS_semtimedop", "SYSC_semtimedop", "__x64_sys_semtimedop", "__x64_sys_semop");
    private static readonly FrozenSet<string> MessageChannels = Names("do_msgrcv", "do_msgsnd", "ksys_msgrcv", "ksys_msgsnd");
    private static readonly FrozenSet<string> PosixQueueChannels = Names("wq_sleep", "do_mq_timedreceive", "do_mq_timedsend");
    private static readonly FrozenSet<string> TerminalChannels = Names("wait_woken", "n_tty_read", "n_tty_write", "tty_read", "tty_write");

    // semop(2): id, ops, n; semtimedop(2): the same and a timeout. The C library's semop is semtimedop without one.
    private static Wait OfSemaphore(ThreadRecord thread, SystemCall call) => new()
    {
        Kind = WaitKind.SysvSemaphore,
        Bounded = call == SystemCall.Semtimedop && thread.Call.Arguments[3] != 0 ? Bounded.Yes : Bounded.No,
        Call = call,
        SysvId = (int)thread.Call.Arguments[0],
    };

    // msgrcv(2): id, text, length, type, flags
    private static Wait OfMessage(ThreadRecord thread, SystemCall call) => new()
    {
        Kind = WaitKind.SysvMessage,
        Bounded = Bounded.No,
        Call = call,
        SysvId = (int)thread.Call.Arguments[0],
        WantsType = call == SystemCall.Msgrcv && thread.Call.Arguments[3] != 0,
    };

    // mq_timedreceive(2), mq_timedsend(2): mqd, text, length, priority, timeout
    private static Wait OfPosixQueue(ProcessRecord process, ThreadRecord thread, SystemCall call)
    {
        int fd = (int)thread.Call.Arguments[0];
        return process.FindFd(fd) is { } entry
            ? new Wait
            {
                Kind = WaitKind.PosixQueue,
                Bounded = thread.Call.Arguments[4] == 0 ? Bounded.No : Bounded.Yes,
                Call = call,
                Fd = fd,
                Target = entry.Target,
            }
            : Wait.Unknown($"fd {fd} is not in the fd table", call);
    }
}
