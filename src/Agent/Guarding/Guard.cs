using System.Collections.Immutable;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Guarding.Reports;
using OrphanBoard.Agent.Stacks;
using OrphanBoard.Shared.Diagnosis;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.Guarding;

/// <summary>
/// Runs a command as if guard were not there, and looks at its tree: a deadlock on which the result depends becomes a panic, which is told before anything is
/// ended, and what the command leaves behind is named. Design: docs/guard.md.
/// </summary>
internal sealed class Guard(GuardOptions options, ImmutableArray<string> shown, TimeProvider time, GuardVoice voice) : IDisposable
{
    public const int DeadlockExit = 86, OrphansExit = 87, TimeoutExit = 88;

    /// <summary>Most commands are over before, and cost no look.</summary>
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(400);

    /// <summary>Between two looks where somebody may have begun to hang, or is to be confirmed to.</summary>
    private static readonly TimeSpan SoonAgain = TimeSpan.FromMilliseconds(250);

    /// <summary>How long all stacks together may take.</summary>
    private static readonly TimeSpan StackLimit = TimeSpan.FromSeconds(4);

    /// <summary>How long the last looks before a timeout is told may take: on a host of thousands of processes it is told from those before them.</summary>
    private static readonly TimeSpan LastLooks = TimeSpan.FromSeconds(2);

    /// <summary>The same where there were none: it cannot be told from anything else.</summary>
    private static readonly TimeSpan OnlyLooks = TimeSpan.FromSeconds(10);

    /// <summary>From SIGTERM to SIGKILL; and from there to giving up.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(5);

    private readonly DateTimeOffset _startedAt = time.GetUtcNow();
    private readonly long _start = time.GetTimestamp();
    private readonly Tree _tree = new();
    private readonly CancellationTokenSource _toldToEnd = new();
    private readonly HashSet<string> _told = [];
    private readonly Lock _signals = new();
    private List<int>? _early = [];
    private ImmutableArray<FileDescriptor> _given = [];
    private CommandProcess? _command;
    private GuardCgroup? _cgroup;
    private TreeLooks? _looks;
    private TreeLook? _look;
    private bool _isBlind;

    /// <summary>The look that is being taken, or the last that was. Never two at a time.</summary>
    private Task _looking = Task.CompletedTask;

    /// <summary>What was told while the command went on.</summary>
    private ImmutableArray<Finding> _kept = [];

    private ImmutableArray<ProcessStacks> _stacks = [];

    /// <summary>
    /// The signal of the terminal that the command has died of: guard is to die of it too, for a shell tells by that, and not by the exit code, whether its script is to
    /// end as well. Null: none.
    /// </summary>
    public int? DiesOf { get; private set; }

    private TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <param name="words">Program and arguments, each ended by NUL.</param>
    /// <returns>Exit code of guard.</returns>
    /// <exception cref="CommandNotStartedException">The command could not be started.</exception>
    public async Task<int> RunAsync(byte[][] words)
    {
        InheritedDescriptors inherited = InheritedDescriptors.Find();
        _given = GivenDescriptors.Read(inherited);
        ImmutableArray<string?> stdio = [inherited.TargetOf(0), inherited.TargetOf(1), inherited.TargetOf(2)];
        ChildSubreaper.Become();
        using var forwarding = new SignalForwarding(Forward);
        _cgroup = GuardCgroup.TryEnter();
        try
        {
            Start(CommandProcess.Start(words));
        }
        finally
        {
            _cgroup?.Leave();
        }
        inherited.LetGo();

        GuardOutcome? outcome = await WatchAsync();
        outcome ??= await AfterExitAsync(await _command!.Exit, stdio);
        await voice.ReportAsync(outcome);
        DiesOf = outcome.CommandExitCode is { } status && status == 128 + forwarding.FromTerminal ? forwarding.FromTerminal : null;
        return outcome.ExitCode;
    }

    public void Dispose()
    {
        if (_looking.IsCompleted) // else it goes with the process
            _looks?.Dispose();
        _cgroup?.Dispose();
        _tree.Dispose();
        _toldToEnd.Dispose();
    }

    /// <summary>Looks until the command has exited by itself (null), or has to be ended.</summary>
    private async Task<GuardOutcome?> WatchAsync()
    {
        var policy = new PanicPolicy(_command!.Pid, options.Grace, options.StallAfter);
        var questions = new LockQuestions(policy, options.Grace, StackLimit, time);
        using var left = new CancellationTokenSource();
        Task over = options.Timeout is { } limit ? Task.Delay(limit > Elapsed ? limit - Elapsed : TimeSpan.Zero, time, left.Token) : Task.Delay(Timeout.Infinite, left.Token);
        TimeSpan? due = FirstLook;
        Finding? suspected = null;
        while (true)
        {
            TimeSpan began = Elapsed;
            if (due is null || due > began)
                await Task.WhenAny(_command.Exit, over, Task.Delay(due is null ? Timeout.InfiniteTimeSpan : due.Value - began, time, left.Token));
            // A look takes the longer the more processes the host has: neither an exit nor the limit waits for its end.
            if (!_command.Exit.IsCompleted && !over.IsCompleted)
                await Task.WhenAny(_command.Exit, over, BeginLook());
            if (_command.Exit.IsCompleted || over.IsCompleted)
            {
                bool exited = _command.Exit.IsCompleted;
                await left.CancelAsync();
                return exited ? null : await TimeoutAsync();
            }
            await _looking;
            if (_look is not { } look)
            {
                due = null; // the command goes on unguarded
                continue;
            }
            if (options.Hazards)
                TellHazards(look);
            Finding? hang = policy.Judge(look.Findings, look.Last, _told, Elapsed);
            if (hang is null && options.Stacks && await questions.AskAsync(look, _looks!) is { } said && !_told.Contains(said.Id))
                hang = suspected = said;
            // Twice in a row: one look more is a small price for a command that must not be ended by mistake.
            if (hang is not null && hang.Id == suspected?.Id)
            {
                if (options.OnlyReport || !PanicPolicy.Ends(hang))
                    await ReportOnlyAsync(hang, look);
                else
                    return await PanicAsync(hang, look);
            }
            bool fresh = hang is not null && hang.Id != suspected?.Id || look.Changed;
            suspected = hang;
            due = began + (fresh ? SoonAgain : _looks!.Interval);
        }
    }

    /// <summary>Takes a look, or goes on with the one that is being taken.</summary>
    private Task BeginLook() => _looking = _looking.IsCompleted ? Task.Run(LookOnce) : _looking;

    /// <summary>There is no look afterwards where nothing can be seen here, which is said once.</summary>
    private void LookOnce()
    {
        if (_isBlind)
            return;
        try
        {
            _looks ??= new TreeLooks(_command!.Pid, _given, options.Backend, options.StallAfter, time);
            _look = _looks.Look();
        }
        catch (Exception e) when (e is LinuxException or IOException or InvalidDataException or UnauthorizedAccessException)
        {
            (_look, _isBlind) = (null, true);
            voice.Say($"cannot look at the command, which goes on unguarded: {e.Message}");
        }
    }

    private void TellHazards(TreeLook look)
    {
        foreach (Finding hazard in look.Findings.Where(finding => finding.Class == FindingClass.Hazard && _told.Add(finding.Id)))
        {
            _kept = [.. _kept, hazard];
            voice.TellHazard(Outcome(GuardEnd.Exited, 0, null), hazard);
        }
    }

    private async Task<GuardOutcome> TellHangAsync(GuardOutcome outcome, AfterPanic then)
    {
        voice.KeepEvidence(outcome);
        outcome = outcome with { Stacks = await StacksAsync([outcome.Findings[0]]) };
        voice.TellHang(outcome, then);
        return outcome;
    }

    private async Task ReportOnlyAsync(Finding hang, TreeLook look)
    {
        _told.Add(hang.Id);
        GuardOutcome outcome = await TellHangAsync(Outcome(GuardEnd.Exited, 0, null) with { Findings = First(hang, look) }, AfterPanic.Report);
        // In the reports of the run hangs come before hazards.
        (_kept, _stacks) = ([hang, .. _kept], [.. _stacks, .. outcome.Stacks]);
    }

    private async Task<GuardOutcome> PanicAsync(Finding hang, TreeLook look)
    {
        GuardOutcome outcome = await TellHangAsync(
            Outcome(GuardEnd.Deadlock, DeadlockExit, null) with { Findings = First(hang, look), Kept = options.Keep }, options.Keep ? AfterPanic.Keep : AfterPanic.End);
        if (!options.Keep)
            await EndTreeAsync();
        return outcome;
    }

    private async Task<GuardOutcome> TimeoutAsync()
    {
        // Of a command that was not looked at for a while, or never: what it does is told from two looks that are fresh.
        Task enough = Task.Delay(_look?.Evidence is null ? OnlyLooks : LastLooks, time);
        for (int looks = 0; looks < 2 && !enough.IsCompleted; looks++)
        {
            await Task.WhenAny(BeginLook(), enough);
            await Task.Delay(SoonAgain, time);
        }
        ImmutableArray<Finding> findings = [.. _look?.Findings.Where(finding => finding.Class != FindingClass.Hazard) ?? []];
        GuardOutcome outcome = Outcome(GuardEnd.Timeout, TimeoutExit, null) with { Findings = findings, Kept = options.Keep };
        voice.KeepEvidence(outcome);
        // Where nobody is known to hang, where they are in their programs is all that can be told of some runtimes.
        outcome = outcome with { Stacks = await (findings.IsEmpty ? StacksAsync(_look?.Pids ?? new HashSet<int>(), []) : StacksAsync(findings)) };
        voice.TellTimeout(outcome, options.Keep ? AfterPanic.Keep : AfterPanic.End);
        if (!options.Keep)
            await EndTreeAsync();
        return outcome;
    }

    private static ImmutableArray<Finding> First(Finding hang, TreeLook look) => [hang, .. look.Findings.Where(finding => finding.Id != hang.Id)];

    /// <summary>The command has exited: who lives on has a moment to end, and is told of then.</summary>
    private async Task<GuardOutcome> AfterExitAsync(int exit, ImmutableArray<string?> stdio)
    {
        if (await AllEndedWithinAsync(options.Linger, _toldToEnd.Token))
            return Outcome(GuardEnd.Exited, exit, exit);
        await _looking; // begun before the exit
        await BeginLook();
        if (_look is { Evidence: null })
        {
            await Task.Delay(SoonAgain, time);
            await BeginLook();
        }
        ImmutableArray<LeftProcess> left = _look is { } look ? LeftBehind.Of(look, _looks!.Memory, stdio) : [];
        if (left.IsEmpty)
            return Outcome(GuardEnd.Exited, exit, exit);
        bool blamed = left.Any(process => !process.Stays);
        if (options.Orphans == OrphanPolicy.Reap)
        {
            await EndTreeAsync();
            HashSet<int> living = [.. _tree.Living().Select(process => process.Pid)];
            left = [.. left.Select(process => process with { Reaped = !living.Contains(process.Pid) })];
        }
        bool fails = options.Orphans == OrphanPolicy.Fail && blamed;
        GuardOutcome outcome = Outcome(fails ? GuardEnd.Orphans : GuardEnd.Exited, fails ? OrphansExit : exit, exit) with { Findings = [.. _kept, .. _look!.Findings.Where(finding => finding.Class != FindingClass.Hazard && !_told.Contains(finding.Id))], Left = left };
        voice.TellLeft(outcome);
        return outcome;
    }

    private Task<ImmutableArray<ProcessStacks>> StacksAsync(IEnumerable<Finding> findings) =>
        StacksAsync(findings.SelectMany(finding => finding.Participants).Select(participant => participant.Pid), [.. findings.SelectMany(finding => finding.Edges).Select(edge => edge.From.Tid)]);

    /// <summary>Of those of the tree that live.</summary>
    /// <param name="told">Tids of those whose waits are told.</param>
    private async Task<ImmutableArray<ProcessStacks>> StacksAsync(IEnumerable<int> pids, HashSet<int> told)
    {
        if (!options.Stacks || _toldToEnd.IsCancellationRequested || _look is not { } look)
            return [];
        return await StackReader.ReadAsync(
            pids.Distinct().Where(look.Pids.Contains).Select(look.Last.Find).OfType<ProcessRecord>().Where(process => !process.IsZombie)
                .Select(process => StackTarget.Of(process) with
                {
                    Services = LiveState.Of(look.Last.Host, process, null).Threads.Where(thread => thread.Housekeeping).Select(thread => thread.Tid).ToHashSet(),
                    Told = told,
                }),
            StackLimit, time);
    }

    private GuardOutcome Outcome(GuardEnd end, int exit, int? commandExit) => new()
    {
        Command = shown,
        Pid = _command!.Pid,
        StartedAt = _startedAt,
        Duration = Elapsed,
        End = end,
        ExitCode = exit,
        CommandExitCode = commandExit,
        Findings = _kept,
        Stacks = _stacks,
        Visibility = _look?.Visibility,
        Evidence = _look?.Evidence,
    };

    /// <summary>The whole tree: asked first, and made to after a while.</summary>
    private async Task EndTreeAsync()
    {
        _tree.AskToEnd();
        if (await AllEndedWithinAsync(EndLimit, CancellationToken.None))
            return;
        // Who forks meanwhile is met at the next turn, or by its cgroup at once.
        for (long begin = time.GetTimestamp(); time.GetElapsedTime(begin) < EndLimit;)
        {
            _cgroup?.End();
            _tree.End();
            if (await AllEndedWithinAsync(TimeSpan.FromMilliseconds(100), CancellationToken.None))
                return;
        }
        voice.Say($"could not be ended: {string.Join(", ", _tree.Living().Select(process => $"{process.Comm} ({process.Pid}, state {process.State})"))}");
    }

    /// <summary>Whether nobody of the tree lives any more; asked each time that a child of ours has ended.</summary>
    /// <param name="enough">Ends the wait before the limit.</param>
    private async Task<bool> AllEndedWithinAsync(TimeSpan limit, CancellationToken enough)
    {
        for (long begin = time.GetTimestamp(); ;)
        {
            Task next = _command!.NextEnd;
            if (_tree.Living().Count == 0)
                return true;
            TimeSpan left = limit - time.GetElapsedTime(begin);
            if (left <= TimeSpan.Zero || enough.IsCancellationRequested)
                return false;
            // Who is below somebody that lives is not our child: nobody tells of its end.
            await Task.WhenAny(next, Task.Delay(left < SoonAgain ? left : SoonAgain, time, enough));
        }
    }

    private void Start(CommandProcess command)
    {
        lock (_signals)
        {
            _command = command;
            foreach (int signal in _early!)
                command.Signal(signal);
            _early = null;
        }
    }

    private void Forward(int signal)
    {
        lock (_signals)
        {
            if (_early is { } early)
                early.Add(signal);
            else if (!_command!.Signal(signal))
                _toldToEnd.Cancel();
        }
    }
}
