namespace OrphanBoard.Agent.Stacks;

/// <summary>
/// What the sample profiler and the rundown behind it tell: the last sample of each thread, and of the methods and modules those that the samples are in.
/// Layouts: dotnet/runtime, ClrEtwAll.man.
/// </summary>
internal sealed class DotnetSamples
{
    internal const string Provider = "Microsoft-DotNETCore-SampleProfiler";
    private const string Rundown = "Microsoft-Windows-DotNETRuntimeRundown";
    private const int MethodEnd = 144, IlToNativeMap = 150, ModuleEnd = 154;
    private const int MostThreads = 2000, MostFrames = 300, MostModules = 5000, MostMethods = 20_000;

    private readonly Dictionary<ulong, ulong[]> _stacks = [];
    private readonly List<DotnetMethod> _methods = [];
    private readonly Dictionary<ulong, DotnetModule> _modules = [];

    // All addresses of the samples, in order: nothing else is kept of the rundown, which tells of each method that has ever been compiled.
    private ulong[]? _addresses;

    // Each code of a method comes right behind its map: at the end of a session that order is kept (eventtrace.cpp, SendEventsForJitMethodsHelper).
    private (ulong Method, IlOffset[] Offsets)? _map;

    internal bool HasSamples => _stacks.Count > 0;

    /// <summary>By tid: addresses of code, the innermost first.</summary>
    internal IReadOnlyDictionary<ulong, ulong[]> Stacks => _stacks;

    internal DotnetMethod? MethodAt(ulong address) => _methods.Find(method => method.Has(address));

    internal DotnetModule? ModuleOf(DotnetMethod method) => _modules.GetValueOrDefault(method.Module);

    internal void Take(Nettrace stream, in NettraceEvent @event, ReadOnlySpan<byte> payload)
    {
        switch (stream.KindOf(@event))
        {
            case (Provider, _):
                TakeSample(@event.Thread, stream.StackOf(@event), payload);
                break;
            case (Rundown, MethodEnd):
                TakeMethod(new ByteCursor(payload));
                break;
            case (Rundown, IlToNativeMap):
                TakeMap(new ByteCursor(payload));
                break;
            case (Rundown, ModuleEnd) when _modules.Count < MostModules:
                TakeModule(new ByteCursor(payload));
                break;
        }
    }

    // type: 1 it runs code that is not managed, 2 managed
    private void TakeSample(ulong thread, ReadOnlySpan<ulong> stack, ReadOnlySpan<byte> payload)
    {
        const byte Managed = 2;
        if (_addresses is not null || stack.IsEmpty || _stacks.Count == MostThreads && !_stacks.ContainsKey(thread))
            return;
        ulong[] addresses = stack[..Math.Min(stack.Length, MostFrames)].ToArray();
        // All but where it runs is where it will return to, which may be the line after.
        for (int i = payload is [Managed, ..] ? 1 : 0; i < addresses.Length; i++)
            addresses[i]--;
        _stacks[thread] = addresses;
    }

    // MethodID 8, ModuleID 8, start 8, size 4, token 4, flags 4, namespace, name, signature, ...
    private void TakeMethod(ByteCursor cursor)
    {
        _addresses ??= [.. _stacks.Values.SelectMany(stack => stack).Distinct().Order()];
        (ulong id, ulong module, ulong start, uint size, uint token) = (cursor.UInt64(), cursor.UInt64(), cursor.UInt64(), cursor.UInt32(), cursor.UInt32());
        IlOffset[] map = _map is { } last && last.Method == id ? last.Offsets : [];
        _map = null;
        int first = Array.BinarySearch(_addresses, start);
        first = first < 0 ? ~first : first;
        if (first == _addresses.Length || _addresses[first] - start >= size || _methods.Count == MostMethods)
            return;
        cursor.UInt32();
        string type = cursor.Utf16().ToString();
        string name = cursor.Utf16().ToString();
        _methods.Add(new DotnetMethod(module, start, size, token, type.Length == 0 ? name : $"{type}.{name}", map));
    }

    // MethodID 8, ReJITID 8, extent 1, count 2, IL offsets 4 each, native offsets 4 each, ...
    private void TakeMap(ByteCursor cursor)
    {
        ulong id = cursor.UInt64();
        cursor.Take(9);
        int count = cursor.UInt16();
        var il = new ByteCursor(cursor.Take(4L * count));
        var native = new ByteCursor(cursor.Take(4L * count));
        IlOffset[] offsets = new IlOffset[count];
        for (int i = 0; i < count; i++)
            offsets[i] = new IlOffset(il.Int32(), native.UInt32());
        _map = (id, offsets);
    }

    // ModuleID 8, AssemblyID 8, flags 4, reserved 4, path, native path, CLR 2, GUID of its symbols 16, ...
    private void TakeModule(ByteCursor cursor)
    {
        ulong id = cursor.UInt64();
        cursor.Take(16);
        string path = cursor.Utf16().ToString();
        cursor.Utf16();
        cursor.UInt16();
        _modules[id] = new DotnetModule(path, cursor.Guid());
    }
}

/// <summary>One code that a method was compiled to.</summary>
/// <param name="Start">Its address; it has <paramref name="Size"/> bytes.</param>
/// <param name="Token">Of the method's definition in its module: table in the highest byte, row below.</param>
/// <param name="Map">Empty: the runtime does not tell.</param>
internal sealed record DotnetMethod(ulong Module, ulong Start, uint Size, uint Token, string Name, IlOffset[] Map)
{
    internal bool Has(ulong address) => address >= Start && address - Start < Size;

    /// <summary>Where in its IL; null: the runtime does not tell.</summary>
    internal int? IlOffsetAt(ulong address)
    {
        const int Prologue = -2;
        IlOffset? last = null;
        foreach (IlOffset offset in Map)
        {
            if (offset.Native <= address - Start && (offset.Il >= 0 || offset.Il == Prologue) && (last is null || offset.Native >= last.Value.Native))
                last = offset;
        }
        return last is { } found ? Math.Max(found.Il, 0) : null;
    }
}

/// <param name="Il">Offset in the method's IL. -1: none, -2: the method's prologue, -3: its epilogue.</param>
/// <param name="Native">Offset in its code, from which on it is so.</param>
internal readonly record struct IlOffset(int Il, uint Native);

/// <param name="Path">Of the file, as the process has it.</param>
/// <param name="Symbols">Identity of its symbols.</param>
internal sealed record DotnetModule(string Path, Guid Symbols);
