using System.Collections.Immutable;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsCheck;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Captures;

public class CaptureFormatTests
{
    private const string Header = "orphanboard-capture 3\n", BrotliHeader = "orphanboard-capture 2\n";

    [Fact]
    public void Decode_WhatEncodeWrote_IsDiagnosedAlike() =>
        Captured.Any.Sample(capture => Captured.Findings(CaptureFormat.Decode(Captured.Stream(capture))) == Captured.Findings(capture), iter: 60);

    [Fact]
    public void Decode_WhatEncodeWrote_IsTheSameCapture() =>
        Captured.Any.Sample(capture => Captured.Bytes(CaptureFormat.Decode(Captured.Stream(capture))).AsSpan().SequenceEqual(Captured.Bytes(capture)), iter: 60);

    [Fact]
    public void Decode_EveryFieldSet_KeepsEachOfThem()
    {
        Capture capture = Captured.Of(Captured.Rich());

        Capture read = CaptureFormat.Decode(Captured.Stream(capture));

        ProcessRecord process = read.Last.Processes.Single(p => p.Pid == 60);
        Assert.Equal(("/usr/bin/rich", "/user.slice", 7, 1001U), (process.Exe, process.Cgroup, process.TracerPid, process.Uid));
        Assert.Equal(new EpollMember(3, 1, 99, 7), process.FindFd(5)!.EpollMembers!.Value.Single());
        Assert.Equal(0x80000001U, process.Threads[0].Memory!.FutexWord);
        Assert.Equal(new UnixListener(4711, "@name"), read.Last.UnixListeners.Single());
        Assert.Equal("é\n\u001b\"\\", process.Cmdline!.Value[1]);
    }

    [Fact]
    public void Decode_EveryFieldOfVersion2Set_KeepsEachOfThem()
    {
        Capture capture = Captured.Of(Captured.Rich());

        Snapshot look = CaptureFormat.Decode(Captured.Stream(capture)).Last;

        ProcessRecord process = look.Processes.Single(p => p.Pid == 60);
        FileDescriptor fd = process.FindFd(6)!;
        Assert.Equal((0x200UL, new string('a', 64), true, new NamespaceSet(1, 2, 3, 4, null)), (process.SignalsPending, process.ContainerId, process.Frozen!.Value, process.Namespaces));
        Assert.Equal(new JobCookie("BUILD_ID", "acme-job-7"), process.JobCookies!.Value.Single());
        Assert.Equal((61, 1UL, 2UL), (process.SharesFilesWith!.Value.Single(), process.Threads[0].SignalsPending!.Value, process.Threads[0].SignalsBlocked!.Value));
        Assert.Equal((11UL, 0xfe00000U, 6UL, 8, 9), (fd.Inode!.Value, fd.Device!.Value, fd.Description!.Value, fd.TtyIndex!.Value, fd.DescriptorsInFlight!.Value));
        Assert.Equal((Captured.Lock, Captured.Timeouts), (fd.Locks!.Value.Single(), fd.Timeouts));
        Assert.Equal(capture.Last.Sockets!.Value.AsEnumerable(), look.Sockets!.Value);
        Assert.Equal((Sight.Denied, 3UL, Captured.Lock), (look.SocketSight!.Value, look.IpcNamespace!.Value, look.FileLocks!.Value.Single()));
        Assert.Equal(capture.Last.SysvObjects!.Value.Single(), look.SysvObjects!.Value.Single());
        Assert.Equal(("/memfd:notes (deleted)", 60, 61), (look.SharedObjects!.Value.Single().Name, look.SharedObjects.Value.Single().Mappers.Single(), look.SharedObjects.Value.Single().Unknown.Single()));
        Assert.Equal((new FutexMapping(true, 1, 12), 16U), (process.Threads[0].Memory!.FutexMapping, process.Threads[0].Memory!.LockWords!.Value[^1]));
    }

    [Fact]
    public void Decode_Version1_IsReadAsIfNobodyHadAsked()
    {
        const string Look = """
            {"host":{"id":"h","name":"n","bootId":"11111111-2222-3333-4444-555555555555","kernel":"6.1.0","architecture":"x86_64","clockTicksPerSecond":100,
            "bootTime":"1970-01-01T00:00:00+00:00"},"takenAt":"1970-01-01T00:16:40+00:00","uptime":"00:16:40","duration":"00:00:00.0100000","observerPid":0,
            "processes":[{"pid":10,"startTimeTicks":1,"ppid":0,"pgrp":10,"session":10,"ttyNr":0,"comm":"self","state":"S","uid":1,"tracerPid":0,"nsPid":10,
            "signalsIgnored":0,"signalsCaught":0,"cmdline":["self"],"cpuTicks":0,"threads":[{"tid":10,"comm":"self","state":"S",
            "counters":{"runTimeNs":1,"timeslices":1},"wchan":"anon_pipe_read","call":{"status":"in-call","number":0,"arguments":[3,1,1,0,0,0]},
            "lastRan":"00:00:01"}],"threadsComplete":true,"fds":[{"number":3,"access":"read","target":{"kind":"pipe","id":77,"text":"pipe:[77]"},
            "closeOnExec":false,"async":false},{"number":4,"access":"write","target":{"kind":"pipe","id":77,"text":"pipe:[77]"},"closeOnExec":false,
            "async":false}],"fdSight":"seen","hasPosixTimers":false,"sharesMemoryWith":[]}],
            "reads":{"vanished":0,"fdTablesDenied":0,"waitsDenied":0,"failed":0},"unixListeners":[]}
            """;
        byte[] bytes = Pack($"""{"{"}"agentVersion":"0.1.0","backend":"proc","redacted":false,"first":{Look},"last":{Look}{"}"}""", "orphanboard-capture 1\n");

        Capture capture = CaptureFormat.Decode(new MemoryStream(bytes));

        ProcessRecord process = capture.Last.Processes.Single();
        Assert.Equal((null, null, null), (capture.Last.Sockets, process.JobCookies, process.SharesFilesWith));
        Assert.Equal((null, null, null), (process.Fds[0].Inode, process.Fds[0].Locks, process.Fds[0].Description));
        Assert.Equal("eof-held-by-self", Captured.Diagnose(capture).Findings.Single().Rule);
    }

    [Theory]
    [InlineData("PATH", "/usr/bin")]
    [InlineData("BUILD_ID", null)]
    public void Decode_EnvironmentBeyondTheMarksOfAJob_IsRefused(string key, string? value)
    {
        Capture capture = Captured.Of(Scenes.CrossReaders());
        ProcessRecord process = capture.Last.Processes[^1] with { JobCookies = [new JobCookie(key, value ?? new string('x', JobCookie.MaxValueLength + 1))] };
        capture = capture with { Last = capture.Last with { Processes = [.. capture.Last.Processes[..^1], process] } };

        Refuses(Captured.Bytes(capture), "marks of a job");
    }

    [Fact]
    public void Decode_CaptureOfAnotherArchitecture_IsDiagnosed()
    {
        Scene scene = new();
        // read is 63 there.
        scene.Process(10, "self").ReadEnd(7000, 3).WriteEnd(7000, 4).Thread(10, 63, "anon_pipe_read", 3, 0x1000, 4096);
        Capture capture = Captured.Of(scene);
        HostIdentity host = capture.First.Host with { Architecture = "aarch64" };
        capture = capture with { First = capture.First with { Host = host }, Last = capture.Last with { Host = host } };

        Finding finding = Assert.Single(Captured.Diagnose(CaptureFormat.Decode(Captured.Stream(capture))).Findings);

        Assert.Equal("eof-held-by-self", finding.Rule);
    }

    [Theory]
    [InlineData("", "empty")]
    [InlineData("\n", "empty")]
    [InlineData("garbage", "no capture")]
    [InlineData("orphanboard-capture", "no capture")]
    [InlineData("orphanboard-capture x\n", "no capture")]
    [InlineData("orphanboard-capture -1\n", "no capture")]
    [InlineData("orphanboard-capture 0\n", "no capture")]
    [InlineData("orphanboard-capture 4\nwhatever comes then", "use a newer one")]
    [InlineData("orphanboard-capture 1\n", "damaged")]
    [InlineData("orphanboard-capture 2\n", "damaged")]
    [InlineData("orphanboard-capture 3\n", "damaged")]
    [InlineData("orphanboard-capture 1\nthis is not compressed", "damaged")]
    [InlineData("orphanboard-capture 3\nthis is not compressed", "damaged")]
    public void Decode_NoCapture_SaysWhatItIs(string text, string expected) => Refuses(Encoding.Latin1.GetBytes(text), expected);

    [Fact]
    public void Decode_Version2_IsTheSameCapture()
    {
        byte[] whole = Captured.Bytes(Captured.Of(Captured.Rich()));

        Capture capture = CaptureFormat.Decode(new MemoryStream(Pack(Json(whole), BrotliHeader)));

        Assert.Equal(whole, Captured.Bytes(capture));
    }

    [Theory]
    [InlineData(Header)]
    [InlineData(BrotliHeader)]
    public void Decode_CutAnywhere_IsRefused(string header)
    {
        byte[] encoded = Captured.Bytes(Captured.Of(Scenes.Founding(eof: true)));
        byte[] whole = Pack(Json(encoded), header);
        // End of the last block and checksum: without them, what the capture holds is whole.
        const int MaxEnd = 8;

        for (int length = 0; length < whole.Length - MaxEnd; length++)
            Assert.Throws<InvalidDataException>(() => CaptureFormat.Decode(new MemoryStream(whole, 0, length)));
        for (int length = whole.Length - MaxEnd; length < whole.Length; length++)
        {
            if (Decoded(whole[..length]) is { } capture)
                Assert.Equal(encoded, Captured.Bytes(capture));
        }
    }

    [Theory]
    [InlineData(Header)]
    [InlineData(BrotliHeader)]
    public void Decode_OneByteChanged_IsRefusedOrDiagnosed(string header)
    {
        byte[] whole = Pack(Json(Captured.Bytes(Captured.Of(Scenes.CrossReaders()))), header);
        Gen.Select(Gen.Int[Header.Length, whole.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            byte[] changed = [.. whole];
            changed[at] = value;
            Survives(changed);
        }, iter: 2000);
    }

    [Fact]
    public void Decode_OneTokenOfTheJsonChanged_IsRefusedOrDiagnosed()
    {
        string json = Json(Captured.Bytes(Captured.Of(Captured.Rich())));
        ImmutableArray<string> tokens = [.. System.Text.RegularExpressions.Regex.Matches(json, @"""[^""]*""|-?[0-9.]+|true|false|\[|\]|\{|\}").Select(match => match.Value)];
        string[] replacements = ["null", "-1", "0", "1", "18446744073709551615", "1e300", "\"\"", "[]", "{}", "\"\\ud800\"", "\"9999999.23:59:59\"", "\"x\"", "[null]"];
        Gen.Select(Gen.Int[0, tokens.Length - 1], Gen.Int[0, replacements.Length - 1]).Sample((index, which) =>
        {
            int at = -1;
            for (int i = 0, from = 0; i <= index; i++, from = at + tokens[i - 1].Length)
                at = json.IndexOf(tokens[i], from, StringComparison.Ordinal);
            Survives(Pack(json[..at] + replacements[which] + json[(at + tokens[index].Length)..]));
        }, iter: 6000);
    }

    [Theory]
    [InlineData(Header)]
    [InlineData(BrotliHeader)]
    public void Decode_BombOfFewBytes_IsRefusedBeforeItIsUnpacked(string header)
    {
        using var packed = new MemoryStream();
        packed.Write(Encoding.ASCII.GetBytes(header));
        using (Stream packing = Packing(packed, header))
        {
            byte[] blanks = new byte[1 << 20];
            Array.Fill(blanks, (byte)' ');
            for (int i = 0; i <= CaptureFormat.MaxPlainBytes / blanks.Length; i++)
                packing.Write(blanks);
        }

        Refuses(packed.ToArray(), "too large");
    }

    [Fact]
    public void Decode_NestedWithoutEnd_IsRefused() => Refuses(Pack(new string('[', 100_000)), "damaged");

    [Fact]
    public void Decode_TheSamePidTwice_IsRefused()
    {
        Capture capture = Captured.Of(Scenes.CrossReaders());
        capture = capture with { Last = capture.Last with { Processes = [.. capture.Last.Processes, capture.Last.Processes[^1]] } };

        Refuses(Captured.Bytes(capture), "ascending order of pid");
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(5, -1, 1)]
    [InlineData(5, 1, -1)]
    public void Decode_BirthThatCannotBe_IsRefused(int pid, int parent, int seconds)
    {
        Capture capture = Captured.Of(Scenes.CrossReaders());
        capture = capture with { Last = capture.Last with { Births = [new Birth(pid, parent, null, TimeSpan.FromSeconds(seconds))] } };

        Refuses(Captured.Bytes(capture), "birth");
    }

    [Fact]
    public void Decode_LooksOfTwoBoots_IsRefused()
    {
        Capture capture = Captured.Of(Scenes.CrossReaders());
        capture = capture with { Last = capture.Last with { Host = capture.Last.Host with { BootId = "another" } } };

        Refuses(Captured.Bytes(capture), "different hosts or boots");
    }

    private static void Refuses(byte[] bytes, string expected)
    {
        var refused = Assert.Throws<InvalidDataException>(() => CaptureFormat.Decode(new MemoryStream(bytes)));
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refused.Message);
    }

    private static void Survives(byte[] bytes)
    {
        if (Decoded(bytes) is { } capture)
            Captured.Diagnose(capture);
    }

    /// <summary>Null: it is refused.</summary>
    private static Capture? Decoded(byte[] bytes)
    {
        try
        {
            return CaptureFormat.Decode(new MemoryStream(bytes));
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    private static string Json(byte[] capture)
    {
        using var zlib = new ZLibStream(new MemoryStream(capture, Header.Length, capture.Length - Header.Length), CompressionMode.Decompress);
        using var reader = new StreamReader(zlib);
        return reader.ReadToEnd();
    }

    private static byte[] Pack(string json, string header = Header)
    {
        using var packed = new MemoryStream();
        packed.Write(Encoding.ASCII.GetBytes(header));
        using (Stream packing = Packing(packed, header))
            packing.Write(Encoding.UTF8.GetBytes(json));
        return packed.ToArray();
    }

    private static Stream Packing(Stream packed, string header) => header == Header
        ? new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true)
        : new BrotliStream(packed, CompressionLevel.Fastest, leaveOpen: true);
}
