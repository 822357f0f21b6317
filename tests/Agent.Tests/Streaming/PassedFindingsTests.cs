using OrphanBoard.Agent.Streaming;
using OrphanBoard.Shared.Findings;

namespace OrphanBoard.Agent.Tests.Streaming;

public class PassedFindingsTests
{
    private readonly PassedFindings _passed = new();
    private int _second;

    [Fact]
    public void Observe_FindingThatCameAndWent_IsKeptAsItWas()
    {
        Finding hang = Sample.Finding("a", 7);
        See();
        See(hang);
        See();

        PassedFinding passed = Assert.Single(_passed.Waiting);
        Assert.Equal((hang, At(2), "exited"), (passed.Finding, passed.LastSeen, passed.End.Reason));
    }

    [Fact]
    public void Observe_FindingThatIsOpenAgain_HasNotPassed()
    {
        See(Sample.Finding("a", 7));
        See();
        See(Sample.Finding("a", 7));

        Assert.Empty(_passed.Waiting);
    }

    [Fact]
    public void Forget_WhatWasTold_LeavesWhatCameSince()
    {
        See(Sample.Finding("a", 7));
        See(Sample.Finding("b", 8));
        var told = _passed.Waiting;
        See();

        _passed.Forget(told);

        Assert.Equal("b", Assert.Single(_passed.Waiting).Finding.Id);
    }

    [Fact]
    public void Observe_MoreThanItsBound_DropsTheOldest()
    {
        for (int i = 0; i <= PassedFindings.Most; i++)
            See(Sample.Finding($"{i}", i + 1));
        See();

        Assert.Equal(PassedFindings.Most, _passed.Waiting.Length);
        Assert.Equal("1", _passed.Waiting[0].Finding.Id);
    }

    private void See(params Finding[] findings) =>
        _passed.Observe(At(++_second), [.. findings], _ => false);

    private static DateTimeOffset At(int second) => DateTimeOffset.UnixEpoch.AddSeconds(second);
}
