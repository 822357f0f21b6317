using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Looking;

/// <summary>Reads what a program keeps from one execve(2) to the next: arguments, marks of CI jobs, namespaces. Each once, as soon as it can be.</summary>
internal sealed class ExecReader(CommandLines commandLines, JobCookieReader jobCookies, NamespaceReader namespaces)
{
    internal ExecFacts Read(TrackedProcess process, DirectoryHandle directory, int? living, string comm, string? exe, ImmutableArray<ThreadRecord> threads)
    {
        ExecFacts facts = process.OfExec is { } known && known.AreOf(comm, exe) ? known : process.OfExec = new ExecFacts(comm, exe);
        if (facts.Arguments is null || facts.JobCookies is null)
        {
            // Both take the memory lock of the process, which a thread in state D may hold.
            if (IsNoneUninterruptible(threads))
            {
                facts.Arguments ??= commandLines.Read(directory, living);
                facts.JobCookies ??= jobCookies.Read(directory, living);
            }
        }
        facts.Namespaces ??= namespaces.Read(directory, living);
        return facts;
    }

    /// <summary>A suspect's, at each look.</summary>
    internal NamespaceSet NamespacesNow(DirectoryHandle directory, int? living) => namespaces.Read(directory, living);

    private static bool IsNoneUninterruptible(ImmutableArray<ThreadRecord> threads)
    {
        foreach (ThreadRecord thread in threads)
        {
            if (thread.State == 'D')
                return false;
        }
        return true;
    }
}
