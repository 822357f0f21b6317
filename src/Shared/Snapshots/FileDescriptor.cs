using System.Globalization;
using System.Text.Json.Serialization;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>One entry of a file descriptor table.</summary>
/// <param name="Number">File descriptor number.</param>
/// <param name="Access">Access mode: the owner's r and w bits of the link /proc/PID/fd/N itself (lstat), never of what it points to.</param>
/// <param name="Target">What it refers to, as the link's text says.</param>
public sealed partial record FileDescriptor(int Number, FdAccess Access, FdTarget Target)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Number} {Target.Text}";

    /// <summary>Close-on-exec: 02000000 in <c>flags:</c> of fdinfo. Null: not asked.</summary>
    public bool? CloseOnExec { get; init; }

    /// <summary>
    /// Whether the kernel sends signals for it: O_ASYNC (020000 in <c>flags:</c> of fdinfo), of suspects. Back end ebpf sees it of everybody, and so it does a directory with F_NOTIFY and a message queue with
    /// mq_notify(3), of which /proc shows nothing.
    /// </summary>
    public bool Async { get; init; }
}

[Flags]
[JsonConverter(typeof(KebabCase<FdAccess>))]
public enum FdAccess
{
    None = 0,
    Read = 1,
    Write = 2,
    ReadWrite = Read | Write,
}

/// <summary>One <c>tfd:</c> line of an epoll's fdinfo. Members are matched by inode and device: the fd number may have been reused.</summary>
/// <param name="Fd">fd number at the time it was added.</param>
/// <param name="Events">Bits as in epoll_ctl(2); EPOLLONESHOT members that have fired show none of the wanted bits.</param>
/// <param name="Inode">Inode of the file.</param>
/// <param name="Device">Device of the inode's file system, as the kernel prints it: <c>major &lt;&lt; 20 | minor</c>.</param>
public sealed record EpollMember(int Fd, uint Events, ulong Inode, uint Device);

[JsonConverter(typeof(KebabCase<FdKind>))]
public enum FdKind
{
    /// <summary>The link may not be read: what this fd refers to is hidden.</summary>
    Unreadable,
    Pipe,
    Socket,
    EventFd,
    Epoll,
    SignalFd,
    TimerFd,
    Inotify,
    PidFd,
    IoUring,

    /// <summary>A path: file, directory, device or named FIFO.</summary>
    Path,

    /// <summary>A POSIX message queue, mq_overview(7). Told from a path only where fdinfo was read; else it is shown as a <see cref="Path"/>.</summary>
    PosixQueue,

    /// <summary>Anything else with an anonymous inode.</summary>
    Other,
}

/// <summary>What a file descriptor refers to.</summary>
/// <param name="Kind">Kind of object.</param>
/// <param name="Id">
/// What tells one object of this kind from another: the inode of a pipe, socket or POSIX queue, the eventfd-id of an eventfd and the pid of a
/// pidfd (both from fdinfo). 0: not known, so equal to nothing.
/// </param>
/// <param name="Text">The link's text.</param>
public sealed record FdTarget(FdKind Kind, ulong Id, string Text)
{
    private string? _text = Text;

    /// <summary>The link's text; made when it is asked for where kind and number say all of it, which half of all descriptors are never asked.</summary>
    public string Text
    {
        get => _text ??= string.Create(CultureInfo.InvariantCulture, $"{(Kind == FdKind.Pipe ? "pipe" : "socket")}:[{Id}]");
        init => _text = value;
    }

    private bool IsNumbered => Id != 0 && Kind is FdKind.Pipe or FdKind.Socket;

    /// <summary>A pipe or socket by its inode.</summary>
    public static FdTarget Numbered(FdKind kind, ulong inode) => new(kind, inode, null!);

    /// <summary>Ids differ first, and texts are compared last: asked of every fd of the host.</summary>
    public bool Equals(FdTarget? other) => ReferenceEquals(this, other) || other is not null && Id == other.Id && Kind == other.Kind && (IsNumbered || Text == other.Text);

    public override int GetHashCode() => HashCode.Combine(Kind, Id, IsNumbered ? null : Text);

    /// <summary>The name by which it was opened is gone; it may have others, see <see cref="FileDescriptor.Links"/>.</summary>
    [JsonIgnore]
    public bool IsDeleted => Kind is FdKind.Path or FdKind.PosixQueue && Text.EndsWith(" (deleted)", StringComparison.Ordinal);

    public static FdTarget Unreadable { get; } = new(FdKind.Unreadable, 0, "?");

    /// <summary>
    /// Parses the text of a /proc/PID/fd/N link: <c>pipe:[86256]</c>, <c>socket:[4711]</c>, <c>anon_inode:[eventpoll]</c>, <c>/dev/null</c>.
    /// </summary>
    public static FdTarget Parse(string link)
    {
        if (TryInode(link, "pipe:[", out ulong pipe))
            return new FdTarget(FdKind.Pipe, pipe, link);
        if (TryInode(link, "socket:[", out ulong socket))
            return new FdTarget(FdKind.Socket, socket, link);
        if (link.StartsWith('/'))
            return new FdTarget(FdKind.Path, 0, link);
        FdKind kind = link switch
        {
            "anon_inode:[eventpoll]" => FdKind.Epoll,
            "anon_inode:[eventfd]" => FdKind.EventFd,
            "anon_inode:[signalfd]" => FdKind.SignalFd,
            "anon_inode:[timerfd]" => FdKind.TimerFd,
            "anon_inode:inotify" => FdKind.Inotify,
            "anon_inode:[io_uring]" => FdKind.IoUring,
            "anon_inode:[pidfd]" => FdKind.PidFd,
            _ when link.StartsWith("pidfd:[", StringComparison.Ordinal) => FdKind.PidFd,
            _ => FdKind.Other,
        };
        return new FdTarget(kind, 0, link);
    }

    private static bool TryInode(string link, string prefix, out ulong inode)
    {
        inode = 0;
        return link.StartsWith(prefix, StringComparison.Ordinal)
            && link.EndsWith(']')
            && ulong.TryParse(link.AsSpan(prefix.Length, link.Length - prefix.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out inode);
    }
}
