using System.Collections.Immutable;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Whose end is the end of others, without that it means to: the init of a pid namespace, with which all there are killed; who has the other side of their terminal, which hangs up then. Where such a one sleeps for a time, so long
/// does a hang last. A parent whose end one of them is told of (PR_SET_PDEATHSIG) may wake it, and counts as one that does.
/// </summary>
internal static class Lifetimes
{
    /// <summary>The first, in words; null for none.</summary>
    public static string? Of(Evidence evidence, ImmutableArray<int> pids)
    {
        ResourceIndex resources = evidence.Resources;
        HostProcess? looker = resources.Find(evidence.Last.ObserverPid);
        foreach (HostProcess other in resources.Processes)
        {
            // Whose end would be the looker's as well is its hang to tell.
            if (other.Pid == 1 || pids.Contains(other.Pid) || looker is not null && (other == looker || resources.IsDescendant(looker, other)))
                continue;
            foreach (int pid in pids)
            {
                if (resources.Find(pid) is not { } member)
                    continue;
                // Asked of few: there are as many processes as the host has.
                if (other.Record.NsPid == 1 && IsInitOf(resources, other, member) && Sleeps(other, evidence.Last.Host))
                    return $"{Narrator.Name(other.Record)}, the init of its pid namespace, sleeps for a time: all there are killed when that ends.";
                if (WakerFinder.NumberOf(member.Record.TtyNr) is { } number && HasMaster(resources, other, member, number) && Sleeps(other, evidence.Last.Host))
                    return $"{Narrator.Name(other.Record)}, which has the other side of its terminal, sleeps for a time: the terminal hangs up (SIGHUP) when that ends.";
            }
        }
        return null;
    }

    private static bool Sleeps(HostProcess process, HostIdentity host)
    {
        foreach (Wait wait in process.WaitsOf(host))
        {
            if (wait is { Kind: WaitKind.Timer, Bounded: Bounded.Yes })
                return true;
        }
        return false;
    }

    /// <summary>Who was brought in by setns(2) has its parent elsewhere.</summary>
    private static bool IsInitOf(ResourceIndex resources, HostProcess init, HostProcess member) => resources.IsDescendant(member, init)
        || init.Record.Namespaces is { Pid: { } pid } && member.Record.Namespaces?.Pid == pid;

    /// <summary>Which terminal a master is of is read of suspects alone; what runs in one is mostly below who has its master.</summary>
    private static bool HasMaster(ResourceIndex resources, HostProcess other, HostProcess member, int number)
    {
        foreach (FileDescriptor fd in other.Record.Fds)
        {
            if (WakerFinder.IsMaster(fd.Target) && (fd.TtyIndex is { } index ? index == number : resources.IsDescendant(member, other)))
                return true;
        }
        return false;
    }
}
