using System.Text.Json;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Diagnosis;

public sealed class DiagnoserTests
{
    [Fact]
    public void Diagnose_ServiceThatDuplicatesItsStdio_IsAHazardAndNoHang()
    {
        var scene = new Scene();
        scene.Process(10, "reader").ReadEnd(7001, 3).Polls(3);
        scene.Process(11, "service").WriteEnd(7001, 1, 4).Sleeps();

        Finding finding = Assert.Single(scene.Diagnose().Findings);

        Assert.Equal((FindingClass.Hazard, "stdio-duplicate"), (finding.Class, finding.Rule));
        Assert.Equal((11, 4), (finding.Culprit!.Pid, finding.Culprit.Fd));
    }

    [Theory]
    [InlineData(10, 1)] // it was given the pipe, and who gave it would never get EPIPE
    [InlineData(12, 0)] // it reads what its own child says
    public void Diagnose_StdinReadAtTwoFds_IsAHazardOnlyToWhoGaveIt(int writer, int findings)
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        scene.Process(11, "loop", parent: 10).ReadEnd(7001, 0, 63).Sleeps();
        scene.Process(12, "command", parent: 11).Sleeps();
        scene[writer].WriteEnd(7001, 1);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData("/usr/bin/dash", 10, true, 0)] // { command; } >file: it has its own stdout back when that has ended
    [InlineData("/usr/bin/dash", 10, false, 1)] // exec {fd}>&1
    [InlineData("/usr/bin/dash", 9, true, 1)]
    [InlineData("/usr/bin/zsh", 11, false, 0)] // it closes them by itself in what it runs
    [InlineData("/usr/bin/service", 10, true, 1)]
    public void Diagnose_StdioThatAShellKeepsForItself_IsNoHazard(string program, int fd, bool closeOnExec, int findings)
    {
        var scene = new Scene();
        scene.Process(10, "reader").ReadEnd(7001, 3).Polls(3);
        scene.Process(11, "script").WriteEnd(7001, 1, fd).Fd(fd, kept => kept with { CloseOnExec = closeOnExec }).Sleeps().With = record => record with { Exe = program };

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(11, 0)] // a Jupyter kernel, which reads what it prints itself
    [InlineData(10, 1)]
    public void Diagnose_StdoutAgainAtAnotherFd_IsNoHazardWhereItsOnlyReaderIsTheProcessItself(int reader, int findings)
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        scene.Process(11, "kernel", parent: 10).WriteEnd(7001, 1, 38).Sleeps();
        scene[reader].ReadEnd(7001, 37);

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
    }

    [Theory]
    [InlineData(0, 1, 0)] // xargs -n 1
    [InlineData(0, 2, 1)]
    [InlineData(3, 1, 1)]
    public void Diagnose_OneZombieOfWhoReadsItsInput_IsWaitedForWithTheNextLine(int fd, int zombies, int findings)
    {
        var scene = new Scene();
        scene.Process(9, "tail").WriteEnd(7001, 1).Sleeps();
        scene.Process(10, "xargs").ReadEnd(7001, fd).Reads(fd);
        for (int pid = 11; pid < 11 + zombies; pid++)
            scene.Process(pid, "echo", parent: 10).State = 'Z';

        Assert.Equal(findings, scene.Diagnose(new DiagnosisOptions { ZombieGrace = TimeSpan.Zero }).Findings.Count(finding => finding.Rule == "unreaped-zombies"));
    }

    [Fact]
    public void Diagnose_StderrSentToStdout_IsNoHazard()
    {
        var scene = new Scene();
        scene.Process(11, "service").WriteEnd(7001, 1, 2).Sleeps();

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_ManyZombiesOfOneParent_AreOneFinding()
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        for (int pid = 11; pid < 23; pid++)
            scene.Process(pid, "done", parent: 10).State = 'Z';

        Finding finding = Assert.Single(scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.Zero }).Findings);

        Assert.Equal(("unreaped-zombies", 12), (finding.Rule, finding.Pids.Length));
    }

    [Theory]
    [InlineData(12, 2, 10, false)] // a batch that has just ended
    [InlineData(12, 6, 10, true)]
    [InlineData(12, 2, 1, true)] // whatever wait is asked for
    [InlineData(1, 6, 10, false)]
    [InlineData(1, 31, 10, true)]
    [InlineData(12, null, 10, false)] // not known, and seen for less than a second
    public void Diagnose_Zombies_AreToldByWhenTheyExited(int count, int? seconds, int minimumWait, bool told)
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        TimeSpan now = scene.Look().Uptime;
        for (int pid = 11; pid < 11 + count; pid++)
        {
            Actor done = scene.Process(pid, "done", parent: 10);
            done.State = 'Z';
            done.With = record => record with { ExitedAt = seconds is { } ago ? now - TimeSpan.FromSeconds(ago) : null };
        }

        Assert.Equal(told ? ["unreaped-zombies"] : [], scene.Diagnose(new DiagnosisOptions { MinimumWait = TimeSpan.FromSeconds(minimumWait) }).Findings.Select(finding => finding.Rule));
    }

    [Fact]
    public void Diagnose_OneYoungZombie_IsNotTold()
    {
        var scene = new Scene();
        scene.Process(10, "parent").Sleeps();
        scene.Process(11, "done", parent: 10).State = 'Z';

        Assert.Empty(scene.Diagnose().Findings);
    }

    [Fact]
    public void Diagnose_EveryFinding_SerialisesAndComesBackTheSame()
    {
        Finding finding = Scenes.Founding(eof: true).Diagnose().Findings[0];

        string json = JsonSerializer.Serialize(finding, FindingJson.Default.Finding);
        Finding back = JsonSerializer.Deserialize(json, FindingJson.Default.Finding)!;

        Assert.Equal(json, JsonSerializer.Serialize(back, FindingJson.Default.Finding));
        Assert.Contains("\"root-waiter\"", json);
    }

    [Fact]
    public void Diagnose_LooksOfDifferentBoots_IsRefused()
    {
        Snapshot first = new Scene().Look(), last = first with { Host = first.Host with { BootId = "other" } };

        Assert.Throws<ArgumentException>(() => Diagnoser.Diagnose(first, last, new LookMemory(), new DiagnosisOptions()));
    }

    [Fact]
    public void Suspects_WhoWasCleared_StaysASuspect()
    {
        // What cleared it was read because it was a suspect: else it would be one again at every second look.
        Scene scene = Scenes.CrossReaders();
        scene[10].Timers = true;

        Assert.Contains(10, Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    public void Diagnose_RuntimeThatKeepsItsOwnDuplicates_IsToldOfOnlyIfChildrenInheritThem(bool closeOnExec, int findings)
    {
        var scene = new Scene();
        scene.Process(11, ".NET TP Worker").WriteEnd(7001, 1).Has(6, "pipe:[7001]", FdAccess.Write, closeOnExec).Sleeps();

        Assert.Equal(findings, scene.Diagnose().Findings.Length);
        Assert.Contains(11, Diagnoser.Suspects(scene.Look(), new LookMemory()));
    }

    [Fact]
    public void Suspects_OneLook_AreThoseWhoMightBeTold()
    {
        Scene scene = Scenes.Founding(eof: true);
        scene.Process(200, "bystander").Sleeps();

        IReadOnlySet<int> suspects = Diagnoser.Suspects(scene.Look(), new LookMemory());

        Assert.Superset(new HashSet<int> { 100, 110, 120 }, suspects.ToHashSet());
        Assert.DoesNotContain(200, suspects);
    }
}
