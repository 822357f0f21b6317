using OrphanBoard.Agent.Linux;

namespace OrphanBoard.Agent.Bpf;

/// <summary>
/// Passes of the kernel program over all tasks. What a pass wrote lies in memory shared with the kernel and is valid until the next one.
/// Not for several threads at once.
/// </summary>
public sealed unsafe class BpfSweep : IDisposable
{
    private const int MostPasses = 8;

    private readonly BirthRow[] _births;
    private readonly HashSet<int> _wanted = [];
    private BpfProgram _program;
    private SweepRooms _rows;
    private ulong _birthsSeen;
    private int _birthCount;

    private BpfSweep(BpfProgram program)
    {
        _program = program;
        _births = new BirthRow[program.BirthSlots];
    }

    /// <summary>Loads the program. Null, and why in one line, where that cannot be.</summary>
    public static BpfSweep? TryOpen(out string? reason, SweepRooms? rooms = null) =>
        BpfProgram.TryLoad(rooms ?? SweepRooms.Initial, out reason) is { } program ? new BpfSweep(program) : null;

    /// <summary>All user processes, zombies included, ascending.</summary>
    public ReadOnlySpan<uint> Pids => new(_program.Pids, Math.Min(_rows.Pids, _program.Rooms.Pids));

    /// <summary>The processes that the pass wrote. Their order is that of the lowest living tid of each, so by pid but for few.</summary>
    public ReadOnlySpan<ProcessRow> Processes => new(_program.Processes, Math.Min(_rows.Processes, _program.Rooms.Processes));

    /// <summary>All rows of threads; those of one process are <see cref="ProcessRow.FirstTask"/> and <see cref="ProcessRow.TaskCount"/>.</summary>
    public ReadOnlySpan<TaskRow> Tasks => new(_program.Tasks, Math.Min(_rows.Tasks, _program.Rooms.Tasks));

    /// <summary>All rows of fd tables; those of one process are <see cref="ProcessRow.FirstFd"/> and <see cref="ProcessRow.FdCount"/>.</summary>
    public ReadOnlySpan<FdRow> Fds => new(_program.Fds, Math.Min(_rows.Fds, _program.Rooms.Fds));

    /// <summary>Who was born between the pass before this one and the beginning of this one, in order.</summary>
    public ReadOnlySpan<BirthRow> Births => _births.AsSpan(0, _birthCount);

    /// <summary>Births that were lost since load, overwritten before they were read.</summary>
    public ulong BirthsLost { get; private set; }

    /// <summary>Why there are no births, in one line; null: there are.</summary>
    public string? WithoutBirths => _program.WithoutBirths;

    /// <summary>Rows for which this pass had no room; nothing is known of what they would have said. 0 but on a host beyond <see cref="SweepRooms.Limit"/>.</summary>
    public long RowsLost { get; private set; }

    /// <summary>Threads that this pass had to leave out because the kernel had no memory for them, though a full one is made several times then.</summary>
    public int TasksForgotten { get; private set; }

    /// <summary>Whether the last pass was full, asked for or not: after a lack of room the program is loaded anew, with more, and has forgotten what it saw.</summary>
    public bool WasFull { get; private set; }

    /// <summary>The threads of a process that the pass wrote.</summary>
    public ReadOnlySpan<TaskRow> TasksOf(in ProcessRow process) => Part(Tasks, process.FirstTask, process.TaskCount);

    /// <summary>The fd table of a process that the pass wrote.</summary>
    public ReadOnlySpan<FdRow> FdsOf(in ProcessRow process) => Part(Fds, process.FirstFd, process.FdCount);

    /// <summary>Which processes every pass from now on writes whole (and, on a host with pids above 65,535, now and then another).</summary>
    public void Want(IReadOnlySet<int> pids)
    {
        foreach (int pid in _wanted)
            Word(pid) = 0;
        _wanted.Clear();
        foreach (int pid in pids)
        {
            _wanted.Add(pid);
            Word(pid) |= 1UL << pid % 64;
        }
    }

    /// <summary>One pass. Allocates nothing, unless there was no room.</summary>
    /// <param name="slice">With <paramref name="slices"/>: processes with pid % slices == slice are written too, whether or not they ran.</param>
    /// <param name="slices">0: none.</param>
    /// <returns>Null, or why there is nothing, in one line.</returns>
    public string? Run(SweepMode mode, int slice = 0, int slices = 0)
    {
        DrainBirths();
        if (RunWhole(mode, slice, slices) is { } reason)
            return reason;
        // More than once: of a process without a row the threads and descriptors are not counted.
        while (_program.Rooms.GrownFor(_rows) is var larger && larger != _program.Rooms)
        {
            if (BpfProgram.TryLoad(larger, out reason) is not { } program)
                return reason;
            _program.Dispose();
            _program = program;
            _birthsSeen = 0;
            Want(_wanted.ToHashSet());
            if (RunWhole(SweepMode.Full, 0, 0) is { } failed)
                return failed;
        }
        return null;
    }

    public void Dispose() => _program.Dispose();

    /// <summary>
    /// A full pass that left somebody out is made again: the kernel gives no memory where another pass, that was preempted on the same CPU, is about to be given some. To an incremental one nearly all are known, and the
    /// next will see the others.
    /// </summary>
    private string? RunWhole(SweepMode mode, int slice, int slices)
    {
        string? error;
        int passes = 0;
        do
            error = RunOnce(mode, slice, slices);
        while (error is null && TasksForgotten > 0 && mode == SweepMode.Full && ++passes < MostPasses);
        return error;
    }

    private string? RunOnce(SweepMode mode, int slice, int slices)
    {
        SweepControl* control = _program.Control;
        control->Mode = (uint)mode;
        control->Pass = control->Pass + 1 is 0 ? 1 : control->Pass + 1;
        control->Slice = (uint)slice;
        control->Slices = (uint)slices;
        control->Pids = control->Processes = control->Tasks = control->Fds = control->Forgotten = 0;
        _rows = default;
        int result = _program.RunPass();
        if (result < 0)
            return $"reading the task iterator: {System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(-result)}";
        var rows = new SweepRooms((int)control->Pids, (int)control->Processes, (int)control->Tasks, (int)control->Fds);
        try
        {
            _program.Show(rows);
        }
        catch (LinuxException e)
        {
            return e.Message;
        }
        _rows = rows;
        SweepRooms rooms = _program.Rooms;
        RowsLost = Excess(_rows.Pids, rooms.Pids) + Excess(_rows.Processes, rooms.Processes) + Excess(_rows.Tasks, rooms.Tasks) + Excess(_rows.Fds, rooms.Fds);
        TasksForgotten = (int)control->Forgotten;
        WasFull = mode == SweepMode.Full;
        return null;
    }

    /// <summary>Copies the births out of the ring, up to one that is still being written.</summary>
    private void DrainBirths()
    {
        _birthCount = 0;
        ulong end = Volatile.Read(ref _program.Control->Births), slots = (ulong)_births.Length;
        if (end - _birthsSeen > slots)
        {
            BirthsLost += end - slots - _birthsSeen;
            _birthsSeen = end - slots;
        }
        while (_birthsSeen < end)
        {
            BirthRow* place = _program.Births + (_birthsSeen & (slots - 1));
            ulong sequence = Volatile.Read(in place->Sequence);
            if (sequence < _birthsSeen + 1)
                break;
            BirthRow copy = *place;
            _birthsSeen++;
            // Written over, before or while it was copied.
            if (sequence != _birthsSeen || Volatile.Read(in place->Sequence) != _birthsSeen)
                BirthsLost++;
            else
                _births[_birthCount++] = copy;
        }
    }

    private ref ulong Word(int pid) => ref _program.Control->Wanted[pid / 64 % (SweepControl.WantedBits / 64)];

    private static long Excess(int rows, int room) => Math.Max(0, rows - room);

    /// <summary>What lies within the room; a process at the end of it may have rows beyond.</summary>
    private static ReadOnlySpan<T> Part<T>(ReadOnlySpan<T> rows, int first, int count) =>
        first >= rows.Length ? [] : rows.Slice(first, Math.Min(count, rows.Length - first));
}
