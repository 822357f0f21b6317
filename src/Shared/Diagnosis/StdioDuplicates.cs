using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// For each stdio pipe (or socket: some runtimes give their children pairs of these) at fd 0, 1, 2 of a process: its other fds, above 2, on the same end of the same pipe. That fds 1 and 2 share a pipe
/// (2&gt;&amp;1) is legal and is not counted.
/// </summary>
/// <param name="Stdio">The first of fds 0, 1, 2 on this end.</param>
/// <param name="Duplicates">The others, above 2, ascending; at least one.</param>
internal sealed record StdioDuplicates(FileDescriptor Stdio, ImmutableArray<FileDescriptor> Duplicates)
{
    /// <summary>Without the close-on-exec duplicates that a runtime keeps for its console, and without what a shell keeps while a command has other stdio.</summary>
    public static ImmutableArray<StdioDuplicates> Of(ResourceIndex resources, ProcessRecord process)
    {
        ImmutableArray<StdioDuplicates> all = Of(process);
        return all.All(pair => resources.IsHandedOn(pair.Stdio.Target)) ? all : all.RemoveAll(pair => !resources.IsHandedOn(pair.Stdio.Target));
    }

    /// <summary>The same, whatever the sockets among them are connected to.</summary>
    public static ImmutableArray<StdioDuplicates> Of(ProcessRecord process)
    {
        bool keepsOwn = process.Threads.Any(thread => RuntimeData.Default.ConsoleDuplicates.Any(prefix => thread.Comm.StartsWith(prefix, StringComparison.Ordinal)));
        string? program = Path.GetFileName(process.Exe);
        SavedStdio? saved = RuntimeData.Default.Saving.FirstOrDefault(shell => shell.Program == program);
        // A flag that was not asked for counts as set: a runtime is not blamed for what was not seen.
        return Among(process, fd => fd.CloseOnExec == false ? saved is not { Open: true } || fd.Number < saved.From : !keepsOwn && (saved is null || fd.Number < saved.From));
    }

    /// <summary>All of them, whatever was read of their flags.</summary>
    public static ImmutableArray<StdioDuplicates> AllOf(ProcessRecord process) => Among(process, _ => true);

    /// <summary>Whether <see cref="AllOf"/> has any.</summary>
    public static bool HasAny(ProcessRecord process)
    {
        foreach (FileDescriptor stdio in process.Fds)
        {
            if (stdio.Number > 2)
                break;
            if (stdio.Target is not ({ Kind: FdKind.Pipe } or { Kind: FdKind.Socket, Id: not 0 }))
                continue;
            foreach (FileDescriptor fd in process.Fds)
            {
                if (fd.Number > 2 && IsSameEnd(fd, stdio))
                    return true;
            }
        }
        return false;
    }

    private static ImmutableArray<StdioDuplicates> Among(ProcessRecord process, Func<FileDescriptor, bool> counts)
    {
        var found = ImmutableArray.CreateBuilder<StdioDuplicates>();
        foreach (FileDescriptor stdio in process.Fds.TakeWhile(fd => fd.Number <= 2))
        {
            if (stdio.Target is not ({ Kind: FdKind.Pipe } or { Kind: FdKind.Socket, Id: not 0 }) || found.Any(pair => IsSameEnd(pair.Stdio, stdio)))
                continue;
            ImmutableArray<FileDescriptor> duplicates = [.. process.Fds.Where(fd => fd.Number > 2 && IsSameEnd(fd, stdio) && counts(fd))];
            if (!duplicates.IsEmpty)
                found.Add(new StdioDuplicates(stdio, duplicates));
        }
        return found.ToImmutable();
    }

    private static bool IsSameEnd(FileDescriptor a, FileDescriptor b) => a.Access == b.Access && a.Target.Id == b.Target.Id && a.Target == b.Target;
}
