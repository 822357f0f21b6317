namespace OrphanBoard.Agent.Looking;

/// <summary>Finds what is one and the same in the kernel with few comparisons, by the order that kcmp(2) gives.</summary>
internal static class KernelOrder
{
    /// <summary>Groups items that are equal; those that cannot be compared are in no group.</summary>
    /// <param name="compare">0 equal, negative before, positive after, null not comparable.</param>
    internal static List<List<T>> Group<T>(IEnumerable<T> items, Func<T, T, int?> compare)
    {
        var groups = new List<List<T>>();
        foreach (T item in items)
        {
            // The first one is in a group only if it can be compared at all.
            if (groups.Count == 0 && compare(item, item) is null || Find(groups, item, compare) is not { } at)
                continue;
            if (at >= 0)
                groups[at].Add(item);
            else
                groups.Insert(~at, [item]);
        }
        return groups;
    }

    /// <summary>The same, and adds those of <paramref name="others"/> to the groups that are equal to one of the items: they are compared with the groups alone, and not with each other.</summary>
    internal static List<List<T>> Group<T>(IEnumerable<T> items, IEnumerable<T> others, Func<T, T, int?> compare)
    {
        List<List<T>> groups = Group(items, compare);
        foreach (T other in others)
        {
            if (groups.Count > 0 && Find(groups, other, compare) is { } at and >= 0)
                groups[at].Add(other);
        }
        return groups;
    }

    /// <returns>Index of the group, or the complement of where it belongs; null where it could not be told.</returns>
    private static int? Find<T>(List<List<T>> groups, T item, Func<T, T, int?> compare)
    {
        int low = 0, high = groups.Count - 1;
        while (low <= high)
        {
            int middle = low + (high - low) / 2;
            switch (compare(item, groups[middle][0]))
            {
                case null:
                    return null;
                case 0:
                    return middle;
                case < 0:
                    high = middle - 1;
                    break;
                default:
                    low = middle + 1;
                    break;
            }
        }
        return ~low;
    }
}
