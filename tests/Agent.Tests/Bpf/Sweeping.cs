using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using OrphanBoard.Agent.Bpf;
using OrphanBoard.Agent.Procfs;

namespace OrphanBoard.Agent.Tests.Bpf;

/// <summary>One process as a pass wrote it, copied out of the kernel's memory.</summary>
internal sealed record Swept(ProcessRow Process, TaskRow[] Tasks, FdRow[] Fds)
{
    /// <summary>What it is; whether it changed since the pass before depends on how many there were, and what its user has sent on other tests.</summary>
    internal ProcessFlags Flags => Process.Flags & ~(ProcessFlags.Changed | ProcessFlags.DescriptorsInFlight);

    internal FdRow Fd(int number) => Fds.Single(fd => fd.Number == number);
}

internal static partial class Sweeping
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>The kernel program. Where this build has none, or this user may not load it, the test is skipped: BpfLoadTests says why.</summary>
    internal static BpfSweep Open(SweepRooms? rooms = null)
    {
        BpfSweep? sweep = BpfSweep.TryOpen(out string? reason, rooms);
        Assert.SkipWhen(sweep is null, $"no back end ebpf here: {reason}");
        return sweep!;
    }

    internal static void RunFull(this BpfSweep sweep) => Assert.Null(sweep.Run(SweepMode.Full));

    internal static void RunIncremental(this BpfSweep sweep, int slice = 0, int slices = 0) =>
        Assert.Null(sweep.Run(SweepMode.Incremental, slice, slices));

    internal static Swept? Find(this BpfSweep sweep, int pid)
    {
        foreach (ref readonly ProcessRow process in sweep.Processes)
        {
            if (process.Pid == pid)
                return new Swept(process, sweep.TasksOf(process).ToArray(), sweep.FdsOf(process).ToArray());
        }
        return null;
    }

    /// <summary>Full passes until every living thread of the process sleeps in a call: between its byte and the block lies a moment.</summary>
    internal static Swept FindStill(this BpfSweep sweep, int pid)
    {
        long begin = Stopwatch.GetTimestamp();
        while (true)
        {
            sweep.RunFull();
            Swept? swept = sweep.Find(pid);
            if (swept is not null && (swept.Flags & ProcessFlags.Active) == 0 && swept.Tasks.All(IsStill))
                return swept;
            Assert.True(Stopwatch.GetElapsedTime(begin) < Deadline, $"process {pid} did not come to rest");
        }
    }

    /// <summary>With its stack: a pass that another one interrupts on the same CPU is not given that by the kernel, and says of the thread later that it may have changed.</summary>
    private static bool IsStill(TaskRow task) => task.State == 'Z' || ((task.Flags & TaskFlags.InCall) != 0 && task.StackHash != 0);

    internal static void Until(string otherwise, Func<bool> met)
    {
        long begin = Stopwatch.GetTimestamp();
        while (!met())
            Assert.True(Stopwatch.GetElapsedTime(begin) < Deadline, otherwise);
    }

    /// <summary>Incremental passes until one leaves the process out.</summary>
    internal static void RunUntilLeftOut(this BpfSweep sweep, int pid)
    {
        long begin = Stopwatch.GetTimestamp();
        do
        {
            sweep.RunIncremental();
            Assert.True(Stopwatch.GetElapsedTime(begin) < Deadline, $"process {pid} is written at every pass");
        }
        while (sweep.Find(pid) is not null);
    }

    internal static StatFile Stat(string path)
    {
        Assert.True(StatFile.TryParse(File.ReadAllBytes($"/proc/{path}/stat"), out StatFile stat));
        return stat!;
    }

    /// <summary>A line of status, without its name.</summary>
    internal static string Status(int pid, string name) =>
        File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Trim();

    internal static ulong Mask(int pid, string name) => ulong.Parse(Status(pid, name), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    internal static string Text(this ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    internal const int Kill = 9, Stop = 19;

    /// <summary>Signals a process that the test has started.</summary>
    internal static void Signal(int pid, int signal) => Assert.Equal(0, kill(pid, signal));

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
