using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding;

/// <summary>What the command is given: whatever else its tree has open later, somebody of it has made or opened.</summary>
internal static class GivenDescriptors
{
    /// <summary>To be read before they are let go of.</summary>
    public static ImmutableArray<FileDescriptor> Read(InheritedDescriptors inherited)
    {
        using DirectoryHandle proc = DirectoryHandle.Open(LookerOptions.HostProc);
        var buffer = new ReadBuffer();
        return [.. inherited.Numbers.Order().Select(number => Read(proc, buffer, number, inherited.TargetOf(number)))];
    }

    private static FileDescriptor Read(DirectoryHandle proc, ReadBuffer buffer, int number, string? link)
    {
        FdTarget target = link is null ? FdTarget.Unreadable : FdTarget.Parse(link);
        var fd = new FileDescriptor(number, FdAccess.None, target);
        // fdinfo of an epoll asks each member for its state, and a file of a dead server does not answer.
        if (target.Kind == FdKind.Epoll
            || proc.ReadAt($"self/fdinfo/{number}", buffer, out ReadOnlySpan<byte> text) != Sight.Seen || !FdinfoFile.TryParse(text, out FdinfoFile? info))
            return fd;
        return fd with { Inode = info!.Inode, Target = target.Kind == FdKind.EventFd && info.EventFdId is { } id ? target with { Id = id } : target };
    }
}
