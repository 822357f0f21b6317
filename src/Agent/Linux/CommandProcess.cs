using System.Runtime.InteropServices;
using System.Text;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// A command that is started as a shell would start it: it has our environment, our descriptors, our process group and terminal, and the signal
/// dispositions that we were started with. All children of ours are waited for here, those too that a subreaper is given.
/// </summary>
internal sealed unsafe partial class CommandProcess
{
    private const int AllChildren = 0, ByPid = 1; // P_ALL, P_PID
    private const int Exited = 4, Stopped = 2, NoWait = 0x01000000, NoHang = 1; // WEXITED, WSTOPPED, WNOWAIT, WNOHANG
    private const int CodeExited = 1, CodeStopped = 5; // CLD_EXITED, CLD_STOPPED
    private const int SignalPipe = 13, SignalChild = 17, SignalContinue = 18, SignalStop = 19, SignalFileSize = 25; // SIGPIPE, SIGCHLD, SIGCONT, SIGSTOP, SIGXFSZ
    private const nint Default = 0, Ignore = 1; // SIG_DFL, SIG_IGN

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _nextEnd = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _reaped;

    private CommandProcess(int pid) => Pid = pid;

    internal int Pid { get; }

    /// <summary>Its exit status, 128+n where signal n has ended it. Completes when it has been waited for.</summary>
    internal Task<int> Exit => _exit.Task;

    /// <summary>Completes when the next child has been waited for, or there is none left.</summary>
    internal Task NextEnd => Volatile.Read(ref _nextEnd).Task;

    /// <param name="words">Program, searched for in PATH, and its arguments: bytes as they are, each ended by NUL.</param>
    /// <exception cref="CommandNotStartedException">There is no such program, or it cannot be run.</exception>
    internal static CommandProcess Start(byte[][] words)
    {
        HearOfChildren();
        // A report beyond a ulimit -f is to fail, and not to end guard.
        bool fileSizeWasIgnored = signal(SignalFileSize, Ignore) == Ignore;
        ReadOnlySpan<int> defaults = [.. PipeWasIgnored() ? (int[])[] : [SignalPipe], .. fileSizeWasIgnored ? (int[])[] : [SignalFileSize]];
        int error = Spawn(words, defaults, out int pid);
        // As execvp(3): a file that is no program is a script of the shell.
        if (error == ENOEXEC)
            error = Spawn(["/bin/sh\0"u8.ToArray(), Found(words[0]), .. words.AsSpan(1)], defaults, out pid);
        if (error != 0)
            throw new CommandNotStartedException(Encoding.UTF8.GetString(words[0].AsSpan(0, words[0].Length - 1)), error);
        var command = new CommandProcess(pid);
        new Thread(command.WaitForChildren, 256 * 1024) { IsBackground = true, Name = "waits for children" }.Start();
        return command;
    }

    /// <summary>Sends a signal to the command alone. False: it has ended.</summary>
    internal bool Signal(int signal)
    {
        lock (_lock)
        {
            // Not waited for: the number is still its own.
            return !_reaped && kill(Pid, signal) == 0;
        }
    }

    private void WaitForChildren()
    {
        byte* info = stackalloc byte[128]; // siginfo_t: si_code at 8, si_pid at 16, si_status at 24
        while (true)
        {
            int result = waitid(AllChildren, 0, info, Exited | Stopped | NoWait);
            if (Errno.Interrupted(result))
                continue;
            if (result == -1)
                break; // ECHILD: nobody is left
            int code = *(int*)(info + 8), pid = *(int*)(info + 16), status = *(int*)(info + 24);
            if (code == CodeStopped)
            {
                // A terminal stops us together with the command, and continues us together: then it is not stopped any more when we come to ask.
                *(int*)(info + 16) = 0;
                bool stands = waitid(ByPid, pid, info, Stopped | NoHang) == 0 && *(int*)(info + 16) == pid;
                if (stands && pid == Pid && status != SignalStop)
                    StopToo();
            }
            else if (ChildProgram.IsOneOfOurs(pid))
            {
                // It has a thread of its own that waits for it, and will be done in a moment.
                Thread.Yield();
            }
            else
            {
                lock (_lock)
                {
                    _ = waitid(ByPid, pid, info, Exited | NoHang);
                    _reaped |= pid == Pid;
                }
                if (pid == Pid)
                    _exit.TrySetResult(code == CodeExited ? status : 128 + status);
                TellEnd();
            }
        }
        TellEnd();
    }

    private void TellEnd() => Interlocked.Exchange(ref _nextEnd, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

    /// <summary>
    /// A program that stops itself (an editor at Ctrl-Z) is to give the terminal back to the shell, which waits for us. Where the terminal has stopped the
    /// whole group, this thread runs again only when all are continued, and nobody is stopped any more.
    /// </summary>
    private void StopToo()
    {
        // To this thread, which stops before it does anything else: after kill(2) to the whole process another thread may be the one that takes it.
        _ = raise(SignalStop);
        _ = Signal(SignalContinue);
    }

    /// <param name="defaultSignals">Those that are ignored here and were not when we were started: an ignored signal stays ignored across execve(2).</param>
    private static int Spawn(byte[][] words, ReadOnlySpan<int> defaultSignals, out int pid)
    {
        const int AttributesSize = 512, SignalSetSize = 128; // glibc on 64 bits: 336, 128
        byte* attributes = stackalloc byte[AttributesSize];
        byte* defaults = stackalloc byte[SignalSetSize];
        new Span<byte>(defaults, SignalSetSize).Clear();
        foreach (int number in defaultSignals)
            *(ulong*)defaults |= 1UL << (number - 1);
        int error = posix_spawnattr_init(attributes);
        if (error != 0)
        {
            pid = 0;
            return error;
        }
        byte** arguments = (byte**)NativeMemory.AllocZeroed((nuint)(words.Length + 1), (nuint)sizeof(byte*));
        var pins = new GCHandle[words.Length];
        try
        {
            for (int i = 0; i < words.Length; i++)
            {
                pins[i] = GCHandle.Alloc(words[i], GCHandleType.Pinned);
                arguments[i] = (byte*)pins[i].AddrOfPinnedObject();
            }
            _ = posix_spawnattr_setsigdefault(attributes, defaults);
            _ = posix_spawnattr_setflags(attributes, 0x04); // POSIX_SPAWN_SETSIGDEF
            int started;
            error = posix_spawnp(&started, arguments[0], null, attributes, arguments, *Environment());
            pid = started;
            return error;
        }
        finally
        {
            foreach (GCHandle pin in pins.Where(pin => pin.IsAllocated))
                pin.Free();
            NativeMemory.Free(arguments);
            _ = posix_spawnattr_destroy(attributes);
        }
    }

    /// <summary>Whose parent ignores SIGCHLD has no exit status: where we were started to ignore it neither we nor the command do, as with timeout(1).</summary>
    private static void HearOfChildren()
    {
        nint before = signal(SignalChild, Default);
        if (before != Ignore)
            _ = signal(SignalChild, before);
    }

    /// <summary>The runtime ignores SIGPIPE as it starts: start.c has looked before it.</summary>
    private static bool PipeWasIgnored()
    {
        try
        {
            return orphan_agent_pipe_was_ignored() != 0;
        }
        catch (DllNotFoundException)
        {
            return false; // not the native program
        }
    }

    /// <summary>environ(7), byte for byte as it came.</summary>
    private static byte*** Environment() => (byte***)NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), "environ");

    /// <summary>Where execvp(3) has found it.</summary>
    private static byte[] Found(byte[] word)
    {
        string name = Encoding.UTF8.GetString(word.AsSpan(0, word.Length - 1));
        if (name.Contains('/'))
            return word;
        string? path = (System.Environment.GetEnvironmentVariable("PATH") ?? "/usr/local/bin:/bin:/usr/bin").Split(':')
            .Select(folder => Path.Combine(folder.Length == 0 ? "." : folder, name)).FirstOrDefault(File.Exists);
        return path is null ? word : Encoding.UTF8.GetBytes(path + '\0');
    }

    [LibraryImport("libc")]
    private static partial int posix_spawnp(int* pid, byte* file, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigdefault(byte* attributes, byte* set);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, int id, byte* info, int options);

    [LibraryImport("libc")]
    private static partial int raise(int signal);

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("orphan-agent-start")]
    private static partial int orphan_agent_pipe_was_ignored();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);
}

/// <summary>The command could not be started: the message says what and why.</summary>
internal sealed class CommandNotStartedException(string program, int error) : Exception($"{program}: {Marshal.GetPInvokeErrorMessage(error)}")
{
    /// <summary>There is no such program; else it is there and cannot be run.</summary>
    internal bool NotFound { get; } = error == ENOENT;
}
