using System.Collections.Immutable;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Agent.RiskyReading;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Looking;

/// <summary>
/// In which memory suspects wait on futexes without FUTEX_PRIVATE_FLAG, and who else has it: by /proc/PID/maps, which may block on its target. Read only while a
/// suspect waits so; of other processes only where what is mapped has no name that anybody could open, or several suspects have it.
/// </summary>
internal sealed class SharedMemories(RiskyReads risky, ThreadReader threads, ShmNames names)
{
    private const string Deleted = " (deleted)", SystemV = "/SYSV", MemoryFile = "/memfd:";

    /// <summary>Processes whose maps are read together: what they answer is kept until then.</summary>
    private const int Batch = 64;

    /// <summary>Descriptors of files of one name that are told apart; the rest count as any of them.</summary>
    private const int MostOpen = 1024;

    /// <param name="name">As maps shows it, until its present name was looked up.</param>
    /// <param name="range">Where the first who was seen to have it has it mapped.</param>
    private sealed class Found(string name, ProcessRecord process, (ulong Begin, ulong End) range)
    {
        internal string Name { get; set; } = name;

        /// <summary>Until its names were counted. A named semaphore is made under another name and then linked: maps shows that first one, deleted, as long as it lives.</summary>
        internal bool Linked { get; set; } = name is not (SharedObject.Anonymous or SharedObject.Keyless) && !(name.StartsWith(MemoryFile, StringComparison.Ordinal) && name.EndsWith(Deleted, StringComparison.Ordinal));

        /// <summary>Whether it may have no name, and that is to be asked.</summary>
        internal bool AsksForLinks => Linked && Name.EndsWith(Deleted, StringComparison.Ordinal) && !Name.StartsWith(SystemV, StringComparison.Ordinal);

        internal ProcessRecord Process => process;
        internal (ulong Begin, ulong End) Range => range;
        internal HashSet<string> Programs { get; } = [];

        /// <summary>Only of processes of these programs it is asked whether they have it. Anonymous memory comes by fork alone, and exe belongs to the memory.</summary>
        internal bool OfTheseAlone { get; set; } = name == SharedObject.Anonymous;

        internal SortedSet<int> Mappers { get; } = [];
        internal List<int> Unknown { get; } = [];
    }

    /// <summary>Fills in <see cref="CallMemory.FutexMapping"/> of suspects. Null: no suspect waits in shared memory.</summary>
    internal ImmutableArray<SharedObject>? Mark(ProcessRecord[] processes, IReadOnlySet<int> suspects)
    {
        if (suspects.Count == 0)
            return null;
        var found = new Dictionary<(uint Device, ulong Inode), Found>();
        List<int> waiting = [];
        for (int place = 0; place < processes.Length; place++)
        {
            if (suspects.Contains(processes[place].Pid) && WaitsOnShared(processes[place]))
                waiting.Add(place);
        }
        ReadMaps(processes, [.. waiting], (place, sight, text) =>
        {
            if (sight == Sight.Seen)
                processes[place] = WithMappings(processes[place], text, found);
        });
        if (found.Count == 0)
            return null;
        CountNames([.. found.Where(pair => pair.Value.AsksForLinks)]);
        FindMappers(processes, found, [.. found.Values.Where(shared => !shared.Linked)]);
        FindMappersOfNamed(processes, found, suspects);
        TellApart(processes, [.. found.Values.Where(shared => shared is { Linked: false, Name: not (SharedObject.Anonymous or SharedObject.Keyless) }).Select(shared => shared.Name)]);
        return [.. found.Select(pair => new SharedObject(pair.Key.Device, pair.Key.Inode, pair.Value.Name, pair.Value.Linked, [.. pair.Value.Mappers], [.. pair.Value.Unknown]))];
    }

    private bool WaitsOnShared(ProcessRecord process)
    {
        foreach (ThreadRecord thread in process.Threads)
        {
            if (WaitsOnShared(process, thread))
                return true;
        }
        return false;
    }

    private bool WaitsOnShared(ProcessRecord process, ThreadRecord thread) => !WordsOf(process, thread).IsEmpty;

    /// <summary>
    /// The words without a private flag that a thread waits on. A join (pthread_join(3) waits for a tid to be cleared) has none either, and is told without, unless a lock might say the same.
    /// </summary>
    private ImmutableArray<ulong> WordsOf(ProcessRecord process, ThreadRecord thread) => thread.State != 'S' ? [] : threads.CallOf(thread) switch
    {
        SystemCall.Futex when (thread.Call.Arguments[1] & FutexLock.PrivateFlag) == 0 && (thread.Call.Arguments[2] < FutexWait.LeastTid || !process.Threads.Any(other => process.NsTidOf(other) == (int)thread.Call.Arguments[2])) =>
            [thread.Call.Arguments[0]],
        SystemCall.FutexWaitv => [.. (thread.Memory?.Futexes ?? []).Where(futex => !futex.IsPrivate).Select(futex => futex.Address)],
        _ => [],
    };

    private ProcessRecord WithMappings(ProcessRecord process, ReadOnlySpan<byte> text, Dictionary<(uint, ulong), Found> found)
    {
        ThreadRecord[] changed = [.. process.Threads];
        ImmutableArray<ulong>[] words = [.. process.Threads.Select(thread => WordsOf(process, thread))];
        while (MapsFile.Next(ref text, out MapsFile.Line line))
        {
            for (int i = 0; i < changed.Length; i++)
            {
                ThreadRecord thread = changed[i];
                if (!HasAny(line, words[i]))
                    continue;
                // Of several words one in shared memory decides.
                if (line.Shared)
                    words[i] = [];
                changed[i] = thread with { Memory = (thread.Memory ?? new CallMemory()) with { FutexMapping = new FutexMapping(line.Shared, line.Device, line.Inode) } };
                if (!line.Shared)
                    continue;
                if (!found.TryGetValue((line.Device, line.Inode), out Found? shared))
                {
                    string name = line.Name;
                    found[(line.Device, line.Inode)] = shared = new Found(name, process, (line.Begin, line.Begin + line.Size));
                }
                if (process.Exe is { } exe)
                    shared.Programs.Add(exe);
            }
        }
        return process with { Threads = [.. changed] };
    }

    private static bool HasAny(MapsFile.Line line, ImmutableArray<ulong> addresses)
    {
        foreach (ulong address in addresses)
        {
            if (line.Has(address))
                return true;
        }
        return false;
    }

    /// <summary>What cannot be asked has a name, for all that is known. Of a mapped file a plain user may not ask, but may look for its name.</summary>
    private void CountNames(KeyValuePair<(uint Device, ulong Inode), Found>[] asked)
    {
        ReadTicket[] tickets = [.. asked.Select(pair => pair.Value).Select(shared => risky.Queue(
            shared.Process.Key, 0, new RiskyRead(RiskyReadKind.MappedLinks, shared.Process.Pid, 0, sizeof(uint), shared.Range.Begin, shared.Range.End), IsAsleep(shared.Process)))];
        risky.Run();
        for (int i = 0; i < asked.Length; i++)
        {
            ((uint device, ulong inode), Found shared) = asked[i];
            uint? links = FdTableReader.LinksOf(risky, tickets[i]);
            string? path = null;
            bool? named = links == 0 ? false : names.Has(device, inode, out path);
            shared.Linked = links is null ? named != false : links != 0;
            shared.Name = path ?? shared.Name;
        }
        risky.Clear();
    }

    private static bool IsAsleep(ProcessRecord process) => process.Threads.All(thread => thread.State != 'D');

    /// <summary>A lone service waits in what anybody may map, and half the host is not asked who does. Where several have it and are all suspects they may have it to themselves.</summary>
    private void FindMappersOfNamed(ProcessRecord[] processes, Dictionary<(uint, ulong), Found> found, IReadOnlySet<int> suspects)
    {
        Found[] named = [.. found.Values.Where(shared => shared.Linked && !shared.Name.StartsWith(SystemV, StringComparison.Ordinal))];
        foreach (Found shared in named)
            shared.OfTheseAlone = true;
        FindMappers(processes, found, named);
        foreach (Found shared in named)
        {
            shared.OfTheseAlone = shared.Mappers.Count < 2 || !shared.Mappers.All(suspects.Contains);
            shared.Unknown.Clear();
        }
        FindMappers(processes, found, [.. named.Where(shared => !shared.OfTheseAlone)]);
        foreach (Found shared in named)
        {
            if (shared.OfTheseAlone)
                shared.Mappers.Clear();
        }
    }

    /// <summary>Whoever has such a file open could map it, and by its name alone it may be another one: programs give all of their memory files one name. Their inodes tell.</summary>
    private void TellApart(ProcessRecord[] processes, HashSet<string> files)
    {
        List<(int Process, int Fd)> open = [];
        for (int place = 0; place < processes.Length && files.Count > 0 && open.Count < MostOpen; place++)
        {
            ImmutableArray<FileDescriptor> fds = processes[place].Fds;
            for (int i = 0; i < fds.Length; i++)
            {
                if (fds[i] is { Inode: null, Target.Kind: FdKind.Path } fd && files.Contains(fd.Target.Text))
                    open.Add((place, i));
            }
        }
        foreach ((int Process, int Fd)[] batch in open.Chunk(Batch))
        {
            ReadTicket[] tickets = [.. batch.Select(at => risky.Queue(
                processes[at.Process].Key, 0, new RiskyRead(RiskyReadKind.Fdinfo, processes[at.Process].Pid, 0, RiskyRead.MaxLength, (ulong)processes[at.Process].Fds[at.Fd].Number), IsAsleep(processes[at.Process])))];
            risky.Run();
            for (int i = 0; i < batch.Length; i++)
            {
                if (risky.Take(tickets[i], out ReadOnlySpan<byte> text) != Sight.Seen || !FdinfoFile.TryParse(text, out FdinfoFile? info))
                    continue;
                ProcessRecord process = processes[batch[i].Process];
                FileDescriptor fd = process.Fds[batch[i].Fd];
                processes[batch[i].Process] = process with { Fds = process.Fds.SetItem(batch[i].Fd, fd with { Inode = info!.Inode }) };
            }
            risky.Clear();
        }
    }

    private void FindMappers(ProcessRecord[] processes, Dictionary<(uint, ulong), Found> found, Found[] closed)
    {
        if (closed.Length == 0)
            return;
        List<int> places = [];
        for (int place = 0; place < processes.Length; place++)
        {
            if (MayHaveAny(processes[place], closed))
                places.Add(place);
        }
        ReadMaps(processes, [.. places], (place, sight, text) =>
        {
            ProcessRecord process = processes[place];
            if (sight is not (Sight.Seen or Sight.Gone))
            {
                foreach (Found shared in closed.Where(shared => MayHave(process, shared)))
                    shared.Unknown.Add(process.Pid);
            }
            while (MapsFile.Next(ref text, out MapsFile.Line line))
            {
                if (line.Shared && found.TryGetValue((line.Device, line.Inode), out Found? shared))
                    shared.Mappers.Add(process.Pid);
            }
        });
    }

    private static bool MayHave(ProcessRecord process, Found shared) =>
        !process.IsZombie && (!shared.OfTheseAlone || process.Exe is not { } exe || shared.Programs.Contains(exe));

    private static bool MayHaveAny(ProcessRecord process, Found[] all)
    {
        foreach (Found shared in all)
        {
            if (MayHave(process, shared))
                return true;
        }
        return false;
    }

    private delegate void Told(int place, Sight sight, ReadOnlySpan<byte> text);

    private void ReadMaps(ProcessRecord[] processes, int[] places, Told told)
    {
        for (int first = 0; first < places.Length; first += Batch)
        {
            int[] batch = places[first..Math.Min(first + Batch, places.Length)];
            ReadTicket[] tickets = [.. batch.Select(place => Queue(processes[place]))];
            risky.Run();
            for (int i = 0; i < batch.Length; i++)
            {
                Sight sight = risky.Take(tickets[i], out ReadOnlySpan<byte> text);
                // What is cut may lack the line that matters, and an empty one is of a process that is gone.
                told(batch[i], sight == Sight.Seen ? text.Length switch { 0 => Sight.Gone, RiskyRead.MaxLength => Sight.Failed, _ => sight } : sight, text);
            }
            risky.Clear();
        }
    }

    private ReadTicket Queue(ProcessRecord process)
    {
        // A leader that has exited has no memory any more.
        int tid = process.Threads.IsEmpty ? 0 : process.Threads[0].Tid;
        return risky.Queue(process.Key, 0, new RiskyRead(RiskyReadKind.Maps, process.Pid, tid, RiskyRead.MaxLength, 0), IsAsleep(process));
    }
}
