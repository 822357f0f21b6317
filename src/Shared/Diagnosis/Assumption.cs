namespace OrphanBoard.Shared.Diagnosis;

/// <summary>What a proof may rest on beyond what was seen; the words of <see cref="Findings.Finding.Assumptions"/>.</summary>
public static class Assumption
{
    /// <summary>/proc does not show the interval timers of alarm(2) and setitimer(2).</summary>
    public const string NoItimer = "no-itimer";

    /// <summary>
    /// /proc shows an io_uring by its descriptor or its mapping. One that was made with IORING_SETUP_REGISTERED_FD_ONLY and IORING_SETUP_NO_MMAP has neither; back end ebpf sees it.
    /// </summary>
    public const string NoUnseenIoUring = "no-unseen-io-uring";

    /// <summary>
    /// /proc does not show whom the kernel was asked to send a signal, which ends most programs: when something happens to a file of another process (F_SETOWN), in a directory (F_NOTIFY), to a message queue
    /// (mq_notify(3)), or when its parent ends (PR_SET_PDEATHSIG). A terminal that hangs up, and the end of a pid namespace's init (SIGKILL to all in it), send signals too. Back end ebpf sees all of these but the first, and of that one whether anybody has such a file.
    /// </summary>
    public const string NoUnseenSignal = "no-unseen-signal";

    /// <summary>An end may be under way in a unix socket's control message (SCM_RIGHTS), or have been handed on that way between two reads.</summary>
    public const string NoFdInFlight = "no-fd-in-flight";

    /// <summary>/proc shows the number that a call is blocked on, not which open file it had when the call began.</summary>
    public const string FdNotReused = "fd-not-reused";

    /// <summary>Init's fd table may not be read; it inherits from nobody, and no holder is its child.</summary>
    public const string InitHoldsNoEnd = "init-holds-no-end";

    /// <summary>
    /// Who may not be read and does not descend from the command was handed nothing that was made below it, and has handed nothing to it: by SCM_RIGHTS over a connection that is
    /// over, by pidfd_getfd(2), by an open of /proc/PID/fd, or by root's going from the command into another pid namespace and leaving somebody there.
    /// </summary>
    public const string NotPassedOn = "not-passed-on";

    /// <summary>Init's mappings may not be read; it has shared memory from nobody, and none of those who have it is its child.</summary>
    public const string InitSharesNoMemory = "init-shares-no-memory";

    /// <summary>/proc does not show who is a child subreaper (prctl(2)).</summary>
    public const string NoSubreaper = "no-subreaper";

    /// <summary>
    /// /proc does not show to what the kernel adds by itself: who has an AIO context (io_submit(2), IOCB_FLAG_RESFD) or an io_uring now is known, and none of those who may have had the eventfd
    /// does; nor did one who has left give it to the kernel.
    /// </summary>
    public const string NoAio = "no-aio";

    /// <summary>A pseudoterminal has a name in /dev/pts as long as it is open, by which its user and root may open it.</summary>
    public const string TerminalNotOpened = "terminal-not-opened";

    /// <summary>TCP_USER_TIMEOUT shows nowhere in /proc, and may not be asked of everybody's sockets (pidfd_getfd(2)).</summary>
    public const string NoTcpUserTimeout = "no-tcp-user-timeout";

    /// <summary>Nothing shows who knows the id of a System V segment without a key (IPC_PRIVATE). It has been marked to go: nobody else is meant to come.</summary>
    public const string PrivateIpcInFamily = "private-ipc-in-family";

    /// <summary>
    /// Who has a pidfd of a process that it may trace can take a copy of any of its fds (pidfd_getfd(2)), an end of a pipe, say. One who is not above it has such a pidfd: those above have them to be told of its end.
    /// </summary>
    public const string NoPidFdGetFd = "no-pidfd-getfd";

    /// <summary>The assumption as a sentence; null for a word of another version.</summary>
    public static string? Sentence(string assumption) => assumption switch
    {
        NoItimer => "None of them has an alarm pending: the kernel does not show those.",
        NoUnseenIoUring => "None of them has an io_uring without a descriptor and without a mapping: /proc does not show those.",
        NoUnseenSignal => "The kernel was not asked to send one of them a signal: for a file of another process, a directory, a message queue, or the end of its parent. /proc does not show those. Nor does a terminal hang up, or the init of a pid namespace end: signals come then as well.",
        NoFdInFlight => "Nothing of what is waited for is on its way through a socket, where nobody is seen to hold it.",
        FdNotReused => "No thread has replaced an fd under another one that was already waiting on it.",
        InitHoldsNoEnd => "Init holds nothing of what is waited for: its fd table may not be read, and no holder is its own child.",
        NotPassedOn => "No process whose fd table may not be read has been handed what the command and its descendants have made: none descends from it, and nothing there is connected to one.",
        InitSharesNoMemory => "Init has no part in the shared memory: its mappings may not be read, and nobody who has it is its own child.",
        NoSubreaper => "Who waits for any child is no subreaper: its grandchildren would not wake it.",
        NoAio => "The kernel itself was not given the eventfd to add to it when something ends: nobody is seen who could have.",
        TerminalNotOpened => "Nobody who has not done so opens the pseudoterminal by its name in /dev/pts.",
        NoTcpUserTimeout => "TCP does not give up sending what nobody takes: no time was set for that (TCP_USER_TIMEOUT), which could not be asked of the socket.",
        PrivateIpcInFamily => "The id of the System V segment, which has no key and is to go with its last user, is known only to the program that made it and to what it started.",
        NoPidFdGetFd => "Nobody takes a descriptor over from one of them by a pidfd that he has of it (pidfd_getfd(2)), as who may trace it could.",
        _ => null,
    };
}
