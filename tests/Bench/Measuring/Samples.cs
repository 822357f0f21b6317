namespace OrphanBoard.Bench.Measuring;

/// <summary>One thing measured several times, in the same run.</summary>
internal sealed class Samples
{
    private readonly List<double> _values = [];

    internal int Count => _values.Count;

    internal double this[int index] => _values[index];

    internal double Least => _values.Min();

    internal double Most => _values.Max();

    /// <summary>The middle one; of an even number the mean of the middle two.</summary>
    internal double Median
    {
        get
        {
            double[] sorted = [.. _values.Order()];
            return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
        }
    }

    internal void Add(double value) => _values.Add(value);

    /// <summary>Measures that often.</summary>
    internal static Samples Of(int times, Func<double> measure)
    {
        var samples = new Samples();
        for (int i = 0; i < times; i++)
            samples.Add(measure());
        return samples;
    }
}
