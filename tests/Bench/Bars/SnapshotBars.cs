using OrphanBoard.Bench.Measuring;
using OrphanBoard.Bench.Running;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Bench.Bars;

/// <summary>
/// One full snapshot with its pipes joined, taken inside a running program, hot: against lsof, and against the System.IO scanner in the
/// same program. All of them take turns.
/// </summary>
internal static class SnapshotBars
{
    internal static void Measure(BenchRun bench)
    {
        MeasureAt(bench, 1000, withLsof: true);
        MeasureAt(bench, 10_000, withLsof: false);
    }

    private static void MeasureAt(BenchRun bench, int processes, bool withLsof)
    {
        using Load load = Load.MostlyIdle(bench.Places, processes);
        var measured = bench.BackEnds.Select(backEnd => new Measured(backEnd)).ToList();
        Samples lsof = new(), systemIo = new();
        SystemIoScanner.Look();
        for (int round = 0; round < bench.SlowRuns; round++)
        {
            if (withLsof)
                lsof.Add(Lsof.CpuMs());
            systemIo.Add(Samples.Of(withLsof ? 3 : 1, () => Cpu.MsOf(() => SystemIoScanner.Look())).Median);
            foreach (Measured one in measured)
                one.Round(bench.Runs);
        }
        string size = $"{processes:N0} processes";
        foreach (Measured one in measured)
        {
            if (withLsof)
                bench.Table.Add(one.Against(lsof, $"full snapshot against lsof +E, {size}", one.BackEnd == BackEnds.Ebpf ? 300 : 20, "lsof"));
            if (one.BackEnd != BackEnds.Ebpf)
                bench.Table.Add(one.Against(systemIo, $"full snapshot against System.IO, {size}", processes == 1000 ? 2.5 : 4, "System.IO"));
            one.Dispose();
        }
    }

    private sealed class Measured : IDisposable
    {
        private readonly LookerUnderTest? _looker;
        private readonly string _whyNot;
        private readonly PipeJoin _join = new();
        private readonly List<double> _costs = [];
        private int _processes, _pipes;

        internal Measured(string backEnd)
        {
            BackEnd = backEnd;
            _looker = LookerUnderTest.TryOpen(backEnd, out _whyNot);
            _looker?.LookAtAll();
        }

        internal string BackEnd { get; }

        internal void Round(int looks)
        {
            if (_looker is { } looker)
                _costs.Add(Samples.Of(looks, () => Cpu.MsOf(() => Look(looker))).Median);
        }

        /// <summary>Round by round: what was measured at the same time is compared.</summary>
        internal Bar Against(Samples others, string name, double times, string other)
        {
            if (_looker is null)
                return Bar.Skipped("snapshot", name, BackEnd, "x", times, true, _whyNot);
            Samples ratios = new(), costs = new();
            for (int round = 0; round < _costs.Count; round++)
            {
                costs.Add(_costs[round]);
                ratios.Add(others[round] / _costs[round]);
            }
            return Bar.Times(
                "snapshot", name, BackEnd, ratios, times,
                $"{BarTable.Number(costs.Median)} ms of {_processes:N0} processes and {_pipes:N0} pipes; {other} {BarTable.Number(others.Median)} ms");
        }

        public void Dispose() => _looker?.Dispose();

        private void Look(LookerUnderTest looker)
        {
            Snapshot look = looker.LookAtAll();
            (_pipes, _) = _join.Join(look);
            _processes = look.Processes.Length;
        }
    }
}
