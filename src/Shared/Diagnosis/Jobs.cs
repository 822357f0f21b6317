using System.Collections.Immutable;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>
/// Jobs of CI runners, told by the marks that a runner sets in the environment of what it starts (<see cref="JobCookie"/>). The runner itself does not have
/// them: a job lives as long as somebody with its marks has not been left behind.
/// </summary>
/// <param name="resources">The look.</param>
/// <param name="isLeft">Whether a process seems to be left behind: its stdio leads nowhere.</param>
internal sealed class Jobs(ResourceIndex resources, Func<HostProcess, bool> isLeft)
{
    private Dictionary<JobCookie, List<HostProcess>>? _members;

    /// <summary>The mark that names the job, <c>RUNNER_TRACKING_ID=github_1</c>; null where there is none.</summary>
    public static string? NameOf(ProcessRecord process) => MarksOf(process) is [var first, ..] ? $"{first.Key}={first.Value}" : null;

    private static ImmutableArray<JobCookie>? MarksOf(ProcessRecord process) => process.IsSpecimen ? process.JobCookies?[..^1] : process.JobCookies;

    /// <summary>
    /// Whether a process has the marks of a job of which nobody is left but those that were left behind. Its parent, who has adopted it, is none of the
    /// job. False where the parent's marks are hidden: it may be the job's own.
    /// </summary>
    public bool IsOver(HostProcess process)
    {
        if (MarksOf(process.Record) is not { IsEmpty: false } cookies || resources.ParentOf(process) is not { } parent
            || parent.Record.JobCookies is null && parent.Record.NsPid != 1 || Share(process, parent))
        {
            return false;
        }
        foreach (JobCookie cookie in cookies)
        {
            foreach (HostProcess other in Members[cookie])
            {
                HostProcess first = FirstOf(other);
                if (first != process && !isLeft(first))
                    return false;
            }
        }
        return true;
    }

    /// <summary>The highest of those above a process, or itself, that is of the same job without a break.</summary>
    private HostProcess FirstOf(HostProcess process)
    {
        for (int steps = 0; steps < resources.Count && resources.ParentOf(process) is { } parent && Share(process, parent); steps++)
            process = parent;
        return process;
    }

    private static bool Share(HostProcess a, HostProcess b) =>
        MarksOf(a.Record) is { } own && MarksOf(b.Record) is { } other && own.Any(other.Contains);

    private Dictionary<JobCookie, List<HostProcess>> Members => _members ??= Collect();

    private Dictionary<JobCookie, List<HostProcess>> Collect()
    {
        var members = new Dictionary<JobCookie, List<HostProcess>>();
        foreach (HostProcess process in resources.Processes)
        {
            foreach (JobCookie cookie in process.Record.IsZombie ? [] : MarksOf(process.Record) ?? [])
                (members.TryGetValue(cookie, out List<HostProcess>? list) ? list : members[cookie] = []).Add(process);
        }
        return members;
    }
}
