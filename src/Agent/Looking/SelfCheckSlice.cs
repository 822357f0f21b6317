namespace OrphanBoard.Agent.Looking;

/// <summary>
/// Which processes a look reads again though they have not run, to check the rule that the others are spared by: a part of all at each look, so that each
/// has its turn once in <see cref="Slices"/> looks and no look pays for all.
/// </summary>
internal readonly record struct SelfCheckSlice(long Look)
{
    internal const int Slices = 120;

    internal bool Has(int pid) => pid % Slices == Look % Slices;
}
