namespace OrphanBoard.Shared.Waits;

/// <summary>What a thread waits for, free of kernel versions and architectures.</summary>
public enum WaitKind
{
    /// <summary>read(2) on an empty pipe.</summary>
    PipeRead,

    /// <summary>write(2) on a full pipe.</summary>
    PipeWrite,

    /// <summary>open(2) of a named FIFO that nobody has open at the other end.</summary>
    FifoOpen,
    SocketRead,
    SocketWrite,
    SocketAccept,
    SocketConnect,

    /// <summary>A set: poll, select, epoll.</summary>
    Poll,
    EventFd,
    Futex,

    /// <summary>wait4(2), waitid(2).</summary>
    ChildWait,
    FileLock,
    SysvSemaphore,
    SysvMessage,
    PosixQueue,
    Tty,

    /// <summary>Until the child of vfork(2) has exec'd or exited.</summary>
    Vfork,

    /// <summary>pause(2), sigsuspend(2), sigwait(3) and their like.</summary>
    SignalWait,

    /// <summary>nanosleep(2) and its like.</summary>
    Timer,
    Stopped,
    Traced,

    /// <summary>State D.</summary>
    Uninterruptible,

    /// <summary>On a CPU or ready to be.</summary>
    Running,

    /// <summary>Not decoded: whatever it is, it may end at any time.</summary>
    Unknown,
}
