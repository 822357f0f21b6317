using System.Collections.Immutable;
using OrphanBoard.Agent.Streaming;
using OrphanBoard.Agent.Watching;
using OrphanBoard.Shared.Findings;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Agent.Tests.Streaming;

public sealed class UnsentTests
{
    private static readonly HostIdentity Host = new("h-test", "testhost", "11111111-2222-3333-4444-555555555555", "6.18.0", "x86_64", 100, DateTimeOffset.UnixEpoch);
    private static readonly Visibility Whole = new(1, 1, 1, 0, 0, true);

    private readonly Seconds _time = new();
    private readonly Unsent _unsent;
    private readonly AgentUsage _usage;

    public UnsentTests()
    {
        using var watch = new SelfWatch(TimeSpan.FromSeconds(1), 0.05, TimeProvider.System, TextWriter.Null);
        _usage = watch.Begin(new CollectorState("proc", null, "polling"));
        _unsent = new Unsent(Host, _usage, _time);
    }

    [Fact]
    public void Take_FirstLook_IsAKeyframeWithWhatTheAgentSays()
    {
        Look([Process(7)]);

        Outgoing first = _unsent.Take(null);

        Assert.Equal(new ProcessKey(7, 1), Assert.Single(first.All!.States).Key);
        Assert.Equal(_usage, first.Look.Agent);
        Assert.Null(first.Delta);
    }

    [Fact]
    public void Take_NothingChanged_IsAnEmptyDeltaAllTheSame()
    {
        ProcessRecord process = Process(7);
        Keyframe known = Sent([process]);
        Look([process]);

        Outgoing next = _unsent.Take(known);

        Assert.Null(next.All);
        Assert.Null(next.Findings);
        Assert.True(next.Delta is { Visibility: null, Changed.IsEmpty: true, Removed.IsEmpty: true, Agent: null });
    }

    [Fact]
    public void Take_SeveralLooksWhileTheServerWasSlow_AreOne()
    {
        ProcessRecord still = Process(7);
        Keyframe known = Sent([still, Process(8)]);
        Look([still, Process(9)]);
        Look([still, Process(10)], Sample.Finding("a", 7));

        Outgoing next = _unsent.Take(known);

        Assert.Equal([new ProcessKey(10, 1)], next.Delta!.Changed.Select(p => p.Key));
        Assert.Equal([new ProcessKey(8, 1)], next.Delta.Removed);
        Assert.Equal(["a"], next.Findings!.Opened.Select(f => f.Id));
    }

    [Fact]
    public void Take_FindingOfAProcessThatIsGone_EndedBecauseItExited()
    {
        Keyframe known = Sent([Process(7)], Sample.Finding("a", 7));
        Look([]);

        Outgoing next = _unsent.Take(known);

        Assert.Equal([new EndedFinding("a", "exited")], next.Findings!.Ended);
        // It hears of the end by the change itself.
        Assert.Empty(next.Untold);
        Assert.Single(next.Passed);
    }

    [Fact]
    public void Take_FindingThatCameAndWentMeanwhile_IsUntold()
    {
        ProcessRecord process = Process(7);
        Keyframe known = Sent([process]);
        Look([process], Sample.Finding("a", 7));
        Look([process]);

        Outgoing next = _unsent.Take(known);

        Assert.Null(next.Findings);
        Assert.Equal("a", Assert.Single(next.Untold).Finding.Id);
    }

    [Fact]
    public void Take_AfterTheReceiverIsForgotten_IsAKeyframe()
    {
        Keyframe known = Sent([Process(7)]);
        Look([Process(7)]);
        _unsent.ForgetReceiver();

        Assert.NotNull(_unsent.Take(known).All);
    }

    [Fact]
    public void Take_WhatTheAgentSays_ComesAtOnceWhenThePaceChangesAndElseEveryTenSeconds()
    {
        Keyframe known = Sent([]);
        List<int?> told = [];
        foreach ((long second, int interval) in new (long, int)[] { (1, 1000), (9, 1000), (10, 1000), (11, 1000), (12, 2000), (14, 2000), (22, 2000) })
        {
            _time.Now = second;
            Look([], usage: _usage with { IntervalMs = interval });
            told.Add(_unsent.Take(known).Delta!.Agent?.IntervalMs);
        }

        Assert.Equal([null, null, 1000, null, 2000, null, 2000], told);
    }

    private Keyframe Sent(ImmutableArray<ProcessRecord> processes, params Finding[] findings)
    {
        Look(processes, findings);
        return _unsent.Take(null).Look;
    }

    private void Look(ImmutableArray<ProcessRecord> processes, params Finding[] findings) => Look(processes, findings, null);

    private void Look(ImmutableArray<ProcessRecord> processes, AgentUsage usage) => Look(processes, [], usage);

    private void Look(ImmutableArray<ProcessRecord> processes, Finding[] findings, AgentUsage? usage) => _unsent.Offer(
        new Snapshot
        {
            Host = Host,
            TakenAt = DateTimeOffset.UnixEpoch,
            Uptime = TimeSpan.Zero,
            Duration = TimeSpan.Zero,
            ObserverPid = 0,
            Processes = processes,
            Reads = default,
        },
        Whole, [.. findings], _ => null, usage ?? _usage);

    private static ProcessRecord Process(int pid) => new()
    {
        Pid = pid,
        StartTimeTicks = 1,
        Ppid = 1,
        Pgrp = pid,
        Session = pid,
        Comm = "p",
        State = 'S',
        Uid = 0,
        NsPid = pid,
        Threads = [],
        Fds = [],
        FdSight = Sight.Seen,
    };

    private sealed class Seconds : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Now;
    }
}
