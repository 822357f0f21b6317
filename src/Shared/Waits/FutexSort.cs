using System.Collections.Immutable;

namespace OrphanBoard.Shared.Waits;

/// <summary>
/// What a futex that is no lock belongs to, as far as the words around it tell: they only tell one bug from another, and never who could wake it. Of everything else (condition variables,
/// the words of other runtimes) nothing is told.
/// </summary>
internal static class FutexSort
{
    public const string Semaphore = "semaphore", Barrier = "barrier";

    /// <summary>sem_t: unsigned value, waiters; int private. 40 bytes before where pthread_cond_t would begin if it were one's.</summary>
    private const int BeforeSemaphore = 40, InSemaphore = 12, WordsOfSemaphore = (BeforeSemaphore + InSemaphore) / sizeof(uint);

    /// <summary>pthread_barrier_t: unsigned in, current_round, count; int shared; unsigned out. It is waited for the second to change.</summary>
    private const int WordsOfBarrier = 5;

    private const ulong PageSize = 4096;

    /// <summary>What is shared between processes has this in a word of its own.</summary>
    private const uint SharedMark = 0x80;

    private const uint MostWaiters = 1 << 20;

    /// <summary>Which words have to be read to tell it: where they begin, and how many, none of them before the page of the futex, which may begin with it. Null for none.</summary>
    public static (ulong Address, int Count)? WordsOf(ulong address, int operation, uint expected)
    {
        if (MayBeSemaphore(address, operation, expected))
        {
            ulong before = Math.Min(BeforeSemaphore, address % PageSize);
            return (address - before, (int)(before + InSemaphore) / sizeof(uint));
        }
        return MayBeBarrier(address, operation) ? (address - sizeof(uint), WordsOfBarrier) : null;
    }

    /// <param name="address">Of the futex.</param>
    /// <param name="operation">How it is waited on.</param>
    /// <param name="expected">While it has this value.</param>
    /// <param name="words">As <see cref="WordsOf"/> asks for them.</param>
    public static string? Of(ulong address, int operation, uint expected, ImmutableArray<uint> words)
    {
        uint shared = (operation & FutexLock.PrivateFlag) != 0 ? 0 : SharedMark;
        if (MayBeSemaphore(address, operation, expected))
        {
            return words.Length is >= InSemaphore / sizeof(uint) and <= WordsOfSemaphore
                && words[^3] == 0 && words[^2] is > 0 and < MostWaiters && words[^1] == shared && !IsCondition(words) ? Semaphore : null;
        }
        return MayBeBarrier(address, operation) && words.Length == WordsOfBarrier
            && words[1] == expected && words[2] > 1 && words[0] - expected is > 0 and var arrived && arrived < words[2] && words[3] == shared ? Barrier : null;
    }

    private static bool MayBeSemaphore(ulong address, int operation, uint expected) =>
        (operation & ~FutexLock.PrivateFlag) == (FutexLock.WaitBitset | FutexLock.ClockRealtime) && expected == 0 && address % 8 == 0;

    private static bool MayBeBarrier(ulong address, int operation) => (operation & ~FutexLock.PrivateFlag) == FutexLock.Wait && address % 8 == 4;

    /// <summary>pthread_cond_t, of whose two words for signals this is the first: a sequence that goes up by two with each waiter comes first, eight times the waiters (__wrefs) last before it.</summary>
    private static bool IsCondition(ImmutableArray<uint> words) => words.Length == WordsOfSemaphore && words[0] >= 2 && words[9] is >= 8 and < 8 * MostWaiters;
}
