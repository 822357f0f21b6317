using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.RiskyReading;

/// <summary>How risky reads are made at the moment.</summary>
internal enum ReadingMode
{
    /// <summary>By a helper process that can be given up.</summary>
    Helper,

    /// <summary>No helper can be started: command lines by the agent itself, of processes none of whose threads is in state D; nothing else.</summary>
    Direct,

    /// <summary>Too many helpers are stuck: not at all, until one of them has ended.</summary>
    Suspended,
}

/// <summary>Number of a queued read, until the next <see cref="RiskyReads.Clear"/>.</summary>
internal readonly record struct ReadTicket(int Index);

/// <summary>
/// Reads that may block on their target for ever, in batches: queue what is wanted, run, take the answers, clear. They are made by a helper process, one
/// batch at the price of two context switches. When no further answer comes in time the target of the read that it waits in is remembered
/// as blocked, the helper is killed and given up, and the rest goes to a new one. Not for use by two threads at once.
/// </summary>
internal sealed class RiskyReads : IDisposable
{
    private readonly string _procPath;
    private readonly RiskyReadOptions _options;
    private readonly BlockedTargets _blocked;
    private readonly HelperKeeper _helpers;

    // Used again from batch to batch; they grow to the largest one.
    private Item[] _items = new Item[256];
    private byte[] _bytes = new byte[64 * 1024];
    private readonly int[] _onBoard = new int[ReadBoard.Capacity];
    private int _count, _used, _next;
    private DirectoryHandle? _proc;
    private byte[]? _room;

    private record struct Item(ProcessKey Target, ulong Moved, RiskyRead Read, bool Asleep, bool Answered, Sight Sight, int Offset, int Length)
    {
        internal readonly BlockedTarget Blocked => new(Target, Read.Lock);
    }

    /// <summary>Starts the helper and does not wait for it.</summary>
    /// <param name="procPath">Where proc(5) is mounted.</param>
    internal RiskyReads(TimeProvider time, string procPath = "/proc", RiskyReadOptions? options = null)
    {
        (_procPath, _options) = (procPath, options ?? new RiskyReadOptions());
        _blocked = new BlockedTargets(time, _options.BackOff, _options.MaxBackOff);
        _helpers = new HelperKeeper(time, procPath, _options);
    }

    /// <summary>How the last <see cref="Run"/> read.</summary>
    internal ReadingMode Mode => _helpers.Mode;

    /// <summary>Why there is no helper, in <see cref="ReadingMode.Direct"/>; one line.</summary>
    internal string? WhyNoHelper => _helpers.WhyNone;

    /// <summary>Helpers that were given up and have not ended yet.</summary>
    internal int GivenUp => _helpers.GivenUp;

    /// <summary>Pid of the helper; null: there is none now.</summary>
    internal int? HelperPid => _helpers.Pid;

    /// <summary>Completes when all helpers that there ever were have ended. For whoever has disposed of this.</summary>
    internal Task AllEnded => _helpers.AllEnded;

    /// <summary>Queues a read; its answer is there after the next <see cref="Run"/>.</summary>
    /// <param name="target">Whom it may block on.</param>
    /// <param name="moved">Sum of the target's run counters: tells whether it ran since it blocked. 0: not known.</param>
    /// <param name="asleep">No thread of it is in state D: tolerable without a helper.</param>
    internal ReadTicket Queue(ProcessKey target, ulong moved, in RiskyRead read, bool asleep)
    {
        if (_count == _items.Length)
            Array.Resize(ref _items, _count * 2);
        _items[_count] = new Item(target, moved, read, asleep, false, Sight.Failed, 0, 0);
        return new ReadTicket(_count++);
    }

    /// <summary>Answers everything that was queued since the last run. Takes at most one deadline for each target that blocks.</summary>
    internal void Run()
    {
        int first = _next;
        AnswerAll();
        if (!_blocked.IsEmpty)
            ForgetThoseThatAnswered(first);
    }

    private void AnswerAll()
    {
        int deaths = 0;
        while (Fill(out int batch))
        {
            if (_helpers.Get() is not { } helper)
            {
                RunWithoutHelper();
                return;
            }
            for (int i = 0; i < batch; i++)
                helper.Board.Requests[i] = _items[_onBoard[i]].Read;
            HelperOutcome outcome = helper.Run(batch, _options.Deadline);
            int done = Math.Min(helper.Done, batch);
            TakeFrom(helper.Board, done);
            if (outcome == HelperOutcome.Stuck && done < batch)
            {
                ref Item item = ref _items[_onBoard[done]];
                _blocked.Add(item.Blocked, item.Moved);
                Abandoned++;
                (item.Answered, item.Sight) = (true, Sight.Abandoned);
                _helpers.GiveUp();
            }
            else if (outcome != HelperOutcome.Answered)
            {
                // Killed by somebody, or by the read itself: who kills two helpers is not asked a third time.
                _helpers.GiveUp();
                deaths = done > 0 ? 1 : deaths + 1;
                if (deaths > 1 && done < batch)
                    (_items[_onBoard[done]].Answered, deaths) = (true, 0);
            }
        }
    }

    /// <summary>The answer to a read that was queued before the last <see cref="Run"/>; valid until <see cref="Clear"/>.</summary>
    internal Sight Take(ReadTicket ticket, out ReadOnlySpan<byte> bytes)
    {
        ref readonly Item item = ref _items[ticket.Index];
        bytes = _bytes.AsSpan(item.Offset, item.Length);
        return item.Sight;
    }

    /// <summary>Overwrites an answer: secrets do not stay in the agent's memory.</summary>
    internal void Wipe(ReadTicket ticket) => _bytes.AsSpan(_items[ticket.Index].Offset, _items[ticket.Index].Length).Clear();

    /// <summary>Reads that had to be given up so far.</summary>
    internal long Abandoned { get; private set; }

    /// <summary>Forgets requests and answers.</summary>
    internal void Clear() => _count = _used = _next = 0;

    /// <summary>One read, at the price of a batch; what is queued is run with it.</summary>
    internal Sight Ask(ProcessKey target, ulong moved, scoped in RiskyRead read, bool asleep, out ReadOnlySpan<byte> bytes)
    {
        ReadTicket ticket = Queue(target, moved, read, asleep);
        Run();
        return Take(ticket, out bytes);
    }

    /// <summary>Whether a read of it had to be given up, and none of that kind was answered since.</summary>
    internal bool IsBlocked(ProcessKey target) => _blocked.ContainsAny(target);

    public void Dispose()
    {
        _helpers.Dispose();
        _proc?.Dispose();
    }

    /// <summary>Chooses what goes on the board next. False: everything is answered.</summary>
    private bool Fill(out int batch)
    {
        batch = 0;
        while (_next < _count && _items[_next].Answered)
            _next++;
        for (int i = _next; i < _count && batch < ReadBoard.Capacity; i++)
        {
            ref Item item = ref _items[i];
            if (item.Answered)
                continue;
            if (_blocked.IsWaiting(item.Blocked, item.Moved))
                (item.Answered, item.Sight) = (true, Sight.Abandoned);
            else
                _onBoard[batch++] = i;
        }
        return batch > 0;
    }

    private void TakeFrom(ReadBoard board, int done)
    {
        Span<byte> bytes = board.Bytes;
        for (int i = 0; i < done; i++)
        {
            (Sight sight, int length) = board.AnswerAt(i);
            length = Math.Min(length, bytes.Length);
            Answer(_onBoard[i], sight, bytes[..length]);
            if (_items[_onBoard[i]].Read.Kind == RiskyReadKind.Environ)
                bytes[..length].Clear(); // it is full of secrets
            bytes = bytes[length..];
        }
    }

    private void Answer(int index, Sight sight, ReadOnlySpan<byte> bytes)
    {
        ref Item item = ref _items[index];
        if (_bytes.Length - _used < bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _used + bytes.Length));
        bytes.CopyTo(_bytes.AsSpan(_used));
        (item.Answered, item.Sight, item.Offset, item.Length) = (true, sight, _used, bytes.Length);
        _used += bytes.Length;
    }

    /// <summary>Not at each answer: of a process that lets some of its pages be read and others not, the back-off would begin anew each time.</summary>
    private void ForgetThoseThatAnswered(int first)
    {
        HashSet<BlockedTarget> still = [];
        for (int i = first; i < _count; i++)
        {
            if (_items[i].Sight == Sight.Abandoned)
                still.Add(_items[i].Blocked);
        }
        for (int i = first; i < _count; i++)
        {
            if (_items[i].Sight is Sight.Seen or Sight.Denied or Sight.Gone && !still.Contains(_items[i].Blocked))
                _blocked.Remove(_items[i].Blocked);
        }
    }

    private void RunWithoutHelper()
    {
        bool direct = _helpers.Mode == ReadingMode.Direct && (_proc ??= DirectoryHandle.TryOpen(_procPath)) is not null;
        Span<byte> room = direct ? _room ??= new byte[RiskyRead.MaxLength] : default;
        for (int i = _next; i < _count; i++)
        {
            ref Item item = ref _items[i];
            if (item.Answered)
                continue;
            item.Answered = true;
            // The others wait for pages and files that anybody may serve, or for an execve that sleeps in state S: no state of a thread tells.
            if (!direct || !item.Asleep || item.Read.Kind != RiskyReadKind.Cmdline)
                continue; // it stays Failed
            Sight sight = ReadMaker.Make(_proc!, item.Read, room[..Math.Clamp(item.Read.Length, 0, room.Length)], out int length);
            Answer(i, sight, room[..length]);
        }
    }
}
