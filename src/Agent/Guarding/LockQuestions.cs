using System.Collections.Immutable;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding;

/// <summary>
/// Who has the locks of some runtimes shows nowhere in /proc, but the runtime knows. It is asked when nothing of the program in its process has moved for the grace; and
/// again when it has stood for twice as long as when it was last asked.
/// </summary>
/// <param name="policy">Whose hang matters.</param>
/// <param name="limit">How long an answer may take.</param>
internal sealed class LockQuestions(PanicPolicy policy, TimeSpan grace, TimeSpan limit, TimeProvider time)
{
    private readonly Dictionary<ProcessKey, TimeSpan> _askedAt = [];

    /// <returns>The first deadlock that a runtime tells of; null: none.</returns>
    public async Task<Finding?> AskAsync(TreeLook look, TreeLooks looks)
    {
        foreach (ProcessRecord process in look.Pids.Select(look.Last.Find).OfType<ProcessRecord>().Where(process => !process.IsZombie && process.Threads.Length > 1))
        {
            TimeSpan stands = looks.Memory.StandsFor(process);
            if (stands < grace)
                _askedAt.Remove(process.Key);
            else if (stands >= 2 * _askedAt.GetValueOrDefault(process.Key) && policy.IsAwaited(process.Pid, look.Last))
            {
                _askedAt[process.Key] = stands;
                if (await StackReader.AskForDeadlocksAsync(StackTarget.Of(process) with { WaitsInsideItself = looks.WaitsInsideItself(process.Key) }, limit, time) is var (runtime, waits) && looks.OfRuntime(process.Key, runtime, waits) is { } finding)
                    return finding;
            }
        }
        return null;
    }
}
