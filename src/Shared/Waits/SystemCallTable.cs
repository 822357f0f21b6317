using System.Collections.Frozen;

namespace OrphanBoard.Shared.Waits;

/// <summary>The system calls that a thread can be found blocked in and that are told apart. Names as in section 2 of the manual.</summary>
public enum SystemCall
{
    Read, Readv, Write, Writev, Pread, Pwrite, Preadv, Pwritev, Preadv2, Pwritev2, Splice, Tee, Vmsplice, Sendfile,
    Open, Openat, Creat,
    Poll, Ppoll, Select, Pselect6, EpollWait, EpollPwait, EpollPwait2,
    Accept, Accept4, Connect, Recvfrom, Recvmsg, Recvmmsg, Sendto, Sendmsg,
    Futex, FutexWaitv, FutexWait,
    Wait4, Waitid, Vfork, Clone, Clone3,
    Flock, Fcntl,
    Semop, Semtimedop, Msgrcv, Msgsnd, MqTimedreceive, MqTimedsend,
    Pause, RtSigsuspend, RtSigtimedwait,
    Nanosleep, ClockNanosleep,
    IoUringEnter, RestartSyscall,
}

/// <summary>
/// System call numbers per architecture: x86_64 has a table of its own (arch/x86/entry/syscalls/syscall_64.tbl), aarch64 the
/// generic one (include/uapi/asm-generic/unistd.h). A 32-bit task on a 64-bit kernel has other numbers and nothing in /proc
/// says so: the wait channel has to agree with the call before it is believed.
/// </summary>
public static class SystemCallTable
{
    /// <param name="architecture">Machine as in uname(2).</param>
    /// <returns>False for an architecture or a number that is not known here.</returns>
    public static bool TryGet(string architecture, long number, out SystemCall call)
    {
        FrozenDictionary<long, SystemCall>? table = architecture switch
        {
            "x86_64" => X8664,
            "aarch64" => Generic,
            _ => null,
        };
        call = default;
        return table is not null && table.TryGetValue(number, out call);
    }

    /// <summary>The name as in the manual: <c>epoll_pwait2</c>.</summary>
    public static string NameOf(SystemCall call) => Names[call];

    private static readonly FrozenDictionary<long, SystemCall> X8664 = new Dictionary<long, SystemCall>
    {
        [0] = SystemCall.Read, [19] = SystemCall.Readv, [1] = SystemCall.Write, [20] = SystemCall.Writev,
        [17] = SystemCall.Pread, [18] = SystemCall.Pwrite, [295] = SystemCall.Preadv, [296] = SystemCall.Pwritev, [327] = SystemCall.Preadv2, [328] = SystemCall.Pwritev2,
        [275] = SystemCall.Splice, [276] = SystemCall.Tee, [278] = SystemCall.Vmsplice, [40] = SystemCall.Sendfile,
        [2] = SystemCall.Open, [257] = SystemCall.Openat, [85] = SystemCall.Creat,
        [7] = SystemCall.Poll, [271] = SystemCall.Ppoll, [23] = SystemCall.Select, [270] = SystemCall.Pselect6,
        [232] = SystemCall.EpollWait, [281] = SystemCall.EpollPwait, [441] = SystemCall.EpollPwait2,
        [43] = SystemCall.Accept, [288] = SystemCall.Accept4, [42] = SystemCall.Connect,
        [45] = SystemCall.Recvfrom, [47] = SystemCall.Recvmsg, [299] = SystemCall.Recvmmsg, [44] = SystemCall.Sendto, [46] = SystemCall.Sendmsg,
        [202] = SystemCall.Futex, [449] = SystemCall.FutexWaitv, [455] = SystemCall.FutexWait,
        [61] = SystemCall.Wait4, [247] = SystemCall.Waitid, [58] = SystemCall.Vfork, [56] = SystemCall.Clone, [435] = SystemCall.Clone3,
        [73] = SystemCall.Flock, [72] = SystemCall.Fcntl,
        [65] = SystemCall.Semop, [220] = SystemCall.Semtimedop, [70] = SystemCall.Msgrcv, [69] = SystemCall.Msgsnd,
        [243] = SystemCall.MqTimedreceive, [242] = SystemCall.MqTimedsend,
        [34] = SystemCall.Pause, [130] = SystemCall.RtSigsuspend, [128] = SystemCall.RtSigtimedwait,
        [35] = SystemCall.Nanosleep, [230] = SystemCall.ClockNanosleep,
        [426] = SystemCall.IoUringEnter, [219] = SystemCall.RestartSyscall,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<long, SystemCall> Generic = new Dictionary<long, SystemCall>
    {
        [63] = SystemCall.Read, [65] = SystemCall.Readv, [64] = SystemCall.Write, [66] = SystemCall.Writev,
        [67] = SystemCall.Pread, [68] = SystemCall.Pwrite, [69] = SystemCall.Preadv, [70] = SystemCall.Pwritev, [286] = SystemCall.Preadv2, [287] = SystemCall.Pwritev2,
        [76] = SystemCall.Splice, [77] = SystemCall.Tee, [75] = SystemCall.Vmsplice, [71] = SystemCall.Sendfile,
        [56] = SystemCall.Openat,
        [73] = SystemCall.Ppoll, [72] = SystemCall.Pselect6, [22] = SystemCall.EpollPwait, [441] = SystemCall.EpollPwait2,
        [202] = SystemCall.Accept, [242] = SystemCall.Accept4, [203] = SystemCall.Connect,
        [207] = SystemCall.Recvfrom, [212] = SystemCall.Recvmsg, [243] = SystemCall.Recvmmsg, [206] = SystemCall.Sendto, [211] = SystemCall.Sendmsg,
        [98] = SystemCall.Futex, [449] = SystemCall.FutexWaitv, [455] = SystemCall.FutexWait,
        [260] = SystemCall.Wait4, [95] = SystemCall.Waitid, [220] = SystemCall.Clone, [435] = SystemCall.Clone3,
        [32] = SystemCall.Flock, [25] = SystemCall.Fcntl,
        [193] = SystemCall.Semop, [192] = SystemCall.Semtimedop, [188] = SystemCall.Msgrcv, [189] = SystemCall.Msgsnd,
        [183] = SystemCall.MqTimedreceive, [182] = SystemCall.MqTimedsend,
        [133] = SystemCall.RtSigsuspend, [137] = SystemCall.RtSigtimedwait,
        [101] = SystemCall.Nanosleep, [115] = SystemCall.ClockNanosleep,
        [426] = SystemCall.IoUringEnter, [128] = SystemCall.RestartSyscall,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<SystemCall, string> Names =
        Enum.GetValues<SystemCall>().ToFrozenDictionary(call => call, call => call switch
        {
            SystemCall.EpollWait => "epoll_wait",
            SystemCall.EpollPwait => "epoll_pwait",
            SystemCall.EpollPwait2 => "epoll_pwait2",
            SystemCall.FutexWaitv => "futex_waitv",
            SystemCall.FutexWait => "futex_wait",
            SystemCall.MqTimedreceive => "mq_timedreceive",
            SystemCall.MqTimedsend => "mq_timedsend",
            SystemCall.RtSigsuspend => "rt_sigsuspend",
            SystemCall.RtSigtimedwait => "rt_sigtimedwait",
            SystemCall.ClockNanosleep => "clock_nanosleep",
            SystemCall.IoUringEnter => "io_uring_enter",
            SystemCall.RestartSyscall => "restart_syscall",
            SystemCall.Pread => "pread64",
            SystemCall.Pwrite => "pwrite64",
            _ => call.ToString().ToLowerInvariant(),
        });
}
