namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Arrays that are used again in turn, for lists that are as long at this look as at one of the last: on a host where processes come and go their number
/// comes again. An array is valid until <see cref="Valid"/> more were taken; then it holds nothing.
/// </summary>
internal sealed class ArrayTurns<T>
{
    internal const int Valid = 2;

    private const int Kept = 8;

    private readonly (T[] Array, long Taken)[] _kept = new (T[], long)[Kept];
    private long _turn = Kept;

    internal ArrayTurns() => Array.Fill(_kept, ([], 0));

    /// <summary>One of this length, to be filled.</summary>
    internal T[] Take(int length)
    {
        _turn++;
        int use = 0;
        for (int i = 0; i < Kept; i++)
        {
            (T[] array, long taken) = _kept[i];
            if (_turn - taken <= Valid)
                continue;
            if (array.Length == length)
            {
                _kept[i].Taken = _turn;
                ForgetOld(i);
                return array;
            }
            if (_kept[use].Taken > taken || _turn - _kept[use].Taken <= Valid)
                use = i;
        }
        _kept[use] = (new T[length], _turn);
        ForgetOld(use);
        return _kept[use].Array;
    }

    /// <summary>What was in the array whose time is over is not held any longer.</summary>
    private void ForgetOld(int taken)
    {
        for (int i = 0; i < Kept; i++)
        {
            if (i != taken && _turn - _kept[i].Taken == Valid + 1)
                Array.Clear(_kept[i].Array);
        }
    }
}
