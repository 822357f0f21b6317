using System.IO.Compression;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.Tests.Commands;
using OrphanBoard.Shared.Captures;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Tests.Looking;

/// <summary>What belongs to a process as a whole, or to its threads: marks of a job, signals, namespaces, a frozen cgroup.</summary>
public sealed partial class ProcessFactsTests : IDisposable
{
    private const string Secret = "hunter2-and-nothing-else";

    private static readonly (string, string)[] JobEnvironment =
    [
        ("BUILD_ID", "4711"), ("RUNNER_TRACKING_ID", "github_0815"), ("AWS_SECRET_ACCESS_KEY", Secret), ("MY_BUILD_ID", Secret), ("BUILD_ID_SECRET", Secret),
    ];

    private readonly HostLooker _looker = new(TimeProvider.System, CommandLineRedaction.WithRandomKey());

    public void Dispose() => _looker.Dispose();

    [Fact]
    public async Task Look_EnvironmentOfAJob_KeepsTheCookiesAlone()
    {
        using Specimen specimen = await Specimen.StartInAsync(JobEnvironment, "read");

        ProcessRecord process = specimen.In(_looker.Look(new HashSet<int>())), again = specimen.In(_looker.Look(new HashSet<int>()));

        Assert.Equal([new JobCookie("RUNNER_TRACKING_ID", "github_0815"), new JobCookie("BUILD_ID", "4711")], process.JobCookies!.Value);
        Assert.Equal(process.JobCookies.Value, again.JobCookies!.Value);
    }

    [Fact]
    public async Task Dump_EnvironmentWithSecrets_HoldsTheCookiesAlone()
    {
        using Specimen specimen = await Specimen.StartInAsync(JobEnvironment, "read");

        byte[] dumped = (await AgentProgram.RunAsync("dump")).Output;
        Capture capture = CaptureFormat.Decode(new MemoryStream(dumped));

        ProcessRecord process = capture.Last.Processes.Single(p => p.Pid == specimen.Pid);
        Assert.Equal(["RUNNER_TRACKING_ID", "BUILD_ID"], process.JobCookies!.Value.Select(cookie => cookie.Key));
        int header = Array.IndexOf(dumped, (byte)'\n') + 1;
        using var zlib = new ZLibStream(new MemoryStream(dumped, header, dumped.Length - header), CompressionMode.Decompress);
        using var plain = new StreamReader(zlib);
        string text = await plain.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Contains("github_0815", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.NotNull(capture.Last.Sockets);
    }

    [Fact]
    public async Task Look_PendingSignals_AreToldByThreadAndProcess()
    {
        using Specimen specimen = await Specimen.StartAsync("signals");

        ProcessRecord process = specimen.In(_looker.Look(new HashSet<int> { specimen.Pid }));

        const ulong Usr1 = 1UL << 9, Usr2 = 1UL << 11;
        Assert.Equal((Usr2, Usr1, Usr1 | Usr2), (process.SignalsPending, process.Threads[0].SignalsPending!.Value, process.Threads[0].SignalsBlocked!.Value));
    }

    public static TheoryData<BackendKind> BackEnds => [.. BackendsHere.All];

    [Theory]
    [MemberData(nameof(BackEnds))]
    public async Task Look_StoppedProcess_IsToldBySignalAndForgottenWhenItGoesOn(BackendKind backend)
    {
        using Specimen specimen = await Specimen.StartAsync("read");
        using HostLooker looker = BackendsHere.Open(backend);
        const int Stop = 19, TerminalStop = 20, Continue = 18;

        Assert.Null(specimen.LookUntil(looker, p => p.State == 'S').StopSignal);
        Assert.Equal(0, kill(specimen.Pid, Stop));
        Assert.Equal(Stop, specimen.LookUntil(looker, p => p.State == 'T').StopSignal);
        Assert.Equal(Stop, specimen.LookUntil(looker, p => p.State == 'T', suspect: true).StopSignal);
        Assert.Equal(0, kill(specimen.Pid, Continue));
        Assert.Null(specimen.LookUntil(looker, p => p.State == 'S').StopSignal);
        Assert.Equal(0, kill(specimen.Pid, TerminalStop));
        Assert.Equal(TerminalStop, specimen.LookUntil(looker, p => p.State == 'T').StopSignal);
        Assert.Equal(0, kill(specimen.Pid, Continue));
    }

    [Fact]
    public async Task Look_OwnNamespaces_AreThoseOfTheLinks()
    {
        using Specimen specimen = await Specimen.StartAsync("read");

        Snapshot look = _looker.Look(new HashSet<int>());

        NamespaceSet own = look.Processes.Single(p => p.Pid == look.ObserverPid).Namespaces!;
        Assert.Equal($"net:[{own.Net}]", new FileInfo("/proc/self/ns/net").LinkTarget);
        Assert.Equal($"pid:[{own.Pid}]", new FileInfo("/proc/self/ns/pid").LinkTarget);
        Assert.Same(own, specimen.In(look).Namespaces);
    }

    [Fact]
    public async Task Look_SharedMemorySegment_IsListed()
    {
        using Specimen specimen = await Specimen.StartAsync("shared-memory");

        Snapshot look = _looker.Look(new HashSet<int>(), tables: true);

        SysvObject memory = look.SysvObjects!.Value.Single(item => item.FirstPid == specimen.Pid);
        Assert.Equal((SysvKind.SharedMemory, 0, 12345UL, 1UL, specimen.Pid), (memory.Kind, memory.Key, memory.Bytes, memory.Count, memory.SecondPid));
        Assert.Equal(look.Processes.Single(p => p.Pid == look.ObserverPid).Namespaces!.Ipc, look.IpcNamespace);
    }

    [Theory]
    [InlineData("poll", WaitKind.Poll, Bounded.No)]
    [InlineData("sleep", WaitKind.Timer, Bounded.Yes)]
    public async Task Look_CallThatWasStoppedAndContinued_IsDecodedAsWhatItWas(string mode, WaitKind kind, Bounded bounded)
    {
        const int Continue = 18, Stop = 19;
        using Specimen specimen = await Specimen.StartAsync(mode);
        specimen.LookUntil(_looker, p => WaitDecoder.Decode(_looker.Host, p, p.Threads[0]).Kind == kind);
        Assert.Equal(0, kill(specimen.Pid, Stop));
        specimen.LookUntil(_looker, p => p.State == 'T');
        Assert.Equal(0, kill(specimen.Pid, Continue));

        ProcessRecord process = specimen.LookUntil(_looker, p => p.State == 'S');

        Wait wait = WaitDecoder.Decode(_looker.Host, process, process.Threads[0]);
        Assert.Equal((kind, bounded), (wait.Kind, wait.Bounded));
    }

    [Fact]
    public async Task Look_FrozenCgroup_IsSeenThoughTheProcessSeemsToSleep()
    {
        string name = $"orphan-specimen-{Guid.NewGuid():n}";
        using Cgroup? cgroup = Cgroup.Make(name);
        Assert.SkipWhen(cgroup is null, "no cgroup version 2 hierarchy can be written here");
        using Specimen specimen = await Specimen.StartAsync("read");
        Assert.False(specimen.In(_looker.Look(new HashSet<int> { specimen.Pid })).Frozen is true);
        cgroup.Add(specimen.Pid);
        cgroup.Freeze(true);

        ProcessRecord process = specimen.LookUntil(_looker, p => p.Frozen is true, suspect: true);

        Assert.EndsWith($"/{name}", process.Cgroup, StringComparison.Ordinal);
        Assert.NotEqual('D', process.State);
        cgroup.Freeze(false);
        Assert.False(specimen.LookUntil(_looker, p => p.Frozen is false, suspect: true).Frozen);
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    /// <summary>A cgroup version 2 below the root; it goes with its last process.</summary>
    private sealed class Cgroup : IDisposable
    {
        private readonly string _path;

        private Cgroup(string path) => _path = path;

        internal static Cgroup? Make(string name)
        {
            string? root = File.ReadLines("/proc/self/mountinfo").FirstOrDefault(line => line.Contains(" - cgroup2 ", StringComparison.Ordinal))?.Split(' ')[4];
            try
            {
                return root is null ? null : new Cgroup(Directory.CreateDirectory(Path.Combine(root, name)).FullName);
            }
            catch (Exception e) when (e is UnauthorizedAccessException or IOException)
            {
                return null;
            }
        }

        internal void Add(int pid) => File.WriteAllText(Path.Combine(_path, "cgroup.procs"), $"{pid}");

        internal void Freeze(bool frozen) => File.WriteAllText(Path.Combine(_path, "cgroup.freeze"), frozen ? "1" : "0");

        public void Dispose() => Directory.Delete(_path);
    }
}
