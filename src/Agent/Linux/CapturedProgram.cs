using System.Text;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace OrphanBoard.Agent.Linux;

/// <summary>Runs a program to its end and keeps what it writes to stdout and stderr, in the order in which it is written. Its stdin is /dev/null.</summary>
internal static class CapturedProgram
{
    /// <summary>What is written beyond is read and dropped.</summary>
    internal const int MaxBytes = 1024 * 1024;

    /// <summary>A killed program that does not die for so long sits in the kernel, and is left to itself.</summary>
    private static readonly TimeSpan Dying = TimeSpan.FromSeconds(2);

    /// <param name="program">Path; see <see cref="ProgramSearch"/>.</param>
    /// <param name="words">Its arguments, argv[0] included.</param>
    /// <param name="environment">All of its environment, <c>NAME=value</c>.</param>
    /// <param name="limit">When it is cancelled the program is killed, and has ended when this throws.</param>
    /// <exception cref="LinuxException">It could not be started.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="limit"/> was cancelled.</exception>
    internal static async Task<string> RunAsync(string program, string[] words, string[] environment, CancellationToken limit)
    {
        limit.ThrowIfCancellationRequested();
        using SignalPipe output = SignalPipe.Create(), over = SignalPipe.Create();
        ChildProgram child = ChildProgram.Start(program, words, environment, [-1, output.WriteEnd, output.WriteEnd]);
        output.CloseWriteEnd();
        try
        {
            string text;
            // What the program started and left behind may hold the pipe for ever, so the end of the pipe is not all that is waited for.
            using (limit.Register(() => SignalPipe.Send(over.WriteEnd)))
                text = await Task.Factory.StartNew(() => ReadAll(output.ReadEnd, over.ReadEnd), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            limit.ThrowIfCancellationRequested();
            await child.Ended.WaitAsync(limit);
            return text;
        }
        finally
        {
            child.End();
            await Task.WhenAny(child.Ended, Task.Delay(Dying, TimeProvider.System, CancellationToken.None));
        }
    }

    /// <summary>Reads until nobody writes any more, or until there is something to read from <paramref name="over"/>.</summary>
    private static unsafe string ReadAll(int output, int over)
    {
        byte[] room = new byte[MaxBytes];
        byte* dropped = stackalloc byte[4096];
        pollfd* ends = stackalloc pollfd[2];
        ends[0] = new pollfd { fd = output, events = POLLIN };
        ends[1] = new pollfd { fd = over, events = POLLIN };
        int length = 0;
        fixed (byte* start = room)
        {
            while (true)
            {
                Polling.Wait(ends, 2, -1);
                if (ends[1].revents != 0)
                    break;
                if (ends[0].revents == 0)
                    continue;
                long count = length < MaxBytes ? read(output, start + length, MaxBytes - length) : read(output, dropped, 4096);
                if (Errno.Interrupted(count))
                    continue;
                if (count <= 0)
                    break;
                length = (int)Math.Min(length + count, MaxBytes);
            }
        }
        return Encoding.UTF8.GetString(room, 0, length);
    }
}
