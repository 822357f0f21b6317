using System.Text.Json;
using OrphanBoard.Agent.Guarding;
using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Agent.Tests.Commands;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Tests.Guarding.Reports;

public sealed class EvidenceBundleTests : IDisposable
{
    private const UnixFileMode File600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Write_Deadlock_IsAllOfIt_AndItsCaptureReplays()
    {
        string folder = Write(_directory.Path, Runs.Deadlock(Runs.Founding()));

        Assert.Equal(Path.Combine(_directory.Path, "20261126T030400.000Z-v1-abcdefgh-12"), folder);
        Assert.Equal(
            ["README", "fds.txt", "finding.json", "hang.capture", "report.txt", "stacks.txt"],
            Directory.GetFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal(File600 | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.All(Directory.GetFiles(folder), file => Assert.Equal(File600, File.GetUnixFileMode(file)));

        Finding finding = JsonSerializer.Deserialize(Read(folder, "finding.json"), FindingJson.Default.Finding)!;
        Assert.Equal([12, 13, 14], finding.Pids);
        Assert.Contains("    1  w   inherit  pipe:[4002]\n", Read(folder, "fds.txt"), StringComparison.Ordinal);
        Assert.Contains("serve", Read(folder, "stacks.txt"), StringComparison.Ordinal);
        Assert.Contains("◄ CULPRIT", Read(folder, "report.txt"), StringComparison.Ordinal);
        string command = Read(folder, "README").Split('\n').Single(line => line.StartsWith("  orphan-agent replay ", StringComparison.Ordinal));
        Ran replayed = await AgentProgram.RunAsync(command.Trim().Split(' ')[1..]);
        Assert.Equal("", replayed.Error);
        Assert.True(replayed.Exit is 0 or 3, replayed.Text);
    }

    [Fact]
    public void Write_SeveralRunsAtOnce_DoNotOverwriteEachOther()
    {
        string[] folders = [.. Enumerable.Range(0, 3).Select(_ => Write(_directory.Path, Runs.Deadlock(Runs.Founding())))];

        Assert.Equal(3, folders.Distinct().Count());
        Assert.All(folders, folder => Assert.Equal(6, Directory.GetFiles(folder).Length));
    }

    [Fact]
    public void Write_Timeout_HasTheTablesOfTheCommandsTree()
    {
        string folder = Write(_directory.Path, Runs.Of(GuardEnd.Timeout) with { Evidence = Runs.Capture() });

        Assert.EndsWith("-timeout-12", folder, StringComparison.Ordinal);
        string tables = Read(folder, "fds.txt");
        Assert.Contains("runner (12): runner\n      3  r   cloexec  pipe:[712]\n", tables, StringComparison.Ordinal);
        Assert.DoesNotContain("stranger", tables, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "finding.json")));
    }

    [Fact]
    public void Write_HostileNames_AreShownEscaped()
    {
        string folder = Write(_directory.Path, Runs.Deadlock(Runs.Founding(Runs.Hostile)) with { Command = [Runs.Hostile] });

        foreach (string file in new[] { "README", "fds.txt", "report.txt" })
            Assert.DoesNotContain(Read(folder, file), c => char.IsControl(c) && c != '\n' || c is '\u202e');
    }

    [Fact]
    public void Create_NoBundle_LiesBelowTheStateDirectory()
    {
        EvidenceBundle? bundle = null;
        string error = Runs.Written(output => bundle = EvidenceBundle.Create(null, Runs.Environment(("HOME", _directory.Path)), Runs.Deadlock(Runs.Founding()), Runs.Now, output));

        Assert.Equal("", error);
        Assert.StartsWith(Path.Combine(_directory.Path, ".local/state/orphanboard/evidence/2026"), bundle!.Folder, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_PastFiftyRuns_TakesTheOldestAwayAndNothingElse()
    {
        string evidence = Path.Combine(_directory.Path, "orphanboard/evidence"), elsewhere = Path.Combine(_directory.Path, "elsewhere");
        Directory.CreateDirectory(Path.Combine(evidence, "mine-not-yours"));
        Directory.CreateDirectory(elsewhere);
        File.WriteAllText(Path.Combine(elsewhere, "kept"), "");
        Directory.CreateSymbolicLink(Path.Combine(evidence, "20200101T000000.000Z-v1-link-1"), elsewhere);
        for (int i = 0; i < EvidenceShelf.MaxRuns + 2; i++)
            Directory.CreateDirectory(Path.Combine(evidence, $"20250101T0000{i:00}.000Z-v1-abcdefgh-{i}"));

        EvidenceBundle bundle = EvidenceBundle.Create(null, Runs.Environment(("XDG_STATE_HOME", _directory.Path)), Runs.Deadlock(Runs.Founding()), Runs.Now, TextWriter.Null)!;

        string[] left = [.. Directory.GetDirectories(evidence).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];
        Assert.Equal(EvidenceShelf.MaxRuns + 2, left.Length); // and the link, and what is not ours
        Assert.Equal(["20200101T000000.000Z-v1-link-1", "20250101T000003.000Z-v1-abcdefgh-3"], left[..2]);
        Assert.Contains(Path.GetFileName(bundle.Folder), left);
        Assert.True(File.Exists(Path.Combine(elsewhere, "kept")));
    }

    [Fact]
    public void Create_PastTheBytes_TakesTheOldestAway()
    {
        string evidence = Path.Combine(_directory.Path, "orphanboard/evidence");
        for (int i = 0; i < 3; i++)
        {
            string run = Directory.CreateDirectory(Path.Combine(evidence, $"20250101T00000{i}.000Z-v1-abcdefgh-1")).FullName;
            using FileStream file = File.Create(Path.Combine(run, "hang.capture"));
            file.SetLength(EvidenceShelf.MaxBytes / 2); // sparse
        }

        EvidenceBundle.Create(null, Runs.Environment(("XDG_STATE_HOME", _directory.Path)), Runs.Deadlock(Runs.Founding()), Runs.Now, TextWriter.Null);

        Assert.Equal(
            ["20250101T000001.000Z-v1-abcdefgh-1", "20250101T000002.000Z-v1-abcdefgh-1", "20261126T030400.000Z-v1-abcdefgh-12"],
            Directory.GetDirectories(evidence).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/proc/nowhere")]
    [InlineData("/dev/null/x")]
    public void Create_WhereNothingCanBe_IsOneLine(string parent)
    {
        EvidenceBundle? bundle = null;
        string error = Runs.Written(output => bundle = EvidenceBundle.Create(parent, _ => null, Runs.Deadlock(Runs.Founding()), Runs.Now, output));

        Assert.Null(bundle);
        Assert.StartsWith("orphan-agent: guard: no evidence is kept: ", error, StringComparison.Ordinal);
        Assert.Equal(error.Length - 1, error.IndexOf('\n', StringComparison.Ordinal));
    }

    [Fact]
    public void Create_NoHome_IsOneLine() => Assert.Contains(
        "use --bundle DIR", Runs.Written(output => EvidenceBundle.Create(null, _ => null, Runs.Deadlock(Runs.Founding()), Runs.Now, output)), StringComparison.Ordinal);

    [Fact]
    public void Write_AFileCannotBeWritten_KeepsTheOthersAndSaysSoOnce()
    {
        EvidenceBundle bundle = EvidenceBundle.Create(_directory.Path, _ => null, Runs.Deadlock(Runs.Founding()), Runs.Now, TextWriter.Null)!;
        Directory.CreateDirectory(Path.Combine(bundle.Folder, "hang.capture"));

        string error = Runs.Written(output => bundle.Write(Runs.Deadlock(Runs.Founding()), Runs.Context(), output));

        Assert.StartsWith("orphan-agent: guard: the evidence is not whole: hang.capture: ", error, StringComparison.Ordinal);
        Assert.Equal(error.Length - 1, error.IndexOf('\n', StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(bundle.Folder, "report.txt")));
    }

    private static string Write(string parent, GuardOutcome outcome)
    {
        EvidenceBundle? bundle = null;
        string error = Runs.Written(output =>
        {
            bundle = EvidenceBundle.Create(parent, _ => null, outcome, Runs.Now, output);
            bundle!.Write(outcome, Runs.Context(), output);
        });
        Assert.Equal("", error);
        Assert.Equal(outcome.Evidence is null, !File.Exists(Path.Combine(bundle!.Folder, EvidenceBundle.CaptureName)));
        return bundle.Folder;
    }

    private static string Read(string folder, string name) => File.ReadAllText(Path.Combine(folder, name));
}
