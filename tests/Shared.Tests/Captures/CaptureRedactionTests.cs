using System.Text;
using CsCheck;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Fingerprints;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Captures;

public class CaptureRedactionTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void Redact_AnyCapture_KeepsRuleAndStructure() => Captured.Any.Sample(capture =>
        Structure(capture) == Structure(Redact(capture)), iter: 100);

    [Fact]
    public void Redact_Names_AreNowhereInWhatIsLeft()
    {
        Scene scene = Captured.Rich();
        scene[60].Cmdline = ["/opt/acme/bin/rich", "--customer", "acme"];
        Capture capture = Captured.Of(scene);
        HostIdentity host = capture.First.Host with { Name = "acme-build-7", Kernel = "6.18.0-acme" };
        capture = capture with
        {
            First = capture.First with { Host = host },
            Last = capture.Last with { Host = host, UnixListeners = [new UnixListener(1, "/run/acme.sock")] },
        };

        string left = Encoding.UTF8.GetString(Plain(Redact(capture)));

        foreach (string secret in (string[])["acme", "rich", "someone", "user.slice", "left", "testhost", "11111111-2222", "customer", "aaaaaaaa", "10.1.2.3", "5432", "8080", "1094861636"])
            Assert.DoesNotContain(secret, left.Replace("eft\":", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("6.18.0", left, StringComparison.Ordinal);
        Assert.Contains("anon_pipe_read", left, StringComparison.Ordinal);
    }

    [Fact]
    public void Redact_Sockets_KeepsWhoIsConnectedToWhom()
    {
        SocketRecord connection = Redact(Captured.Of(Captured.Rich())).Last.Sockets!.Value[1];

        Assert.Equal((4712UL, 4713UL, 4714UL, true), (connection.Inode, connection.Peer!.Value, connection.PendingAt!.Value, connection.RemoteIsLocal));
        Assert.Matches(@"^\[::1\]:t-[g-w]{10}\z", connection.Local);
        Assert.Matches(@"^h-[g-w]{10}:t-[g-w]{10}\z", connection.Remote);
    }

    [Fact]
    public void Redact_EqualNames_StayEqualOverBothLooksAndDifferentOnesDiffer()
    {
        Scene scene = new();
        scene.Process(10, "make");
        scene.Process(11, "make");
        scene.Process(12, "cc1");

        Capture redacted = Redact(Captured.Of(scene));

        string[] first = [.. redacted.First.Processes.Select(p => p.Comm)], last = [.. redacted.Last.Processes.Select(p => p.Comm)];
        Assert.Equal(first, last);
        Assert.Equal(first[1], first[2]);
        Assert.Equal(3, first.Distinct().Count());
    }

    [Fact]
    public void Redact_AnotherKey_GivesOtherPseudonyms() => Assert.NotEqual(
        Redact(Captured.Of(Scenes.CrossReaders())).First.Processes[1].Comm,
        new CaptureRedaction([9, 9]).Redact(Captured.Of(Scenes.CrossReaders())).First.Processes[1].Comm);

    [Fact]
    public void Redact_Pseudonym_IsLeftAloneByNameNormalisation() => Gen.String.Sample(name =>
    {
        Scene scene = new();
        scene.Process(10, name).Cmdline = [name, name];
        ProcessRecord process = Redact(Captured.Of(scene)).First.Processes[1];
        return NameNormalizer.Of(null, process.Comm) == process.Comm
            && NameNormalizer.Of(process.Cmdline, "") == process.Cmdline!.Value[0]
            && NameNormalizer.Argument(process.Cmdline.Value[1]) == process.Cmdline.Value[1];
    });

    [Theory]
    [InlineData("/dev/null", "/dev/null")]
    [InlineData("/dev/pts/3 (deleted)", "/dev/pts/3 (deleted)")]
    [InlineData("pipe:[7]", "pipe:[7]")]
    [InlineData("anon_inode:[eventpoll]", "anon_inode:[eventpoll]")]
    [InlineData("/dev/shm/acme", "/f-")]
    [InlineData("/dev/shm/sem.mp-acme", "/dev/shm/sem.mp-f-")] // what a runtime makes for itself stays told apart
    [InlineData("/memfd:acme (deleted)", "/f-")]
    [InlineData("(unreachable)/acme", "f-")]
    public void Redact_TargetOfFd_KeepsWhatTheKernelNamed(string target, string begins)
    {
        Scene scene = new();
        scene.Process(10, "a").Has(3, target, FdAccess.Read);

        string left = Redact(Captured.Of(scene)).First.Processes[1].Fds[0].Target.Text;

        Assert.StartsWith(begins, left, StringComparison.Ordinal);
        Assert.Equal(target.EndsWith(" (deleted)", StringComparison.Ordinal), left.EndsWith(" (deleted)", StringComparison.Ordinal));
        Assert.DoesNotContain("acme", left, StringComparison.Ordinal);
    }

    private static Capture Redact(Capture capture) => new CaptureRedaction(Key).Redact(capture);

    /// <summary>What is said, without the names in which it is said.</summary>
    private static string Structure(Capture capture) => string.Join('\n', Captured.Diagnose(capture).Findings.Select(finding =>
        $"{finding.Rule} {finding.Confidence} {string.Join(',', finding.Pids)} {finding.Culprit?.Pid} {finding.Culprit?.Fd} {finding.WaitedSeconds} "
        + $"{finding.Fingerprint.Family} {string.Join(',', finding.Participants.Select(participant => $"{participant.Pid}:{participant.Role}"))} "
        + $"{string.Join(',', finding.Assumptions)} {Nameless(finding)}"));

    /// <summary>The lines of the shape without its first words, the programs' names.</summary>
    private static string Nameless(Finding finding) =>
        $"{finding.Fingerprint.Text.Split('\n').Length} {finding.Edges.Length} {string.Join(' ', finding.Edges.Select(edge => $"{edge.From}{edge.Kind}{edge.Resource}{edge.Basis}"))}";

    private static byte[] Plain(Capture capture)
    {
        byte[] bytes = Captured.Bytes(capture);
        int header = Array.IndexOf(bytes, (byte)'\n') + 1;
        using var zlib = new System.IO.Compression.ZLibStream(new MemoryStream(bytes, header, bytes.Length - header), System.IO.Compression.CompressionMode.Decompress);
        using var plain = new MemoryStream();
        zlib.CopyTo(plain);
        return plain.ToArray();
    }
}
