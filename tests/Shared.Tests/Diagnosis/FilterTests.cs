using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>A runtime awaits the answer of a filter whose input it keeps open: it catches signals in every program, and that says nothing.</summary>
public sealed class FilterTests
{
    private const ulong HangUp = 1UL << 0, Interrupt = 1UL << 1, Terminate = 1UL << 14;

    [Fact]
    public void Diagnose_EventLoopThatKeepsTheInputOfAFilterOpen_IsSuspectedAndToBlame()
    {
        Finding finding = Assert.Single(Deadlocks(Loop()));

        // An idle worker below a loop that a signal ends stands the same way.
        Assert.Equal(("pipe-read-cycle", Confidence.Suspected), (finding.Rule, finding.Confidence));
        Assert.Equal((10, 5), (finding.Culprit!.Pid, finding.Culprit.Fd));
        Assert.Contains("as its runtime does in every program", Assert.Single(finding.NotProvenBecause), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(4, 0)] // at its stdout a filter writes what it has read
    public void Diagnose_EventLoopThatKeepsTheInputOfAPipelineOpen_NamesItsFirst(int written, int findings)
    {
        var scene = new Scene();
        Parent(scene.Process(10, "parent").ReadEnd(7002, 7).WriteEnd(7002, 8).Polls(6, 7), Interrupt | Terminate, "/usr/bin/node");
        scene.Process(11, "sh", parent: 10).ReadEnd(7000, 0).WriteEnd(7001, 1).WaitsFor(-1);
        scene.Process(12, "tr", parent: 11).ReadEnd(7000, 0).WriteEnd(7003, written).Reads(0);
        scene.Process(13, "sort", parent: 11).ReadEnd(7003, 0).WriteEnd(7001, 1).Reads(0);

        Finding[] told = Deadlocks(scene);

        Assert.Equal(findings, told.Count(finding => finding.Rule == "pipe-read-cycle"));
        Assert.All(told, finding => Assert.Equal("parent (10) waits for what sort (13) writes to pipe 7001, that for what tr (12) passes on, and tr (12) for more input, or the end of it, from parent (10).", finding.Summary));
        Assert.All(told, finding => Assert.Equal((10, 5), (finding.Culprit!.Pid, finding.Culprit.Fd)));
    }

    [Theory]
    [InlineData(Interrupt | HangUp, "/usr/bin/node")] // a handler of its own
    [InlineData(Interrupt | Terminate, "/usr/bin/supervisor")] // no runtime's handlers
    public void Diagnose_EventLoopThatMayWaitForASignalByDesign_IsHealthy(ulong caught, string exe) => Assert.Empty(Deadlocks(Loop(caught, exe)));

    [Fact]
    public void Diagnose_EventLoopWithAWorkerBeyondStdio_IsHealthy() => Assert.Empty(Deadlocks(Loop(input: 3, output: 4)));

    [Fact]
    public void Diagnose_EventLoopBelowTheMinimumWait_IsNotTold() =>
        Assert.DoesNotContain(Loop().Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(200) }).Findings, finding => finding.Class == FindingClass.Deadlock);

    [Fact]
    public void Diagnose_FilterThatAThreadAwaitsWhileTheMainOneWaitsForItsThreads_IsSuspected()
    {
        var scene = new Scene();
        Parent(scene.Process(10, "parent").WaitsOnFutex().Reads(6), Interrupt, "/usr/bin/python3.11");
        Filter(scene, 0, 1);

        Assert.Equal(Confidence.Suspected, Assert.Single(Deadlocks(scene)).Confidence);
    }

    [Theory]
    [InlineData(11, Confidence.Proven)] // the launcher of a JVM joins the thread in which main() runs
    [InlineData(12, Confidence.Suspected)]
    public void Diagnose_MainThreadThatAwaitsTheFilterForItsLauncher_CountsAsTheMainOne(int joined, Confidence confidence)
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "parent").Thread(10, 202, "futex_do_wait", 0x7000, 0x109, (ulong)joined, 0).Reads(6).WaitsOnFutex();
        Parent(parent, Interrupt | Terminate, "/usr/bin/node");
        Filter(scene, 0, 1);

        Finding finding = Assert.Single(Deadlocks(scene));

        Assert.Equal(("pipe-read-cycle", confidence), (finding.Rule, finding.Confidence));
    }

    [Theory]
    [InlineData(1, false, "cat", true)]
    [InlineData(10, true, "cat", true)] // where a shell keeps its own output while it waits for a command that has another
    [InlineData(5, false, "cat", false)] // which it was given to answer at: it waits for whatever it was told to run, its helper, say
    [InlineData(1, false, "sleep", false)]
    public void Diagnose_ShellThatAloneHasTheOutputAndWaitsForWhoReadsTheInput_IsSuspected(int output, bool closeOnExec, string command, bool told)
    {
        var scene = new Scene();
        Parent(scene.Process(10, "parent").WaitsOnFutex().Reads(6), Interrupt, "/usr/bin/python3.11");
        scene.Process(11, "sh", parent: 10).ReadEnd(7000, 0).Has(output, "pipe:[7001]", FdAccess.Write, closeOnExec).WaitsFor(-1).With = record => record with { Exe = "/bin/sh" };
        Actor last = scene.Process(12, command, parent: 11).ReadEnd(7000, 0);
        _ = command == "cat" ? last.Reads(0) : last.Sleeps();

        Finding[] findings = Deadlocks(scene);

        Assert.Equal(told ? [("pipe-read-cycle", Confidence.Suspected)] : [], findings.Select(finding => (finding.Rule, finding.Confidence)));
        Assert.All(findings, finding => Assert.Equal("parent (10) waits for what sh (11) writes to pipe 7001, that for cat (12) to exit, and cat (12) for more input, or the end of it, from parent (10).", finding.Summary));
        Assert.All(findings, finding => Assert.Equal((10, 5), (finding.Culprit!.Pid, finding.Culprit.Fd)));
    }

    private static Finding[] Deadlocks(Scene scene) => [.. scene.Diagnose().Findings.Where(finding => finding.Class == FindingClass.Deadlock)];

    /// <summary>A parent that polls what its filter writes and a pipe to itself.</summary>
    private static Scene Loop(ulong caught = Interrupt | Terminate, string exe = "/usr/bin/node", int input = 0, int output = 1)
    {
        var scene = new Scene();
        Parent(scene.Process(10, "parent").ReadEnd(7002, 7).WriteEnd(7002, 8).Polls(6, 7), caught, exe);
        Filter(scene, input, output);
        return scene;
    }

    private static void Parent(Actor parent, ulong caught, string exe)
    {
        parent.WriteEnd(7000, 5).ReadEnd(7001, 6).Caught = caught;
        parent.With = record => record with { Exe = exe };
    }

    private static void Filter(Scene scene, int input, int output) => scene.Process(11, "filter", parent: 10).ReadEnd(7000, input).WriteEnd(7001, output).Reads(input);
}
