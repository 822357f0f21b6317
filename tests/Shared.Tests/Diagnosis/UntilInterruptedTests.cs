using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Shared.Tests.Diagnosis;

/// <summary>A Python program that waits for its worker, which waits for a word of it; Ctrl-C may be what ends both.</summary>
public sealed class UntilInterruptedTests
{
    private const ulong Interrupt = 1UL << 1, Quit = 1UL << 2;
    private const string Note = "A SIGINT (Ctrl-C), which python3 (10) catches, may make it go on.";

    [Theory]
    [InlineData(0, 0UL, Confidence.Proven)] // a job of CI, say: nobody is there to interrupt it
    [InlineData(0x8801, 0UL, Confidence.Likely)]
    [InlineData(0, Interrupt, Confidence.Suspected)]
    [InlineData(0x8801, Interrupt, Confidence.Suspected)]
    [InlineData(0, Quit, Confidence.Proven)]
    public void Diagnose_WorkerThatWaitsForAWordOfWhoWaitsForIt_IsAsSureAsNobodyIsToInterrupt(int terminal, ulong ignored, Confidence confidence)
    {
        Scene scene = Joined(terminal, read: 3);
        scene[11].Ignored = ignored;

        Finding finding = Assert.Single(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);

        Assert.Equal((confidence, null), (finding.Confidence, finding.BoundedBy));
        Assert.Contains(Note, finding.Notes);
        Assert.Equal(confidence != Confidence.Proven, finding.NotProvenBecause.Any(why => why.Contains("Ctrl-C", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData(0, "/usr/bin/python3.11")] // stdin is given once, and closed
    [InlineData(3, "/usr/bin/dash")] // a shell's trap runs when its child has ended
    public void Diagnose_WhatNoInterruptWouldGive_IsProvenAtATerminalToo(int read, string exe)
    {
        Scene scene = Joined(0x8801, read, exe);

        Finding finding = Assert.Single(scene.Diagnose().Findings, finding => finding.Class == FindingClass.Deadlock);

        Assert.DoesNotContain(finding.NotProvenBecause, why => why.Contains("Ctrl-C", StringComparison.Ordinal));
        Assert.DoesNotContain(Note, finding.Notes);
    }

    private static Scene Joined(int terminal, int read, string exe = "/usr/bin/python3.11")
    {
        var scene = new Scene();
        Actor parent = scene.Process(10, "python3").WriteEnd(7000, 5).WaitsFor(11);
        scene.Process(11, "python3", parent: 10).ReadEnd(7000, read).WriteEnd(7000, 5).Reads(read);
        parent.Caught = Interrupt;
        parent.With = record => record with { Exe = exe, TtyNr = terminal };
        return scene;
    }
}
