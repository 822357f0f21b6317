using System.Collections.Immutable;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Keeps what is named, as clauses.</summary>
internal sealed class ClauseCollector : IWakerSink
{
    private readonly Stack<(Wait Wait, List<Clause> Parts)> _sets = [];
    private readonly ImmutableArray<Waker>.Builder _wakers = ImmutableArray.CreateBuilder<Waker>();
    private readonly ImmutableArray<string>.Builder _assumptions = ImmutableArray.CreateBuilder<string>();
    private List<Clause> _clauses = [];
    private Wait? _wait;

    public static ImmutableArray<Clause> ClausesOf(WakerFinder finder, HostProcess process, Wait wait)
    {
        var collector = new ClauseCollector();
        finder.Find(process, wait, collector);
        return [.. collector._clauses];
    }

    /// <summary>Pids.</summary>
    public static ImmutableArray<int> AlwaysWakersOf(WakerFinder finder, HostProcess process)
    {
        var collector = new ClauseCollector();
        finder.FindAlways(process, collector);
        return [.. collector._wakers.Select(waker => waker.Node)];
    }

    public void Begin(Wait wait)
    {
        _wait = wait;
        _wakers.Clear();
        _assumptions.Clear();
    }

    public bool Add(HostProcess waker, int? fd, bool direct)
    {
        _wakers.Add(new Waker(waker.Pid, fd, direct));
        return true;
    }

    public void Assume(string assumption) => _assumptions.Add(assumption);

    public void End(Openness open, string? why) =>
        _clauses.Add(new Clause(_wait!, _wakers.ToImmutable(), open, why) { Assumptions = _assumptions.ToImmutable() });

    public void BeginSet(Wait wait)
    {
        _sets.Push((wait, _clauses));
        _clauses = [];
    }

    public void EndSet()
    {
        ImmutableArray<Clause> parts = [.. _clauses];
        (Wait wait, _clauses) = _sets.Pop();
        Openness open = parts.Max(clause => clause.Open);
        _clauses.Add(new Clause(wait, [.. parts.SelectMany(clause => clause.Wakers).Distinct()], open, parts.First(clause => clause.Open == open).Why)
        {
            Parts = parts,
            Assumptions = [.. parts.SelectMany(clause => clause.Assumptions).Distinct()],
        });
    }
}
