using System.Diagnostics;
using System.Text;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Tests.RiskyReading;

/// <summary>With the real helper on this process, and with programs that play a helper that fails.</summary>
public sealed class RiskyReadsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly ProcessKey Self = new(Environment.ProcessId, 1), Other = new(1, 1);

    /// <summary>Says that it is ready and never anything else; ends when its stdin does.</summary>
    private static readonly RiskyReadOptions NeverAnswers = new() { Command = ["/bin/sh", "-c", "printf r; exec cat 3>&1 >/dev/null"], Deadline = TimeSpan.FromMilliseconds(50) };

    [Fact]
    public async Task Run_ManyReads_GivesEachItsAnswer()
    {
        using var risky = new RiskyReads(TimeProvider.System);
        byte[] text = Encoding.UTF8.GetBytes($"{Guid.NewGuid()}");
        string expected = await File.ReadAllTextAsync("/proc/self/cmdline", TestContext.Current.CancellationToken);
        ReadTicket[] lines, words, gone;
        unsafe
        {
            fixed (byte* address = text)
            {
                ulong at = (ulong)address;
                lines = [.. Enumerable.Range(0, 1500).Select(_ => risky.Queue(Self, 0, new RiskyRead(RiskyReadKind.Cmdline, Self.Pid, 0, 16 * 1024, 0), true))];
                words = [.. Enumerable.Range(0, text.Length).Select(i => risky.Queue(Self, 0, new RiskyRead(RiskyReadKind.Memory, Self.Pid, 0, text.Length - i, at + (ulong)i), true))];
                gone = [risky.Queue(Self, 0, new RiskyRead(RiskyReadKind.Cmdline, 4194305, 0, 100, 0), true), risky.Queue(Self, 0, new RiskyRead(RiskyReadKind.Memory, Self.Pid, 0, 8, 16), true)];
                risky.Run();
            }
        }

        Assert.All(lines, ticket => Assert.Equal((Sight.Seen, expected), Answer(risky, ticket)));
        for (int i = 0; i < words.Length; i++)
            Assert.Equal((Sight.Seen, Encoding.UTF8.GetString(text[i..])), Answer(risky, words[i]));
        Assert.Equal([(Sight.Gone, ""), (Sight.Failed, "")], gone.Select(ticket => Answer(risky, ticket)));
        Assert.Equal(ReadingMode.Helper, risky.Mode);
        await EndAsync(risky);
    }

    [Fact]
    public async Task Run_AnswersThatDoNotFitOnOneBoard_AreWholeAllTheSame()
    {
        using var risky = new RiskyReads(TimeProvider.System);
        byte[] memory = new byte[300_000];
        new Random(1).NextBytes(memory);
        ReadTicket[] tickets;
        unsafe
        {
            fixed (byte* address = memory)
            {
                ulong at = (ulong)address;
                tickets = [.. Enumerable.Range(0, 5).Select(_ => risky.Queue(Self, 0, new RiskyRead(RiskyReadKind.Memory, Self.Pid, 0, memory.Length, at), true))];
                risky.Run();
            }
        }

        Assert.All(tickets, ticket =>
        {
            Assert.Equal(Sight.Seen, risky.Take(ticket, out ReadOnlySpan<byte> bytes));
            Assert.True(bytes.SequenceEqual(memory));
        });
        await EndAsync(risky);
    }

    [Fact]
    public async Task Run_CompareMemory_TellsOwnFromOthers()
    {
        using var risky = new RiskyReads(TimeProvider.System);

        Assert.Equal(Sight.Seen, risky.Ask(Self, 0, new RiskyRead(RiskyReadKind.CompareMemory, Self.Pid, 0, 1, (ulong)Self.Pid), true, out ReadOnlySpan<byte> same));
        Assert.Equal(0, same[0]);
        Assert.Equal(Sight.Seen, risky.Ask(Self, 0, new RiskyRead(RiskyReadKind.CompareMemory, Self.Pid, 0, 1, (ulong)risky.HelperPid!.Value), true, out ReadOnlySpan<byte> other));
        Assert.NotEqual(0, other[0]);
        await EndAsync(risky);
    }

    [Fact]
    public async Task Run_HelperThatNeverAnswers_IsGivenUpOncePerTarget()
    {
        using var risky = new RiskyReads(TimeProvider.System, options: NeverAnswers);
        ReadTicket first = risky.Queue(Self, 1, Cmdline(Self), true), again = risky.Queue(Self, 1, Cmdline(Self), true), other = risky.Queue(Other, 1, Cmdline(Other), true);

        long begin = Stopwatch.GetTimestamp();
        risky.Run();

        Assert.Equal([Sight.Abandoned, Sight.Abandoned, Sight.Abandoned], new[] { first, again, other }.Select(ticket => Answer(risky, ticket).Sight));
        Assert.InRange(Stopwatch.GetElapsedTime(begin), TimeSpan.FromMilliseconds(100), Patience);
        Assert.True(risky.IsBlocked(Self));
        int? helper = risky.HelperPid;

        risky.Clear();
        Assert.Equal(Sight.Abandoned, risky.Ask(Self, 1, Cmdline(Self), true, out _));

        Assert.Equal(helper, risky.HelperPid);
        await EndAsync(risky);
    }

    [Fact]
    public async Task Run_HelperThatDiesOverARead_AsksTwoAndThenGoesOn()
    {
        var options = NeverAnswers with { Command = ["/bin/sh", "-c", "printf r; exec head -c1 >/dev/null"] };
        using var risky = new RiskyReads(TimeProvider.System, options: options);

        ReadTicket first = risky.Queue(Self, 1, Cmdline(Self), true), second = risky.Queue(Other, 1, Cmdline(Other), true);
        risky.Run();

        Assert.Equal([Sight.Failed, Sight.Failed], new[] { first, second }.Select(ticket => Answer(risky, ticket).Sight));
        Assert.False(risky.IsBlocked(Self));
        await EndAsync(risky);
    }

    [Fact]
    public async Task Run_HelperKilledBetweenTwoRuns_GoesOnWithANewOne()
    {
        using var risky = new RiskyReads(TimeProvider.System);
        Assert.Equal(Sight.Seen, risky.Ask(Self, 1, Cmdline(Self), true, out _));
        int killed = risky.HelperPid!.Value;
        using (Process helper = Process.GetProcessById(killed))
            helper.Kill();

        Assert.Equal(Sight.Seen, risky.Ask(Self, 1, Cmdline(Self), true, out ReadOnlySpan<byte> text));

        Assert.False(text.IsEmpty);
        Assert.NotEqual(killed, risky.HelperPid);
        await EndAsync(risky);
    }

    [Theory]
    [InlineData("/nonexistent/program")]
    [InlineData("/bin/false")]
    public async Task Run_NoHelperCanBeStarted_ReadsCommandLinesOfThoseThatSleepAndNothingElse(string program)
    {
        using var risky = new RiskyReads(TimeProvider.System, options: new RiskyReadOptions { Command = [program] });

        ReadTicket asleep = risky.Queue(Self, 1, Cmdline(Self), asleep: true), not = risky.Queue(Self, 1, Cmdline(Self), asleep: false);
        ReadTicket[] others = [.. Enum.GetValues<RiskyReadKind>().Where(kind => kind != RiskyReadKind.Cmdline)
            .Select(kind => risky.Queue(Self, 1, new RiskyRead(kind, Self.Pid, 0, 8, 0), asleep: true))];
        risky.Run();

        Assert.All(others, ticket => Assert.Equal(Sight.Failed, Answer(risky, ticket).Sight));
        Assert.Equal([Sight.Seen, Sight.Failed], new[] { asleep, not }.Select(ticket => Answer(risky, ticket).Sight));
        Assert.Equal(ReadingMode.Direct, risky.Mode);
        Assert.NotNull(risky.WhyNoHelper);
        await EndAsync(risky);
    }

    [Fact]
    public async Task Helper_HasNothingOfTheAgentsOwn()
    {
        using var inherited = new AnonymousInheritedPipe();
        using var risky = new RiskyReads(TimeProvider.System);
        Assert.Equal(Sight.Seen, risky.Ask(Self, 1, Cmdline(Self), true, out _));
        int helper = risky.HelperPid!.Value;

        string status = await File.ReadAllTextAsync($"/proc/{helper}/status", TestContext.Current.CancellationToken);
        byte[] environment = await File.ReadAllBytesAsync($"/proc/{helper}/environ", TestContext.Current.CancellationToken);
        string[] files = [.. new DirectoryInfo($"/proc/{helper}/fd").EnumerateFiles().Select(fd => fd.LinkTarget!)];

        Assert.Contains("Name:\torphan-reads\n", status, StringComparison.Ordinal);
        Assert.DoesNotContain(inherited.Name, files);
        Assert.DoesNotContain("PATH=", Encoding.UTF8.GetString(environment), StringComparison.Ordinal);
        // SIGHUP, SIGINT, SIGQUIT and SIGTERM: of a group that is signalled, the agent decides for both.
        string blocked = status.Split('\n').Single(line => line.StartsWith("SigBlk:", StringComparison.Ordinal));
        Assert.Equal(0x4007UL, Convert.ToUInt64(blocked[8..].Trim(), 16) & 0x4007);
        await EndAsync(risky);
        Assert.False(Directory.Exists($"/proc/{helper}"), "it has been reaped");
    }

    private static RiskyRead Cmdline(ProcessKey target) => new(RiskyReadKind.Cmdline, target.Pid, 0, 4096, 0);

    private static (Sight Sight, string Text) Answer(RiskyReads risky, ReadTicket ticket)
    {
        Sight sight = risky.Take(ticket, out ReadOnlySpan<byte> bytes);
        return (sight, Encoding.UTF8.GetString(bytes));
    }

    private static async Task EndAsync(RiskyReads risky)
    {
        risky.Dispose();
        await risky.AllEnded.WaitAsync(Patience, TestContext.Current.CancellationToken);
    }

    /// <summary>A pipe that every child gets that is not kept from it.</summary>
    private sealed class AnonymousInheritedPipe : IDisposable
    {
        private readonly System.IO.Pipes.AnonymousPipeServerStream _pipe = new(System.IO.Pipes.PipeDirection.In, HandleInheritability.Inheritable);

        internal string Name => new FileInfo($"/proc/self/fd/{_pipe.SafePipeHandle.DangerousGetHandle()}").LinkTarget!;

        public void Dispose() => _pipe.Dispose();
    }
}
