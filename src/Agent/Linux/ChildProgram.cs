using System.Runtime.InteropServices;
using System.Text;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>
/// A child that is given the descriptors that it needs and nothing else of ours, and that is reaped when it ends. posix_spawn(3): no shell, and
/// no copy of our page tables.
/// </summary>
/// <remarks>
/// Each child has a thread of ours that starts it and sleeps in waitid(2) until it ends: PR_SET_PDEATHSIG is sent at the exit of the <em>thread</em> that
/// made the child, which for a thread of the pool would be any time.
/// </remarks>
internal sealed unsafe partial class ChildProgram
{
    private const int Kill = 9, Exited = 4, NoWait = 0x01000000, ByPid = 1; // SIGKILL, WEXITED, WNOWAIT, P_PID

    /// <summary>All that run. Held while one is started, so that whoever waits for any child knows it before it can have ended.</summary>
    private static readonly HashSet<int> Running = [];

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _reaped;

    private ChildProgram()
    {
    }

    internal int Pid { get; private set; }

    /// <summary>Completes when it has ended and has been reaped.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Whether a child is one that was started here, and is waited for here.</summary>
    internal static bool IsOneOfOurs(int pid)
    {
        lock (Running)
            return Running.Contains(pid);
    }

    /// <param name="program">Path; not searched for.</param>
    /// <param name="words">Its arguments, argv[0] included.</param>
    /// <param name="environment">All of its environment, <c>NAME=value</c>.</param>
    /// <param name="descriptors">Ours, to be its 0, 1, ... in this order. -1: /dev/null.</param>
    /// <exception cref="LinuxException">It could not be started.</exception>
    internal static ChildProgram Start(string program, ReadOnlySpan<string> words, ReadOnlySpan<string> environment, ReadOnlySpan<int> descriptors)
    {
        var child = new ChildProgram();
        var started = new TaskCompletionSource<int>();
        (string[] argv, string[] envp, int[] fds) = (words.ToArray(), environment.ToArray(), descriptors.ToArray());
        var keeper = new Thread(() => child.Keep(() => Spawn(program, argv, envp, fds), started), 256 * 1024) { IsBackground = true, Name = "child keeper" };
        keeper.Start();
        child.Pid = started.Task.GetAwaiter().GetResult();
        return child;
    }

    /// <summary>SIGKILL, without waiting for its end: a child that is stuck in the kernel may not come to die for long.</summary>
    internal void End()
    {
        lock (_lock)
        {
            // Not reaped: the number is still its own.
            if (!_reaped)
                _ = kill(Pid, Kill);
        }
    }

    private void Keep(Func<int> spawn, TaskCompletionSource<int> started)
    {
        int pid;
        try
        {
            lock (Running)
            {
                pid = spawn();
                Running.Add(pid);
            }
        }
        catch (LinuxException e)
        {
            started.SetException(e);
            return;
        }
        started.SetResult(pid);
        byte* info = stackalloc byte[128]; // siginfo_t
        int result;
        do
            result = waitid(ByPid, pid, info, Exited | NoWait);
        while (Errno.Interrupted(result));
        lock (_lock)
        {
            _ = waitid(ByPid, pid, info, Exited);
            _reaped = true;
        }
        lock (Running)
            Running.Remove(pid);
        _ended.SetResult();
    }

    private static int Spawn(string program, string[] words, string[] environment, int[] descriptors)
    {
        const int ActionsSize = 128, AttributesSize = 512, SignalSetSize = 128; // glibc on 64 bits: 80, 336, 128
        byte* actions = stackalloc byte[ActionsSize];
        byte* attributes = stackalloc byte[AttributesSize];
        byte* blocked = stackalloc byte[SignalSetSize];
        new Span<byte>(blocked, SignalSetSize).Clear();
        // What a terminal, a supervisor or a shell sends to the whole group is for the agent, which ends its child by itself.
        foreach (int signal in (ReadOnlySpan<int>)[1, 2, 3, 15, 20]) // SIGHUP SIGINT SIGQUIT SIGTERM SIGTSTP
            *(ulong*)blocked |= 1UL << (signal - 1);
        Check(posix_spawn_file_actions_init(actions));
        Check(posix_spawnattr_init(attributes));
        int[] high = [.. descriptors.Select(Above)];
        try
        {
            Check(posix_spawnattr_setsigmask(attributes, blocked));
            Check(posix_spawnattr_setflags(attributes, 0x08)); // POSIX_SPAWN_SETSIGMASK
            for (int i = 0; i < high.Length; i++)
            {
                fixed (byte* nothing = "/dev/null\0"u8)
                {
                    Check(high[i] == -1
                        ? posix_spawn_file_actions_addopen(actions, i, nothing, 2, 0) // O_RDWR
                        : posix_spawn_file_actions_adddup2(actions, high[i], i));
                }
            }
            // What the agent itself was given and did not know of: the child is not to hold an end of somebody's pipe.
            Check(posix_spawn_file_actions_addclosefrom_np(actions, high.Length));
            using var argv = new NativeWords(words);
            using var envp = new NativeWords(environment);
            int pid;
            fixed (byte* path = Encoding.UTF8.GetBytes(program + '\0'))
                Check(posix_spawn(&pid, path, actions, attributes, argv.Pointers, envp.Pointers));
            return pid;
        }
        finally
        {
            foreach (int fd in high.Where(fd => fd != -1))
                _ = close(fd);
            _ = posix_spawn_file_actions_destroy(actions);
            _ = posix_spawnattr_destroy(attributes);
        }

        void Check(int error)
        {
            if (error != 0)
                throw new LinuxException(program, error);
        }
    }

    /// <summary>A duplicate beyond the numbers that the child is to get, so that none is overwritten before it is duplicated.</summary>
    private static int Above(int fd)
    {
        const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
        if (fd == -1)
            return -1;
        int high = fcntl(fd, DuplicateCloseOnExec, 16);
        return high == -1 ? throw new LinuxException("fcntl(F_DUPFD_CLOEXEC)", Marshal.GetLastPInvokeError()) : high;
    }

    /// <summary>A NULL-terminated array of C strings.</summary>
    private sealed class NativeWords : IDisposable
    {
        private readonly int _count;

        internal NativeWords(string[] words)
        {
            _count = words.Length;
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)(words.Length + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < words.Length; i++)
                Pointers[i] = (byte*)Marshal.StringToCoTaskMemUTF8(words[i]);
        }

        internal byte** Pointers { get; }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++)
                Marshal.FreeCoTaskMem((nint)Pointers[i]);
            NativeMemory.Free(Pointers);
        }
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn(int* pid, byte* path, byte* actions, byte* attributes, byte** argv, byte** envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_destroy(byte* actions);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_adddup2(byte* actions, int from, int to);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addopen(byte* actions, int fd, byte* path, int flags, uint mode);

    /// <summary>glibc 2.34.</summary>
    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_addclosefrom_np(byte* actions, int from);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_init(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_destroy(byte* attributes);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setflags(byte* attributes, short flags);

    [LibraryImport("libc")]
    private static partial int posix_spawnattr_setsigmask(byte* attributes, byte* set);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, int id, byte* info, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);
}
