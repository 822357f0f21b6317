using OrphanBoard.Agent.Looking;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Bench;

/// <summary>The agent's own code inside this program: the looks of one back end, and the diagnosis of each.</summary>
internal sealed class LookerUnderTest : IDisposable
{
    private static readonly IReadOnlySet<int> Nobody = new HashSet<int>();

    private readonly HostLooker _looker;
    private readonly HostDiagnosis _diagnosis = new(new DiagnosisOptions());
    private OpenFindings _open = OpenFindings.None;

    private LookerUnderTest(HostLooker looker) => _looker = looker;

    internal string BackEnd => _looker.Backend.Name;

    /// <summary>Null, and why, where this back end cannot run here.</summary>
    internal static LookerUnderTest? TryOpen(string backEnd, out string whyNot)
    {
        whyNot = "";
        try
        {
            var options = new LookerOptions { Backend = backEnd switch { BackEnds.Ebpf => BackendKind.Ebpf, BackEnds.Taskstats => BackendKind.Taskstats, _ => BackendKind.Proc } };
            return new LookerUnderTest(new HostLooker(TimeProvider.System, CommandLineRedaction.WithRandomKey(), options));
        }
        catch (InvalidDataException e)
        {
            whyNot = e.Message;
            return null;
        }
    }

    /// <summary>Everything read anew.</summary>
    internal Snapshot LookAtAll() => _looker.Look(Nobody, LookDepth.Full);

    /// <summary>What has not run since the look before is taken from there.</summary>
    internal Snapshot LookAtChanges() => _looker.Look(Nobody);

    /// <summary>What a running agent does once a second, short of telling the server.</summary>
    internal Snapshot Tick()
    {
        Snapshot look = _looker.Look(_diagnosis.Suspects);
        _open = _open.Advance(_diagnosis.Advance(look).Findings, look);
        return look;
    }

    public void Dispose() => _looker.Dispose();
}

/// <summary>The names of the ways to read a host, and the letters that the bars know them by.</summary>
internal static class BackEnds
{
    internal const string Ebpf = "ebpf", Taskstats = "taskstats", Proc = "proc";

    /// <summary>None is forced: the agent probes and chooses.</summary>
    internal const string Choice = "default";

    internal static readonly string[] All = [Ebpf, Taskstats, Proc];

    /// <summary>As the agent's command line has it.</summary>
    internal static string[] Option(string backEnd) => backEnd == Choice ? [] : ["--backend", backEnd];

    internal static string Title(string backEnd) => backEnd switch
    {
        Ebpf => "A ebpf",
        Taskstats => "B taskstats",
        Proc => "C proc",
        _ => backEnd,
    };
}
