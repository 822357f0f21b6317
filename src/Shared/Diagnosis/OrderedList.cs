using System.Collections;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Few or many items in ascending order, no two of the same rank. Cheap to go through and to append to; most have one item or two, and take no more room than that.</summary>
internal sealed class OrderedList<T> : IReadOnlyList<T> where T : IComparable<T>
{
    private T[] _items = [];

    public static OrderedList<T> None { get; } = new();

    public int Count { get; private set; }

    public T this[int index] => Span[index];

    public ReadOnlySpan<T> Span => _items.AsSpan(0, Count);

    /// <summary>Takes the place of an item of the same rank.</summary>
    public void Add(T item)
    {
        // A look comes in ascending order: most of the time it is the last.
        int index = Count == 0 || _items[Count - 1].CompareTo(item) < 0 ? ~Count : Span.BinarySearch(item);
        if (index >= 0)
        {
            _items[index] = item;
            return;
        }
        if (Count == _items.Length)
            Array.Resize(ref _items, Count == 0 ? 2 : Count * 2);
        Array.Copy(_items, ~index, _items, ~index + 1, Count - ~index);
        _items[~index] = item;
        Count++;
    }

    public void Remove(T item)
    {
        int index = Span.BinarySearch(item);
        if (index < 0)
            return;
        Count--;
        Array.Copy(_items, index + 1, _items, index, Count - index);
        _items[Count] = default!;
    }

    public ArraySegment<T>.Enumerator GetEnumerator() => new ArraySegment<T>(_items, 0, Count).GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
