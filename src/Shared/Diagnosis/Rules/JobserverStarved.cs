using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis.Rules;

/// <summary>
/// All tokens of a job server are taken: its pipe is empty, and everybody who could put one back waits for a token, or for somebody who does. Each has
/// both ends of the pipe, as is the custom: the end of the pipe is what nobody waits for.
/// <code>
/// make    waits for its jobs     t: make/3r make/4w job-1/3r job-1/4w job-2/3r job-2/4w
/// job-1   reads t
/// job-2   reads t
/// </code>
/// A queue that idle workers share looks the same. Workers run the program of their parent, while the jobs of a job server are programs of their own.
/// </summary>
internal sealed class JobserverStarved : IncidentRule
{
    public override RuleInfo Info { get; } = new("jobserver-starved", FindingClass.Deadlock,
        "Processes share a pipe of tokens, it is empty, and everybody who could put a token back waits for one, or for somebody who does.");

    public override Verdict? Judge(Incident incident, Narrator narrator)
    {
        ResourceIndex resources = incident.Evidence.Resources;
        foreach (var pipe in incident.Edges
            .Where(edge => edge is { IsKinship: false, Part: { Kind: WaitKind.PipeRead, Target.Kind: FdKind.Pipe or FdKind.Path, Fd: > 2 } } && incident.Core.Contains(edge.From))
            .GroupBy(edge => edge.Part.Target!))
        {
            IncidentEdge first = pipe.First();
            OrderedList<Holder> ends = pipe.Key.Kind == FdKind.Pipe ? resources.HoldersOf(pipe.Key) : resources.OpenersOf(resources[first.From].FindFd(first.Part.Fd!.Value)!);
            int[] sharers = [.. Sharers(ends)];
            int[] readers = [.. pipe.Select(edge => edge.From).Distinct().Intersect(sharers).Order()];
            if (readers.Length == 0 || readers.Length < 2 && sharers.Length < 3)
                continue;
            // What a pool keeps open for itself each of its workers has as well.
            if (readers is [var alone] && sharers.All(sharer => sharer == alone || ForkedChild.IsWorkerOf(resources, sharer, alone)))
                continue;
            // A token is a byte. Who reads more at once reads messages.
            if (pipe.Any(edge => edge.Part is { Call: SystemCall.Read or SystemCall.Readv, ReadsOneByte: false }))
                continue;
            if (pipe.Key.Kind == FdKind.Path && (readers.Length < 2 || !pipe.All(edge => edge.Part.ReadsOneByte) || !HasEndsApart(ends)))
                continue;
            string name = pipe.Key.Kind == FdKind.Pipe ? $"pipe {pipe.Key.Id}" : $"FIFO {pipe.Key.Text}";
            // Each of them is a job and so has one already. Which has how many more shows nowhere.
            string remedy = readers is [var only]
                ? $"It ends when {narrator.Name(only)} does without a token, or somebody puts one into {pipe.Key.Text}."
                : $"It ends when one of {Narrator.Listing(readers.Select(narrator.Name))} gives back what it has taken, or does without another token.";
            string who = readers.Length == 1 ? $"{narrator.Name(readers[0])} waits" : $"{Narrator.Listing(readers.Select(narrator.Name))} wait";
            return new Verdict(
                $"{who} for a token from {name}, which is empty, and everybody who could put one back waits for {(readers.Length == 1 ? "it" : "one of them")}.",
                [.. readers.Select(reader => new Culprit(reader, pipe.First(edge => edge.From == reader).Part.Fd, pipe.Key.Text, remedy))],
                [$"Nobody waits for the end of {name}: {sharers.Length} processes have both ends of it."])
            {
                Sentences = readers.Length == 1 ? [] : ["Who of them has taken how many tokens shows nowhere; while they wait, none of them gives one back."],
                NamesFault = !incident.Core.Any(member => IdlesUntilToldTo(incident, member))
                    && (sharers.Select(sharer => Program(resources[sharer])).Distinct().Count() > 1 || !incident.Core.Any(member => incident.Evidence.Graph.NodeOf(member).MayWaitForSignal) && sharers.Any(sharer => WaitsOtherwise(incident, sharer, pipe.Key))),
            };
        }
        return null;
    }

    /// <summary>Pids of those with both ends.</summary>
    private static IEnumerable<int> Sharers(OrderedList<Holder> ends) => ends
        .GroupBy(holder => holder.Process)
        .Where(group => group.Any(holder => (holder.Access & FdAccess.Read) != 0) && group.Any(holder => (holder.Access & FdAccess.Write) != 0))
        .Select(group => group.Key);

    /// <summary>
    /// Whether somebody has a FIFO open twice, to read and to write, as who makes a job server does. Workers at a queue of that kind have it open once, for both.
    /// </summary>
    private static bool HasEndsApart(OrderedList<Holder> ends) => ends.GroupBy(end => end.Process)
        .Any(group => group.Any(end => end.Access == FdAccess.Read) && group.Any(end => end.Access == FdAccess.Write));

    /// <summary>A supervisor of a pool whose threads look after the workers, while its main thread waits for a signal, or for them.</summary>
    private static bool IdlesUntilToldTo(Incident incident, int member) =>
        incident.Evidence.Graph.NodeOf(member) is { MayWaitForSignal: true, Main: { } main } && main.WaitsOnlyFor(member);

    private static string Program(ProcessRecord process) => $"{process.Exe} {(process.Cmdline is { IsEmpty: false } cmdline ? cmdline[0] : null)}";

    /// <summary>For another member of the core, through something else than this pipe or a wait for its children: then it is no idle worker and no supervisor.</summary>
    private static bool WaitsOtherwise(Incident incident, int process, FdTarget pipe) => incident.Edges.Any(edge =>
        edge.From == process && edge is { IsKinship: false, Part.Kind: not (WaitKind.ChildWait or WaitKind.Futex) } && edge.Part.Target != pipe
        && edge.To.Any(waker => waker.Node != process && incident.Core.Contains(waker.Node)));
}
