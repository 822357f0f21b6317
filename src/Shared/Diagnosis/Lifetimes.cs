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
        HostIdentity host = evidence.Last.Host;
        HostProcess? looker = resources.Find(evidence.Last.ObserverPid);
        HostProcess[] members = [.. pids.Select(resources.Find).OfType<HostProcess>()];
        foreach (HostProcess other in resources.Processes)
        {
            bool isInit = other.Record.NsPid == 1 && other.Pid != 1, hasMaster = (other.TableFacts & LocalFacts.HasMaster) != 0;
            // Whose end would be the looker's as well is its hang to tell.
            if (!(isInit || hasMaster) || pids.Contains(other.Pid) || looker is not null && (other == looker || resources.IsDescendant(looker, other)) || !Sleeps(other, host))
                continue;
            foreach (HostProcess member in members)
            {
                if (isInit && IsInitOf(resources, other, member))
                    return $"{Narrator.Name(other.Record)}, the init of its pid namespace, sleeps for a time: all there are killed when that ends.";
                if (hasMaster && HasMasterOf(resources, other, member))
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
    private static bool HasMasterOf(ResourceIndex resources, HostProcess other, HostProcess member)
    {
        if (WakerFinder.NumberOf(member.Record.TtyNr) is not { } number)
            return false;
        foreach (FileDescriptor fd in other.Record.Fds)
        {
            if (WakerFinder.IsMaster(fd.Target) && (fd.TtyIndex is { } index ? index == number : resources.IsDescendant(member, other)))
                return true;
        }
        return false;
    }
}
