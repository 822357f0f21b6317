using System.Collections.Immutable;
using System.Runtime.InteropServices;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Agent.RiskyReading;

internal enum HelperOutcome
{
    /// <summary>It has answered what had room on its board; <see cref="ReadHelper.Done"/> says how many.</summary>
    Answered,

    /// <summary>It waits in the read after the last answer.</summary>
    Stuck,

    /// <summary>It is dead.</summary>
    Died,
}

/// <summary>The agent's side of one helper process.</summary>
internal sealed class ReadHelper : IDisposable
{
    internal const int BoardDescriptor = 3;

    /// <summary>So many deadlines are waited where helper or target are ready to run and get no CPU: on a machine so busy nobody is to be blamed.</summary>
    private const int PatienceWithRunnable = 20;

    private readonly ReadBoard _board;
    private readonly SignalPipe _requests;
    private readonly SignalPipe _answers;
    private readonly ChildProgram _child;
    private readonly DirectoryHandle _proc;
    private readonly ReadBuffer _buffer = new();
    private bool _ready;

    private ReadHelper(ReadBoard board, SignalPipe requests, SignalPipe answers, ChildProgram child, DirectoryHandle proc) =>
        (_board, _requests, _answers, _child, _proc) = (board, requests, answers, child, proc);

    internal int Pid => _child.Pid;

    /// <summary>Completes when the process has ended and has been reaped.</summary>
    internal Task Ended => _child.Ended;

    internal int Done => _board.Done;

    internal ReadBoard Board => _board;

    /// <summary>Starts the process and does not wait for it.</summary>
    /// <param name="command">Program and arguments; empty: this program.</param>
    /// <exception cref="LinuxException">It cannot be started.</exception>
    internal static ReadHelper Start(ImmutableArray<string> command, string procPath)
    {
        ReadBoard? board = null;
        SignalPipe? requests = null, answers = null;
        DirectoryHandle? proc = null;
        try
        {
            proc = DirectoryHandle.Open("/proc");
            board = new ReadBoard(SharedBytes.Create(ReadBoard.Size));
            requests = SignalPipe.Create();
            answers = SignalPipe.Create();
            ImmutableArray<string> words = command.IsEmpty ? ["orphan-agent", ReadServer.Word, procPath] : command;
            ChildProgram child = ChildProgram.Start(command.IsEmpty ? OwnProgram : command[0], words.AsSpan(), Environment, [requests.ReadEnd, answers.WriteEnd, -1, board.Descriptor]);
            requests.CloseReadEnd();
            answers.CloseWriteEnd();
            return new ReadHelper(board, requests, answers, child, proc);
        }
        catch
        {
            board?.Dispose();
            requests?.Dispose();
            answers?.Dispose();
            proc?.Dispose();
            throw;
        }
    }

    /// <summary>Waits for its first byte. False: it died, or it takes longer than <paramref name="patience"/>.</summary>
    internal bool WaitUntilReady(TimeSpan patience) => _ready = _ready || SignalPipe.Take(_answers.ReadEnd, patience) == Arrival.Came;

    /// <summary>Has the first <paramref name="count"/> requests of the board answered.</summary>
    /// <param name="deadline">How long it may take without a further answer.</param>
    internal HelperOutcome Run(int count, TimeSpan deadline)
    {
        _board.Count = count;
        _board.Done = 0;
        if (!SignalPipe.Send(_requests.WriteEnd))
            return HelperOutcome.Died;
        int before = 0, runnable = 0;
        while (true)
        {
            switch (SignalPipe.Take(_answers.ReadEnd, deadline))
            {
                case Arrival.Came:
                    return HelperOutcome.Answered;
                case Arrival.Closed:
                    return HelperOutcome.Died;
            }
            int done = _board.Done;
            if (done > before)
                (before, runnable) = (done, 0);
            else if (++runnable > PatienceWithRunnable || !(IsRunnable(Pid) || IsRunnable(_board.Requests[Math.Min(done, count - 1)].Pid)))
                return HelperOutcome.Stuck;
        }
    }

    /// <summary>Kills it and leaves it alone: it is reaped when it ends, which may be never.</summary>
    internal void GiveUp()
    {
        _child.End();
        Close();
    }

    /// <summary>Lets it end.</summary>
    public void Dispose() => Close();

    private void Close()
    {
        _requests.Dispose();
        _answers.Dispose();
        _board.Dispose();
        _proc.Dispose();
    }

    /// <summary>Whether a process is at work, or would be if it got a CPU. Asks status, which waits for nothing.</summary>
    private bool IsRunnable(int pid) =>
        _proc.Read(RelativePath.BelowProcess(pid, 0, "status"u8), _buffer, out ReadOnlySpan<byte> text) == Sight.Seen
        && StatusIdentity.TryParse(text, out StatusIdentity identity)
        && identity.State == 'R';

    /// <summary>
    /// The native program is its own image, also when its file has been replaced meanwhile. A managed one is started through the host that lies beside it;
    /// the process may be dotnet(1), or that of a test.
    /// </summary>
    private static string OwnProgram { get; } = IsManaged ? Path.Combine(AppContext.BaseDirectory, "orphan-agent") : "/proc/self/exe";

    private static bool IsManaged => File.Exists(Path.Combine(AppContext.BaseDirectory, "orphan-agent.dll"));

    /// <summary>Nothing of the agent's own, which may hold secrets. The heap stays small: what is read lies on the board.</summary>
    private static string[] Environment { get; } =
    [
        "DOTNET_gcServer=0", "DOTNET_GCHeapHardLimit=0x2000000", "DOTNET_GCgen0size=0x80000", "DOTNET_TieredPGO=0",
        .. IsManaged ? [$"DOTNET_ROOT={Path.GetFullPath("../../..", RuntimeEnvironment.GetRuntimeDirectory())}"] : Array.Empty<string>(),
    ];
}
