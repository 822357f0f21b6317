using System.Collections;
using System.Runtime.InteropServices;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Few or many items in ascending order, no two of the same rank. Cheap to go through and to append to.</summary>
internal sealed class OrderedList<T> : IReadOnlyList<T> where T : IComparable<T>
{
    private readonly List<T> _items = [];

    public static OrderedList<T> None { get; } = new();

    public int Count => _items.Count;

    public T this[int index] => _items[index];

    public ReadOnlySpan<T> Span => CollectionsMarshal.AsSpan(_items);

    /// <summary>Takes the place of an item of the same rank.</summary>
    public void Add(T item)
    {
        // A look comes in ascending order: most of the time it is the last.
        if (_items.Count == 0 || _items[^1].CompareTo(item) < 0)
        {
            _items.Add(item);
            return;
        }
        int index = _items.BinarySearch(item);
        if (index >= 0)
            _items[index] = item;
        else
            _items.Insert(~index, item);
    }

    public void Remove(T item)
    {
        int index = _items.BinarySearch(item);
        if (index >= 0)
            _items.RemoveAt(index);
    }

    public List<T>.Enumerator GetEnumerator() => _items.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();
}
