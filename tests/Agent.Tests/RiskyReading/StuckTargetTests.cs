using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Commands;
using OrphanBoard.Agent.Doctoring;
using OrphanBoard.Agent.Looking;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Agent.Tests.Commands;
using OrphanBoard.Agent.Tests.Looking;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.RiskyReading;

/// <summary>Real processes that whoever reads of them gets stuck with. Alone: other tests' readers would be stuck with them too.</summary>
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed partial class StuckTargetTests : IDisposable
{
    private const string Name = "stuck targets";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly HashSet<int> Nobody = [];
    private readonly TemporaryDirectory _mount = new();
    private readonly HostLooker _looker = new(TimeProvider.System, CommandLineRedaction.WithRandomKey());

    public StuckTargetTests() => Assert.SkipUnless(geteuid() == 0 && File.Exists("/dev/fuse"), "needs root and /dev/fuse");

    public void Dispose()
    {
        _looker.Dispose();
        _mount.Dispose();
    }

    [Fact]
    public async Task Look_MemoryLockIsHeld_ShowsTheRestAndDoesNotAskAgain()
    {
        using Specimen specimen = await Specimen.StartStuckAsync("lock-held", _mount.Path);

        Snapshot look = await LookAsync();

        ProcessRecord record = look.Processes.Single(p => p.Pid == specimen.Pid);
        Assert.True(record.MemoryBlocked);
        Assert.Null(record.Cmdline);
        Assert.Equal((3, Sight.Seen, true), (record.Threads.Length, record.FdSight, record.Fds.Length > 2));
        Assert.EndsWith("/stuck", record.Exe!, StringComparison.Ordinal);
        Assert.True(look.Reads.Abandoned >= 1);
        SeesTheOthers(look);
        int? helper = _looker.RiskyReads.HelperPid;

        look = await LookAsync(specimen.Pid);

        Assert.True(look.Processes.Single(p => p.Pid == specimen.Pid).MemoryBlocked);
        Assert.Equal(helper, _looker.RiskyReads.HelperPid);
    }

    [Theory]
    [InlineData("userfault-argv")]
    [InlineData("fuse-argv")]
    public async Task Look_ArgumentsInMemoryThatNobodyServes_GoesOn(string mode)
    {
        using Specimen specimen = await Specimen.StartStuckAsync(mode, _mount.Path);

        Snapshot look = await LookAsync();

        // Since Linux 4.17 cmdline refuses such memory; before, the read blocked.
        ProcessRecord record = look.Processes.Single(p => p.Pid == specimen.Pid);
        Assert.True(record.MemoryBlocked ? record.Cmdline is null : record.Cmdline is not null);
        Assert.Equal(Sight.Seen, record.FdSight);
        SeesTheOthers(look);
    }

    [Fact]
    public async Task Look_PollSetInMemoryThatNobodyServes_ShowsTheRest()
    {
        using Specimen specimen = await Specimen.StartStuckAsync("userfault-poll");

        Snapshot look = await LookAsync();

        ProcessRecord record = look.Processes.Single(p => p.Pid == specimen.Pid);
        Assert.True(record.MemoryBlocked);
        Assert.Equal([null, null], record.Threads.Select(thread => thread.Memory));
        Assert.Contains(record.Threads, thread => thread.Call is { Status: BlockedCallStatus.InCall, Number: 7 });
        SeesTheOthers(look);
    }

    [Fact]
    public async Task Look_MoreStuckHelpersThanAllowed_IsSuspendedUntilOneEnds()
    {
        using Specimen specimen = await Specimen.StartStuckAsync("fuse-poll", _mount.Path, "3");
        await specimen.NextByteAsync();
        await specimen.NextByteAsync();
        using var looker = new HostLooker(TimeProvider.System, CommandLineRedaction.WithRandomKey(), new LookerOptions { RiskyReads = new RiskyReadOptions { MaxGivenUp = 2 } });

        Snapshot look = await LookAsync(looker);

        // A read that the FUSE server has taken and not answered outlives SIGKILL.
        Assert.Equal((ReadingMode.Suspended, 2), (looker.RiskyReads.Mode, looker.RiskyReads.GivenUp));
        Assert.Equal([true, true, false], look.Processes.Where(p => p.Ppid == specimen.Pid && p.Comm != "fuse-server").Select(p => p.MemoryBlocked));

        Task ended = looker.RiskyReads.AllEnded;
        specimen.End();
        await ended.WaitAsync(Patience, TestContext.Current.CancellationToken);

        look = await LookAsync(looker);
        Assert.Equal((ReadingMode.Helper, 0), (looker.RiskyReads.Mode, looker.RiskyReads.GivenUp));
        SeesTheOthers(look);
    }

    [Fact]
    public async Task Look_EpollWithAFileThatDoesNotAnswer_ShowsTheRest()
    {
        using Specimen specimen = await Specimen.StartStuckAsync("epoll", _mount.Path);
        int child = (await LookAsync()).Processes.Single(p => p.Ppid == specimen.Pid && p.Comm != "fuse-server").Pid;

        Snapshot look = await LookAsync(child);

        ProcessRecord record = look.Processes.Single(p => p.Pid == child);
        Assert.True(record.MemoryBlocked);
        Assert.Null(Assert.Single(record.Fds, fd => fd.Target.Kind == FdKind.Epoll).EpollMembers);
        Assert.NotNull(record.Cmdline);
        SeesTheOthers(look);
    }

    [Fact]
    public async Task Look_StuckInExecve_ShowsWhatCanBeSaidOfIt()
    {
        using Specimen specimen = await Specimen.StartStuckAsync("exec", _mount.Path);

        // Between what it asks of the server and its sleep lies a moment.
        Snapshot look = await LookUntilAsync(look => Executing(look).State != 'R');

        ProcessRecord record = Executing(look);
        Assert.Equal((specimen.Pid, 0U, 'S'), (record.Ppid, record.Uid, record.State));
        Assert.NotNull(record.Threads.Single().Counters);
        // Whether stat and the links wait for the execve to end depends on the kernel.
        if (record.MemoryBlocked)
            Assert.Equal((Sight.Abandoned, 0), (record.FdSight, record.Fds.Length));
        SeesTheOthers(look);

        ProcessRecord Executing(Snapshot look) => look.Processes.Single(p => p.Ppid == specimen.Pid && p.Comm != "fuse-server");
    }

    [Fact]
    public async Task Look_FileServerGoneSilent_ShowsAllWhoAreStuckInIt()
    {
        using Specimen specimen = await Specimen.StartStuckAsync("silent", _mount.Path);

        // Between the byte that a child writes and its block lies a moment.
        Snapshot look = await LookUntilAsync(look => ChildrenIn(look).Count(p => p.Threads is [{ Wchan: "request_wait_answer" }]) == 3);

        ProcessRecord[] children = ChildrenIn(look);
        Assert.Equal(4, children.Length);
        ProcessRecord inside = children.Single(p => p.Comm == "program");
        Assert.Equal($"{_mount.Path}/program", inside.Exe);
        Assert.Contains(inside.Fds, fd => fd.Target.Text == $"{_mount.Path}/program");
        SeesTheOthers(look);
        foreach (string command in (string[])["scan --json", "doctor", $"explain {inside.Pid}", "dump --out " + Path.Combine(_mount.Path, "capture")])
            Assert.True((await AgentProgram.RunAsync(command.Split(' '))).Exit is 0 or 3 or 4, command);

        ProcessRecord[] ChildrenIn(Snapshot look) => [.. look.Processes.Where(p => p.Ppid == specimen.Pid && p.Comm != "fuse-server")];
    }

    [Fact]
    public async Task Commands_MemoryLockIsHeld_EndAndSaySo()
    {
        using Specimen specimen = await Specimen.StartStuckAsync("lock-held", _mount.Path);

        Ran scan = await AgentProgram.RunAsync("scan"), json = await AgentProgram.RunAsync("scan", "--json"), doctor = await AgentProgram.RunAsync("doctor");
        Ran explain = await AgentProgram.RunAsync("explain", $"{specimen.Pid}");

        Assert.Contains("the reads blocked and had to be abandoned", scan.Text, StringComparison.Ordinal);
        Assert.Matches("\"complete\":false", json.Text.Replace(" ", "", StringComparison.Ordinal));
        Assert.Matches("\"readsAbandoned\":[1-9]", json.Text.Replace(" ", "", StringComparison.Ordinal));
        Assert.Contains($"The memory of stuck ({specimen.Pid}) could not be read: the read had to be abandoned", explain.Text, StringComparison.Ordinal);
        Assert.Equal(DoctorCommand.PartialSight, doctor.Exit);
        Assert.Matches($@"partial\s+blocked\s.*pid {specimen.Pid} \(stuck\)", doctor.Text);
    }

    [Theory]
    [InlineData("userfault-poll", PosixSignal.SIGTERM, 0)]
    [InlineData("fuse-poll", PosixSignal.SIGTERM, 0)]
    [InlineData("userfault-poll", Kill, 128 + 9)]
    public async Task Run_HelperIsStuck_EndsAtOnceAndLeavesNone(string mode, PosixSignal signal, int exit)
    {
        using Process agent = AgentProgram.Start("run", "--server", "http://127.0.0.1:1", "--token-file", Token());
        using var end = new EndOf(agent);
        int first = HelpersUntil(helpers => helpers.Count == 1)[0];
        using Specimen specimen = await Specimen.StartStuckAsync(mode, _mount.Path, "1");
        // There is another one: the first was given up. Where nobody else has asked FUSE for that page before, it does not die and stays beside it.
        List<int> helpers = [first, .. HelpersUntil(helpers => helpers.Any(helper => helper != first))];

        _ = kill(agent.Id, signal == Kill ? 9 : 15);
        await agent.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal(exit, agent.ExitCode);
        specimen.End();
        long begin = Stopwatch.GetTimestamp();
        while (helpers.Any(helper => Directory.Exists($"/proc/{helper}")))
            Assert.True(Stopwatch.GetElapsedTime(begin) < Patience, "a helper outlived its agent");

        // Not by a look, which would be the first to get stuck.
        List<int> HelpersUntil(Func<List<int>, bool> asked)
        {
            long start = Stopwatch.GetTimestamp();
            while (true)
            {
                List<int> helpers = [.. Children(agent.Id).Where(child => Text($"/proc/{child}/comm") == "orphan-reads\n")];
                if (asked(helpers))
                    return helpers;
                Assert.True(Stopwatch.GetElapsedTime(start) < Patience, $"the agent's helpers are not as asked for: {string.Join(' ', helpers)}");
            }
        }
    }

    private static IEnumerable<int> Children(int pid) =>
        from task in Directory.GetDirectories($"/proc/{pid}/task")
        from child in Text($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        select int.Parse(child, CultureInfo.InvariantCulture);

    /// <summary>Empty where it is gone.</summary>
    private static string Text(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }

    [Fact]
    public async Task RiskyReads_HelperKilledInTheMiddleOfARead_AsksOnceMoreAndGoesOn()
    {
        using Specimen specimen = await Specimen.StartStuckAsync("userfault-poll");
        string call = Directory.GetDirectories($"/proc/{specimen.Pid}/task").Select(task => Text($"{task}/syscall")).Single(text => text.StartsWith("7 ", StringComparison.Ordinal));
        ulong address = Convert.ToUInt64(call.Split(' ')[1], 16);
        ProcessKey target = new(specimen.Pid, 1), self = new(Environment.ProcessId, 1);
        using var risky = new RiskyReads(TimeProvider.System, options: new RiskyReadOptions { Deadline = Patience });
        ReadTicket before = risky.Queue(self, 1, new RiskyRead(RiskyReadKind.Cmdline, self.Pid, 0, 4096, 0), true);
        ReadTicket middle = risky.Queue(target, 1, new RiskyRead(RiskyReadKind.Memory, target.Pid, 0, 8, address), true);
        ReadTicket after = risky.Queue(self, 1, new RiskyRead(RiskyReadKind.Cmdline, self.Pid, 0, 4096, 0), true);

        Task run = Task.Run(risky.Run, TestContext.Current.CancellationToken);
        int first = await KillStuckAsync(killed: 0);
        int second = await KillStuckAsync(killed: first);
        await run.WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal([Sight.Seen, Sight.Failed, Sight.Seen], new[] { before, middle, after }.Select(ticket => risky.Take(ticket, out _)));
        Assert.False(risky.IsBlocked(target), "who kills the helper is not the target");
        Assert.DoesNotContain(risky.HelperPid!.Value, new[] { first, second });

        async Task<int> KillStuckAsync(int killed)
        {
            long start = Stopwatch.GetTimestamp();
            while (true)
            {
                foreach (int child in Children(Environment.ProcessId).Where(child => child != killed && Text($"/proc/{child}/wchan") == "handle_userfault"))
                {
                    _ = kill(child, 9);
                    return child;
                }
                Assert.True(Stopwatch.GetElapsedTime(start) < Patience, "no helper got stuck");
                await Task.Yield();
            }
        }
    }

    /// <summary>Whatever the test says, nothing of it stays.</summary>
    private sealed class EndOf(Process agent) : IDisposable
    {
        public void Dispose()
        {
            if (!agent.HasExited)
                agent.Kill();
        }
    }

    private const PosixSignal Kill = (PosixSignal)9;

    private async Task<Snapshot> LookAsync(params HashSet<int> suspects) => await LookAsync(_looker, suspects);

    private static async Task<Snapshot> LookAsync(HostLooker looker, HashSet<int>? suspects = null) =>
        await Task.Run(() => looker.Look(suspects ?? Nobody)).WaitAsync(Patience, TestContext.Current.CancellationToken);

    private async Task<Snapshot> LookUntilAsync(Func<Snapshot, bool> asked)
    {
        long begin = TimeProvider.System.GetTimestamp();
        while (true)
        {
            Snapshot look = await LookAsync();
            if (asked(look))
                return look;
            Assert.True(TimeProvider.System.GetElapsedTime(begin) < Patience, "the host did not come into the state that was asked for");
        }
    }

    private static void SeesTheOthers(Snapshot look)
    {
        ProcessRecord self = look.Processes.Single(p => p.Pid == Environment.ProcessId);
        Assert.Equal((true, Sight.Seen, false), (self.Cmdline is { IsEmpty: false }, self.FdSight, self.MemoryBlocked));
    }

    private string Token()
    {
        string path = Path.Combine(_mount.Path, "token");
        File.WriteAllText(path, "token\n");
        return path;
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
