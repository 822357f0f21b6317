using System.Collections.Immutable;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>What few descriptors have: the members of an epoll, and what is read of suspects only. Kept apart: of 200,000 descriptors hardly one has any, and each field would be paid for by all.</summary>
public sealed partial record FileDescriptor
{
    // Shared with the descriptor that this one is a copy of (with), until one of them is set here: a copy that sets six of them makes one set of its own.
    private Details? _details;
    private bool _own;

    private FileDescriptor(FileDescriptor other)
    {
        (Number, Access, Target, CloseOnExec, Async) = (other.Number, other.Access, other.Target, other.CloseOnExec, other.Async);
        _details = other._details;
    }

    public bool Equals(FileDescriptor? other) => ReferenceEquals(this, other)
        || other is not null && Number == other.Number && Access == other.Access && Target == other.Target && CloseOnExec == other.CloseOnExec && Async == other.Async && _details == other._details;

    public override int GetHashCode() => HashCode.Combine(Number, Access, Target);

    /// <summary>The members of an epoll set: the <c>tfd:</c> lines of its fdinfo. Null: not an epoll, not asked or not readable.</summary>
    public ImmutableArray<EpollMember>? EpollMembers
    {
        get => _details?.EpollMembers;
        init { if (value is not null || _details is not null) Own.EpollMembers = value; }
    }

    /// <summary>Inode, <c>ino:</c> of fdinfo (Linux 5.14). Names a file only together with <see cref="Device"/>. Null: not asked, or not shown.</summary>
    public ulong? Inode
    {
        get => _details?.Inode;
        init { if (value is not null || _details is not null) Own.Inode = value; }
    }

    /// <summary>
    /// Device of the file system, <c>major &lt;&lt; 20 | minor</c> (the packing of <see cref="EpollMember.Device"/>): the <c>mnt_id:</c> of fdinfo, looked up in
    /// the process's mountinfo. Null: not asked, or a mount that mountinfo does not list (pipes, sockets, anonymous inodes, POSIX queues, another namespace's files).
    /// </summary>
    public uint? Device
    {
        get => _details?.Device;
        init { if (value is not null || _details is not null) Own.Device = value; }
    }

    /// <summary>
    /// Which open file description this is: equal numbers within one look are duplicates of one (dup(2), fork(2), SCM_RIGHTS), different numbers are not.
    /// By kcmp(2), KCMP_FILE, among suspects. Null: not asked, or not permitted.
    /// </summary>
    public ulong? Description
    {
        get => _details?.Description;
        init { if (value is not null || _details is not null) Own.Description = value; }
    }

    /// <summary>File locks that fdinfo shows. Null: not asked.</summary>
    public ImmutableArray<FileLock>? Locks
    {
        get => _details?.Locks;
        init { if (value is not null || _details is not null) Own.Locks = value; }
    }

    /// <summary>N of /dev/pts/N, the other side of this /dev/ptmx: <c>tty-index:</c> of fdinfo (Linux 4.18). Null: not asked, or no such descriptor.</summary>
    public int? TtyIndex
    {
        get => _details?.TtyIndex;
        init { if (value is not null || _details is not null) Own.TtyIndex = value; }
    }

    /// <summary>Descriptors that wait in the receive queue of this unix socket (SCM_RIGHTS): <c>scm_fds:</c> of fdinfo (Linux 5.15). Null: not asked, or not shown.</summary>
    public int? DescriptorsInFlight
    {
        get => _details?.DescriptorsInFlight;
        init { if (value is not null || _details is not null) Own.DescriptorsInFlight = value; }
    }

    /// <summary>
    /// Names that a file with <c>(deleted)</c> behind its path has all the same (st_nlink): that one of them is gone does not mean that all are. 0: nobody can open it by a name any more.
    /// Read of suspects. Null: not asked, or not readable.
    /// </summary>
    public uint? Links
    {
        get => _details?.Links;
        init { if (value is not null || _details is not null) Own.Links = value; }
    }

    /// <summary>Timeouts of the socket or pseudoterminal; read only where a thread is blocked on it. Null: not asked, or not permitted.</summary>
    public SocketTimeouts? Timeouts
    {
        get => _details?.Timeouts;
        init { if (value is not null || _details is not null) Own.Timeouts = value; }
    }

    /// <summary>What the kernel knows of the pipe. Null: not asked, no pipe, or a back end that cannot see it (/proc does not show it).</summary>
    public PipeState? Pipe
    {
        get => _details?.Pipe;
        init { if (value is not null || _details is not null) Own.Pipe = value; }
    }

    /// <summary>
    /// Whether this timerfd will expire or has expired unread: <c>it_value:</c> and <c>ticks:</c> of fdinfo. Read of suspects, and where a thread waits on a set.
    /// Null: not asked, or no timerfd.
    /// </summary>
    public bool? TimerArmed
    {
        get => _details?.TimerArmed;
        init { if (value is not null || _details is not null) Own.TimerArmed = value; }
    }

    /// <summary>The signals that this signalfd tells of, as a mask: <c>sigmask:</c> of fdinfo. Read where <see cref="TimerArmed"/> is. Null: not asked, or no signalfd.</summary>
    public ulong? Signals
    {
        get => _details?.Signals;
        init { if (value is not null || _details is not null) Own.Signals = value; }
    }

    /// <summary>
    /// Whether the kernel itself was given this eventfd to add to (AIO, an io_uring, a virtual machine, a control group): more has it than its file, struct eventfd_ctx of
    /// fs/eventfd.c. Null: not asked, no eventfd, or a back end that cannot see it.
    /// </summary>
    public bool? GivenToKernel
    {
        get => _details?.GivenToKernel;
        init { if (value is not null || _details is not null) Own.GivenToKernel = value; }
    }

    /// <summary>Whether who uses this end of a pipe or socket does not wait there: O_NONBLOCK (04000 in <c>flags:</c> of fdinfo). Read of suspects. Null: not asked, or another file that has its name yet.</summary>
    public bool? NonBlocking
    {
        get => _details?.NonBlocking;
        init { if (value is not null || _details is not null) Own.NonBlocking = value; }
    }

    /// <summary>
    /// References to the open file description, wherever they are: one for each fd in each table, one for a descriptor in flight over a socket, and one for a
    /// call that is blocked on it. Null: not asked, or a back end that cannot see it (/proc does not show it).
    /// </summary>
    public uint? References
    {
        get => _details?.References;
        init { if (value is not null || _details is not null) Own.References = value; }
    }

    private Details Own
    {
        get
        {
            if (!_own)
                (_details, _own) = (_details is null ? new Details() : _details with { }, true);
            return _details!;
        }
    }

    private sealed record Details
    {
    /// <inheritdoc/>
    public override string ToString() => nameof(Details);

        public ImmutableArray<EpollMember>? EpollMembers { get; set; }
        public ulong? Inode { get; set; }
        public uint? Device { get; set; }
        public ulong? Description { get; set; }
        public ImmutableArray<FileLock>? Locks { get; set; }
        public int? TtyIndex { get; set; }
        public int? DescriptorsInFlight { get; set; }
        public uint? Links { get; set; }
        public SocketTimeouts? Timeouts { get; set; }
        public PipeState? Pipe { get; set; }
        public bool? TimerArmed { get; set; }
        public ulong? Signals { get; set; }
        public bool? GivenToKernel { get; set; }
        public bool? NonBlocking { get; set; }
        public uint? References { get; set; }
    }
}

/// <summary>A pipe or FIFO from within: fs/pipe.c, struct pipe_inode_info.</summary>
/// <param name="Bytes">Bytes in it; at least so many where more than 64 buffers are in use.</param>
/// <param name="Buffers">Buffers in use. A reader waits while there are none.</param>
/// <param name="Capacity">Buffers that it may have. A writer waits while all are in use.</param>
/// <param name="Readers">Open file descriptions that read it, wherever they are: also in flight over a socket, or in an io_uring.</param>
/// <param name="Writers">The same of those that write it.</param>
public sealed record PipeState(uint Bytes, uint Buffers, uint Capacity, uint Readers, uint Writers);

/// <summary>When the kernel gives up waiting by itself, on a socket, socket(7) and tcp(7), or for input from a terminal, termios(3). Shows nowhere in /proc: asked with getsockopt(2) and tcgetattr(3).</summary>
/// <param name="Receive">SO_RCVTIMEO, for reads and accept(2); of a terminal VTIME. Zero: none.</param>
/// <param name="Send">SO_SNDTIMEO, for writes and connect(2). Zero: none.</param>
/// <param name="TcpUser">TCP_USER_TIMEOUT: how long sent data may stay unacknowledged. Zero: the kernel's own limits. Null: no TCP socket.</param>
public sealed record SocketTimeouts(TimeSpan Receive, TimeSpan Send, TimeSpan? TcpUser = null);
