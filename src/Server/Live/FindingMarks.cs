using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Live;

/// <summary>Which finding marks which process; the strongest mark wins.</summary>
public sealed class FindingMarks
{
    private readonly Dictionary<ProcessKey, (ProcessMark Mark, string FindingId)> _marks = [];

    public static FindingMarks Of(IEnumerable<Finding> findings)
    {
        FindingMarks marks = new();
        foreach (Finding finding in findings)
        {
            HashSet<int> affected = [.. finding.Pids];
            foreach (Participant p in finding.Participants)
            {
                ProcessMark mark = affected.Contains(p.Pid) ? Of(finding.Class) : ProcessMark.Waiter;
                var key = new ProcessKey(p.Pid, p.StartTimeTicks);
                if (!marks._marks.TryGetValue(key, out var known) || known.Mark < mark)
                    marks._marks[key] = (mark, finding.Id);
            }
        }
        return marks;
    }

    /// <returns>The mark, and the finding that it is for: null where the process's own state makes it.</returns>
    public (ProcessMark Mark, string? FindingId) For(ProcessState process)
    {
        ProcessMark own = process.Facts switch
        {
            { Orphan: not null } => ProcessMark.Orphan,
            { State: 'Z' } => ProcessMark.Zombie,
            { State: 'T' or 't' } => ProcessMark.Stopped,
            _ => ProcessMark.None,
        };
        if (!_marks.TryGetValue(process.Key, out var marked))
            return (own, null);
        return (marked.Mark > own ? marked.Mark : own, marked.FindingId);
    }

    private static ProcessMark Of(FindingClass c) => c switch
    {
        FindingClass.Deadlock => ProcessMark.Stuck,
        FindingClass.Stall => ProcessMark.Stalled,
        FindingClass.Orphan => ProcessMark.Orphan,
        FindingClass.Zombie => ProcessMark.Zombie,
        FindingClass.Stopped => ProcessMark.Stopped,
        _ => ProcessMark.Hazard,
    };
}
