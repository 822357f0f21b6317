using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>What no other rule names: processes that wait only for each other.</summary>
internal sealed class StuckSetRule : IncidentRule
{
    public override RuleInfo Info { get; } = new("stuck-set", FindingClass.Deadlock,
        "Processes that only processes of the same set could wake, in a shape that no other rule names.");

    public override Verdict Judge(Incident incident, Narrator narrator)
    {
        int[] core = [.. incident.Core.Order()];
        if (core.Length > 1 && core.All(member => Exits(member).Length > 0 && !incident.Edges.Any(edge => edge is { IsKinship: false, Part.Kind: not WaitKind.ChildWait } && edge.From == member)))
        {
            return new Verdict(
                $"{Narrator.Listing(core.Select(member => $"{narrator.Name(member)} waits for {Narrator.Listing(Exits(member).Select(narrator.Name), "or")} to exit"))}: none of them exits first.",
                ChildNeverExits.OfExits(narrator, core)) { NamesFault = false };
        }
        return core is [var only]
            ? new Verdict($"{narrator.Name(only)} waits for what only it could do itself.", [ByItself(incident, narrator, only)]) { NamesFault = false }
            : new Verdict($"{Narrator.Listing(core.Select(narrator.Name))} wait only for each other.", []) { NamesFault = false };

        int[] Exits(int member) => [.. ChildNeverExits.AwaitedBy(incident, member).Where(incident.Core.Contains).Distinct().Order()];
    }

    /// <summary>Who is stuck by itself is to blame, whether or not others wait for it. What it waits for outside its memory says more than that its threads wait for each other.</summary>
    internal static Culprit ByItself(Incident incident, Narrator narrator, int process)
    {
        Wait? wait = incident.Evidence.Graph.NodeOf(process).Waiters.OrderBy(waiter => waiter.Wait.Kind == WaitKind.Futex).FirstOrDefault()?.Wait;
        string armed = wait is { Kind: WaitKind.Poll, Members.IsEmpty: true } ? $"arms {Narrator.FdsOf(wait.Disarmed)} again (EPOLL_CTL_MOD)"
            : wait is { Kind: WaitKind.Timer } ? $"sets the timer at fd {wait.Fd} (timerfd_settime(2)), or exits"
            : wait?.Members.FirstOrDefault(member => member is { Kind: WaitKind.Timer, Bounded: Bounded.No }) is { } timer ? $"sets the timer at fd {timer.Fd} (timerfd_settime(2)), or exits"
            : "exits";
        return new Culprit(process, wait?.Fd, wait?.Resource ?? "?", $"It ends when {narrator.Name(process)} {armed}.");
    }
}
