using System.Collections;
using System.Runtime.CompilerServices;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>Few or many items in ascending order, no two of the same rank. Cheap to go through and to append to; most have one item or two, which lie in the list itself.</summary>
internal sealed class OrderedList<T> : IReadOnlyList<T> where T : IComparable<T>
{
    private Pair _pair;
    private T[]? _more; // all of them, once there have been more than two

    public static OrderedList<T> None { get; } = new();

    public int Count { get; private set; }

    public T this[int index] => Span[index];

    public ReadOnlySpan<T> Span => Room[..Count];

    private Span<T> Room => _more is null ? _pair : _more;

    /// <summary>Takes the place of an item of the same rank.</summary>
    public void Add(T item)
    {
        Span<T> items = Room;
        // A look comes in ascending order: most of the time it is the last.
        int index = Count == 0 || items[Count - 1].CompareTo(item) < 0 ? ~Count : items[..Count].BinarySearch(item);
        if (index >= 0)
        {
            items[index] = item;
            return;
        }
        if (Count == items.Length)
        {
            T[] more = new T[Count * 2];
            items.CopyTo(more);
            items = _more = more;
            _pair = default; // else it would keep what has been removed
        }
        items[~index..Count].CopyTo(items[(~index + 1)..]);
        items[~index] = item;
        Count++;
    }

    public void Remove(T item)
    {
        Span<T> items = Room;
        int index = items[..Count].BinarySearch(item);
        if (index < 0)
            return;
        items[(index + 1)..Count].CopyTo(items[index..]);
        items[--Count] = default!;
    }

    public Enumerator GetEnumerator() => new(this);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    [InlineArray(2)]
    private struct Pair
    {
        private T _first;
    }

    internal struct Enumerator(OrderedList<T> list) : IEnumerator<T>
    {
        private int _index = -1;

        public readonly T Current => list[_index];

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => ++_index < list.Count;

        public void Reset() => _index = -1;

        public readonly void Dispose()
        {
        }
    }
}
