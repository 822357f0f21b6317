using System.Collections.Immutable;
using System.Globalization;
using OrphanBoard.Server.Board.Findings;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Board.Drawing;

/// <summary>A pipe, socket or other object with an identity that several fds refer to.</summary>
/// <param name="Target">Link text, as in the fd tables.</param>
/// <param name="Letter">A, B, ... Z, A2, B2, ...: tells it from the others where colour cannot.</param>
/// <param name="Hue">0 to 7: the colour class.</param>
/// <param name="Name">Short: the inode.</param>
/// <param name="OnWaitPath">Somebody waits for it, or it is what the culprit holds.</param>
/// <param name="Holders">All fds of the finding's processes on it, by process and then by fd.</param>
public sealed record SharedResource(
    string Target, string Letter, int Hue, string Name, bool OnWaitPath, ImmutableArray<ResourceHolder> Holders);

public readonly record struct ResourceHolder(int Pid, int Fd, string Access);

/// <summary>
/// What the processes of a finding share: one letter and colour per object, the same in the picture and in every fd table. Only what
/// lies on a wait path, is open in several processes, or is open twice in one has a letter. What the culprit holds is A.
/// </summary>
public sealed class SharedResources
{
    public const int Hues = 8;

    private readonly Dictionary<string, SharedResource> byTarget;

    private SharedResources(ImmutableArray<SharedResource> all)
    {
        All = all;
        byTarget = all.ToDictionary(r => r.Target, StringComparer.Ordinal);
    }

    /// <summary>In the order of their letters.</summary>
    public ImmutableArray<SharedResource> All { get; }

    public SharedResource? Find(string target) => byTarget.GetValueOrDefault(target);

    public static SharedResources Of(Finding finding) =>
        Of(finding.Participants.DistinctBy(p => p.Pid).Select(p => (p.Pid, p.Fds)), WaitPath(finding), finding.AllCulprits().FirstOrDefault()?.Resource);

    /// <summary>Of one live process: what it shares with anybody on its host, or has open more than once.</summary>
    public static SharedResources OnHost(ProcessState process, IEnumerable<ProcessState> host)
    {
        var own = process.Fds.Select(f => f.Target).ToHashSet(StringComparer.Ordinal);
        return Of(
            [
                (process.Key.Pid, process.Fds),
                .. host.Where(p => p.Key != process.Key).Select(p => (p.Key.Pid, p.Fds.Where(f => own.Contains(f.Target)).ToImmutableArray())),
            ],
            [],
            null);
    }

    private static SharedResources Of(IEnumerable<(int Pid, ImmutableArray<FdInfo> Fds)> tables, HashSet<string> waitPath, string? first)
    {
        var holders = new Dictionary<string, List<ResourceHolder>>(StringComparer.Ordinal);
        var order = new List<string>();
        foreach (var (pid, fds) in tables)
        {
            foreach (FdInfo fd in fds.OrderBy(f => f.Fd))
            {
                if (!waitPath.Contains(fd.Target) && FdTarget.Parse(fd.Target).Id == 0)
                    continue;
                if (!holders.TryGetValue(fd.Target, out List<ResourceHolder>? list))
                {
                    holders[fd.Target] = list = [];
                    order.Add(fd.Target);
                }
                list.Add(new ResourceHolder(pid, fd.Fd, fd.Access));
            }
        }

        return new SharedResources([.. order
            .Where(target => waitPath.Contains(target) || holders[target].Count > 1)
            .OrderByDescending(target => target == first)
            .ThenByDescending(waitPath.Contains)
            .Select((target, i) => new SharedResource(
                target, LetterOf(i), i % Hues, NameOf(target), waitPath.Contains(target), [.. holders[target]]))]);
    }

    /// <summary>What is waited for, what it is waited for through, and what the culprits hold.</summary>
    private static HashSet<string> WaitPath(Finding finding)
    {
        var targets = new HashSet<string>(StringComparer.Ordinal);
        var tables = finding.Participants.DistinctBy(p => p.Pid).ToDictionary(p => p.Pid, p => p.Fds);
        foreach (WaitEdge edge in finding.Edges)
        {
            targets.Add(edge.Resource);
            foreach (EdgeTarget waker in edge.To)
            {
                if (waker.Fd is int fd && tables.TryGetValue(waker.Pid, out ImmutableArray<FdInfo> table))
                    targets.UnionWith(table.Where(f => f.Fd == fd && FdTarget.Parse(f.Target).Id != 0).Select(f => f.Target));
            }
        }
        targets.UnionWith(finding.AllCulprits().Select(c => c.Resource));
        return targets;
    }

    private static string LetterOf(int index)
    {
        char letter = (char)('A' + index % 26);
        return index < 26 ? letter.ToString() : string.Create(CultureInfo.InvariantCulture, $"{letter}{index / 26 + 1}");
    }

    private static string NameOf(string target) =>
        FdTarget.Parse(target) is { Id: not 0 } parsed ? parsed.Id.ToString(CultureInfo.InvariantCulture) : target;
}
