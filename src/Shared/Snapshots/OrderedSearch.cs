using System.Collections.Immutable;

namespace OrphanBoard.Shared.Snapshots;

/// <summary>Finds in a list that ascends by a number that no two of its items have.</summary>
internal static class OrderedSearch
{
    /// <summary>The item with that number, or null.</summary>
    public static T? Find<T, TKey>(ImmutableArray<T> items, TKey wanted, Func<T, TKey> key) where T : class where TKey : IComparable<TKey>
    {
        int low = 0, high = items.Length - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            switch (key(items[middle]).CompareTo(wanted))
            {
                case 0:
                    return items[middle];
                case < 0:
                    low = middle + 1;
                    break;
                default:
                    high = middle - 1;
                    break;
            }
        }
        return null;
    }
}
