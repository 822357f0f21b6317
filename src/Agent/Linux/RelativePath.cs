using System.Buffers;
using System.Buffers.Text;

namespace OrphanBoard.Agent.Linux;

/// <summary>A path below an open directory, as the kernel takes it: bytes, ended by NUL. <c>task/4711/schedstat</c> without an allocation.</summary>
public unsafe ref struct RelativePath
{
    private const int Capacity = 96;
    private fixed byte _bytes[Capacity];
    private int _length;

    public RelativePath(ReadOnlySpan<byte> name) => Append(name);

    public RelativePath(int number) => Append(number);

    /// <summary><c>name/number</c></summary>
    public RelativePath(ReadOnlySpan<byte> name, int number)
    {
        Append(name);
        Append("/"u8);
        Append(number);
    }

    /// <summary><c>name/number/file</c></summary>
    public RelativePath(ReadOnlySpan<byte> name, int number, ReadOnlySpan<byte> file)
        : this(name, number)
    {
        Append("/"u8);
        Append(file);
    }

    /// <summary><c>file</c>, or <c>task/TID/file</c> to read a thread's own.</summary>
    public static RelativePath OfProcess(int? tid, ReadOnlySpan<byte> file) => tid is { } task ? new("task"u8, task, file) : new(file);

    /// <summary><c>directory/number</c>, or <c>task/TID/directory/number</c>.</summary>
    public static RelativePath OfProcess(int? tid, ReadOnlySpan<byte> directory, int number)
    {
        RelativePath path = OfProcess(tid, directory);
        path.Append("/"u8);
        path.Append(number);
        return path;
    }

    /// <summary>From /proc on: <c>pid/file</c> or <c>pid/task/tid/file</c>, and <c>/number</c> behind it where one is given.</summary>
    /// <param name="tid">0: the process's own.</param>
    public static RelativePath BelowProcess(int pid, int tid, ReadOnlySpan<byte> file, int? number = null)
    {
        var path = new RelativePath(pid);
        if (tid != 0)
        {
            path.Append("/task/"u8);
            path.Append(tid);
        }
        path.Append("/"u8);
        path.Append(file);
        if (number is { } last)
        {
            path.Append("/"u8);
            path.Append(last);
        }
        return path;
    }

    /// <summary>From /proc on: <c>pid/map_files/begin-end</c>, hexadecimal.</summary>
    public static RelativePath OfMapping(int pid, ulong begin, ulong end)
    {
        RelativePath path = BelowProcess(pid, 0, "map_files/"u8);
        path.AppendHex(begin);
        path.Append("-"u8);
        path.AppendHex(end);
        return path;
    }

    public static implicit operator RelativePath(ReadOnlySpan<byte> name) => new(name);

    /// <summary>The bytes with their NUL.</summary>
    internal ref readonly byte GetPinnableReference() => ref _bytes[0];

    private void Append(scoped ReadOnlySpan<byte> part)
    {
        for (int i = 0; i < part.Length; i++)
            _bytes[_length + i] = part[i];
        _length += part.Length;
        _bytes[_length] = 0;
    }

    private void AppendHex(ulong number)
    {
        Span<byte> digits = stackalloc byte[16];
        Utf8Formatter.TryFormat(number, digits, out int written, new StandardFormat('x'));
        Append(digits[..written]);
    }

    private void Append(int number)
    {
        Span<byte> digits = stackalloc byte[11];
        Utf8Formatter.TryFormat(number, digits, out int written);
        Append(digits[..written]);
    }
}
