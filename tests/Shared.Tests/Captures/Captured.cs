using System.Text.Json;
using CsCheck;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Tests.Captures;

/// <summary>Scenes as captures.</summary>
internal static class Captured
{
    /// <summary>Captures of scenes that hang in different ways, with any pids, fds and names.</summary>
    public static Gen<Capture> Any { get; } = Gen.Select(Gen.Int[0, 4], Gen.Int[0, 3000], Gen.Int[0, 30], Gen.String[0, 6]).Select((shape, shift, fd, names) => Of(shape switch
    {
        0 => Scenes.Founding(eof: true, shift, fd, names),
        1 => Scenes.Founding(eof: false, shift, fd, names),
        2 => Scenes.CrossReaders(),
        3 => Scenes.HeldByOrphan(),
        _ => Rich(),
    }));

    public static Capture Of(Scene scene)
    {
        Snapshot first = scene.Look(1000), last = scene.Look(1001);
        return new Capture("0.0", "proc", false, first, last with
        {
            UnixListeners = [new UnixListener(4711, "@name")],
            Births = [new Birth(60, 58, "someone", TimeSpan.FromSeconds(0.6))],
            Sockets =
            [
                new SocketRecord(4711, SocketFamily.Unix, SocketType.SeqPacket, SocketState.Listening, 2) { Name = "@name", Peer = 0, ReceiveQueue = 1, SendQueue = 128, Shutdown = 3 },
                new SocketRecord(4712, SocketFamily.Inet6, SocketType.Stream, SocketState.Established)
                {
                    Local = "[::1]:8080", Remote = "10.1.2.3:5432", RemoteIsLocal = true, Peer = 4713, PendingAt = 4714,
                },
            ],
            SocketSight = Sight.Denied,
            FileLocks = [Lock],
            SysvObjects = [new SysvObject(SysvKind.MessageQueue, 5, 0x41424344) { Count = 1, Bytes = 2, FirstPid = 3, SecondPid = 4 }],
            IpcNamespace = 3,
            SharedObjects = [new SharedObject(1, 12, "/memfd:notes (deleted)", false, [60], [61])],
        });
    }

    public static FileLock Lock { get; } = new(4, true, LockKind.Ofd, LockAccess.Read, -1, 0xfe00000, 11, 0, long.MaxValue);

    public static SocketTimeouts Timeouts { get; } = new(TimeSpan.FromSeconds(7), TimeSpan.Zero);

    private static FileDescriptor Detailed(FileDescriptor fd) => fd with
    {
        Inode = 11, Device = 0xfe00000, Description = 6, Locks = [Lock], TtyIndex = 8, DescriptorsInFlight = 9, Timeouts = Timeouts,
    };

    /// <summary>A process with everything that a record can have.</summary>
    public static Scene Rich()
    {
        Scene scene = Scenes.CrossReaders();
        Actor rich = scene.Process(60, "rich").Has(5, "anon_inode:[eventpoll]", FdAccess.ReadWrite).Has(6, "/home/someone/notes", FdAccess.Read)
            .Thread(60, 202, "futex_do_wait", new CallMemory { FutexWord = 0x80000001, LockWords = [0x80000001, 1, 1, 1, 16], FutexMapping = new FutexMapping(true, 1, 12) }, [0x7000, 0, 0x80000001, 0, 0, 0]);
        rich.Cmdline = ["/usr/bin/rich", "é\n\u001b\"\\"];
        rich.With = record => record with
        {
            Exe = "/usr/bin/rich",
            Cgroup = "/user.slice",
            TracerPid = 7,
            Uid = 1001,
            SignalsPending = 0x200,
            ContainerId = new string('a', 64),
            Frozen = true,
            Namespaces = new NamespaceSet(1, 2, 3, 4, null),
            JobCookies = [new JobCookie("BUILD_ID", "acme-job-7")],
            SharesFilesWith = [61],
            Threads =
            [
                record.Threads[0] with
                {
                    SignalsPending = 1,
                    SignalsBlocked = 2,
                    Fds = [new FileDescriptor(7, FdAccess.Read, FdTarget.Parse("/home/someone/own"))],
                    Memory = record.Threads[0].Memory! with { Futexes = [new FutexWaitv(0x7000, 1, 2)] },
                },
            ],
            Fds = [.. record.Fds.Select(fd => fd.Number == 5 ? fd with { EpollMembers = [new EpollMember(3, 1, 99, 7)] } : Detailed(fd))],
        };
        return scene;
    }

    public static byte[] Bytes(Capture capture)
    {
        using var stream = new MemoryStream();
        CaptureFormat.Encode(capture, stream);
        return stream.ToArray();
    }

    public static MemoryStream Stream(Capture capture) => new(Bytes(capture));

    public static DiagnosisResult Diagnose(Capture capture) => Diagnoser.Diagnose(
        capture.First, capture.Last, new LookMemory().Advance(capture.First).Advance(capture.Last), new DiagnosisOptions());

    /// <summary>All findings as text: ids, fingerprints, sentences.</summary>
    public static string Findings(Capture capture) => JsonSerializer.Serialize(Diagnose(capture).Findings, FindingJson.Default.ImmutableArrayFinding);
}
