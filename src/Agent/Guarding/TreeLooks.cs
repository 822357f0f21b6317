using System.Collections.Immutable;
using OrphanBoard.Agent.Commands;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Watching;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding;

/// <summary>One look, seen from the command's tree.</summary>
/// <param name="Last">The look.</param>
/// <param name="Findings">Those that somebody of the tree is part of.</param>
/// <param name="Pids">The tree: the command and all that descends from it or from guard.</param>
/// <param name="Visibility">How much of the host could be seen.</param>
/// <param name="Changed">Others than before may hang: another look soon is worth its cost.</param>
/// <param name="Evidence">The two looks that the diagnosis rests on; null: it is the first.</param>
internal sealed record TreeLook(Snapshot Last, ImmutableArray<Finding> Findings, IReadOnlySet<int> Pids, Visibility Visibility, bool Changed, Capture? Evidence);

/// <summary>Looks at the whole host for the sake of one tree: who else holds an end of its pipes is anywhere. Opened when first needed, for most commands are over before.</summary>
internal sealed class TreeLooks : IDisposable
{
    /// <summary>CPU that guard may use, as a fraction of a core.</summary>
    private const double Budget = 0.01;

    private readonly int _command;
    private readonly ImmutableArray<FileDescriptor> _given;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly HostLooker _looker;
    private readonly HostDiagnosis _diagnosis;
    private readonly LookPace _pace = new(TimeSpan.FromSeconds(1), Budget);
    private ImmutableHashSet<int> _suspects = [];
    private Snapshot? _last;
    private (ProcessRecord Seen, ProcessRecord Shown)? _self;

    /// <param name="command">The one child of the tree that guard has started.</param>
    /// <param name="given">What it had open when it was started.</param>
    /// <exception cref="LinuxException">There is no readable /proc.</exception>
    /// <exception cref="InvalidDataException">The back end that was asked for cannot be used here.</exception>
    public TreeLooks(int command, ImmutableArray<FileDescriptor> given, BackendKind? backend, TimeSpan minimumWait, TimeProvider time)
    {
        _command = command;
        _given = given;
        _time = time;
        _start = time.GetTimestamp();
        _looker = new HostLooker(time, CommandLineRedaction.WithRandomKey(), new LookerOptions { Backend = backend });
        _diagnosis = new HostDiagnosis(new DiagnosisOptions { MinimumWait = minimumWait });
    }

    /// <summary>When the next look is due, counted from the start of the last one.</summary>
    public TimeSpan Interval => _pace.Interval;

    public LookMemory Memory => _diagnosis.Memory;

    public TreeLook Look()
    {
        _pace.Begin(_time.GetElapsedTime(_start));
        // While nobody of the tree may hang, those of others who may are not worth their costly facts.
        Snapshot look = WithoutOwnFds(_looker.Look(_suspects.IsEmpty ? _suspects : _diagnosis.Suspects));
        ImmutableArray<int> children = [.. look.Processes.Where(process => process.Ppid == look.ObserverPid && !ChildProgram.IsOneOfOurs(process.Pid)).Select(process => process.Pid)];
        look = look with { AdoptedByObserver = children.Remove(_command), GivenToCommand = _given };
        DiagnosisResult result = _diagnosis.Advance(look);
        Capture? evidence = _last is { } before ? new Capture(CommandLine.Version, _looker.Backend.Name, false, before, look) : null;
        _last = look;
        IReadOnlySet<int> tree = ProcessTree.WithDescendants(look, children);
        ImmutableHashSet<int> suspects = [.. _diagnosis.Suspects.Where(tree.Contains)];
        bool changed = !suspects.IsSubsetOf(_suspects);
        _suspects = suspects;
        // Whom guard has waited for is the command and what it left behind.
        _pace.Observe(_time.GetElapsedTime(_start), OwnCost.CpuWithoutChildren(_looker.RiskyReads.HelperPid is { } helper ? [helper] : []));
        return new TreeLook(look, [.. result.Findings.Where(finding => finding.Pids.Any(tree.Contains))], tree, result.Visibility, changed, evidence);
    }

    /// <summary>Whether a process of the last look waits for nothing outside its memory, see <see cref="HostDiagnosis.WaitsInsideItself"/>.</summary>
    public bool WaitsInsideItself(ProcessKey process) => _diagnosis.WaitsInsideItself(process);

    /// <summary>What the runtime of a process of the last look says, as a finding; null: it is gone.</summary>
    public Finding? OfRuntime(ProcessKey process, string runtime, ImmutableArray<RuntimeWait> waits) => _diagnosis.OfRuntime(process, runtime, waits);

    public void Dispose() => _looker.Dispose();

    /// <summary>
    /// Guard has stderr open for its own words alone, and says them when it is all over: an end of a pipe in its hands keeps nobody waiting that the
    /// command would not.
    /// </summary>
    private Snapshot WithoutOwnFds(Snapshot look)
    {
        int place = look.PlaceOf(look.ObserverPid);
        if (place < 0)
            return look;
        ProcessRecord seen = look.Processes[place];
        // The same object for the same record: who has not changed costs nothing.
        if (_self is not { } self || !ReferenceEquals(self.Seen, seen))
            _self = self = (seen, seen with { Fds = [], FdSight = Sight.Seen });
        return look with { Processes = look.Processes.SetItem(place, self.Shown) };
    }
}
