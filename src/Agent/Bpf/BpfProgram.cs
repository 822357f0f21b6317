using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using OrphanBoard.Agent.Doctoring;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using static OrphanBoard.Agent.Bpf.BpfBlob;

namespace OrphanBoard.Agent.Bpf;

/// <summary>The kernel program, loaded, with the memory it shares. Gone when it is disposed of, or when the agent ends, however it ends.</summary>
internal sealed unsafe class BpfProgram : IDisposable
{
    private const int NotPermitted = 1, TryAgain = 11;

    // As often as libbpf tries: the verifier gives up with EAGAIN when a signal is there for the thread, and this runtime sends itself some.
    private const int Attempts = 5;
    private const int LogSize = 4 * 1024 * 1024, LogTail = 300;

    private readonly List<int> _descriptors = [];
    private readonly List<IDisposable> _mappings = [];
    private SharedWindow _pids = null!, _processes = null!, _tasks = null!, _fds = null!;
    private int _iteratorLink;

    private BpfProgram(SweepRooms rooms) => Rooms = rooms;

    internal SweepRooms Rooms { get; }

    internal SweepControl* Control { get; private set; }

    // What of them is there to be read: see Show.
    internal uint* Pids => (uint*)_pids.Address;

    internal ProcessRow* Processes => (ProcessRow*)_processes.Address;

    internal TaskRow* Tasks => (TaskRow*)_tasks.Address;

    internal FdRow* Fds => (FdRow*)_fds.Address;

    internal BirthRow* Births { get; private set; }

    /// <summary>Length of the ring of births, a power of two.</summary>
    internal int BirthSlots { get; private set; }

    /// <summary>Why there are no births, in one line; null: there are.</summary>
    internal string? WithoutBirths { get; private set; }

    /// <summary>Null, and why in one line, where it cannot be loaded.</summary>
    internal static BpfProgram? TryLoad(SweepRooms rooms, out string? reason)
    {
        if (TryOpen(out reason) is not { } blob)
            return null;
        var program = new BpfProgram(rooms);
        try
        {
            reason = program.Load(blob);
        }
        catch (LinuxException e)
        {
            reason = e.Message;
        }
        if (reason is null)
            return program;
        program.Dispose();
        return null;
    }

    /// <summary>One pass. 0, or the negated errno.</summary>
    internal int RunPass()
    {
        int iterator = Linux.Bpf.CreateIterator(_iteratorLink);
        if (iterator < 0)
            return iterator;
        int result = Linux.Bpf.ReadToEnd(iterator);
        Linux.Bpf.Close(iterator);
        return result;
    }

    /// <summary>Brings so many rows, as far as there is room for them, into the agent's memory. What was there before is not any more.</summary>
    /// <exception cref="LinuxException">They cannot be mapped.</exception>
    internal void Show(SweepRooms rows)
    {
        _pids.Show((long)rows.Pids * sizeof(uint));
        _processes.Show((long)rows.Processes * sizeof(ProcessRow));
        _tasks.Show((long)rows.Tasks * sizeof(TaskRow));
        _fds.Show((long)rows.Fds * sizeof(FdRow));
    }

    public void Dispose()
    {
        foreach (IDisposable mapping in _mappings)
            mapping.Dispose();
        foreach (int fd in _descriptors)
            Linux.Bpf.Close(fd);
        _mappings.Clear();
        _descriptors.Clear();
    }

    private string? Load(BpfBlob blob)
    {
        if (!Machine.HasTypeInformation)
            return "this kernel has no /sys/kernel/btf/vmlinux (CONFIG_DEBUG_INFO_BTF)";
        byte[] context = new byte[blob[Field.ContextSize]];
        int result = -TryAgain;
        for (int attempt = 0; attempt < Attempts && result == -TryAgain; attempt++)
        {
            context.AsSpan().Clear();
            result = RunLoader(blob, context, log: null);
        }
        if (result < 0)
            return WhyNot(blob, result);

        var loaded = new List<int>();
        try
        {
            int Descriptor(Field field)
            {
                int fd = BitConverter.ToInt32(context, blob[field]);
                loaded.Add(fd);
                return fd;
            }

            SharedWindow Window(Field field, long size)
            {
                int fd = BitConverter.ToInt32(context, blob[field]);
                _descriptors.Add(fd);
                var window = new SharedWindow(fd, size);
                _mappings.Add(window);
                return window;
            }

            Control = (SweepControl*)((byte*)Map(Descriptor(Field.ControlMap), blob[Field.ControlOffset] + sizeof(SweepControl), writable: true) + blob[Field.ControlOffset]);
            _pids = Window(Field.PidMap, (long)Rooms.Pids * sizeof(uint));
            _processes = Window(Field.ProcessMap, (long)Rooms.Processes * sizeof(ProcessRow));
            _tasks = Window(Field.TaskMap, (long)Rooms.Tasks * sizeof(TaskRow));
            _fds = Window(Field.FdMap, (long)Rooms.Fds * sizeof(FdRow));
            BirthSlots = blob[Field.BirthSlots];
            Births = (BirthRow*)Map(Descriptor(Field.BirthMap), (long)BirthSlots * sizeof(BirthRow));
            Descriptor(Field.MemoryMap);
            RandomNumberGenerator.Fill(new Span<byte>(&Control->Key[0], 3 * sizeof(ulong)));

            int fork = Descriptor(Field.ForkProgram);
            _iteratorLink = Linux.Bpf.CreateIteratorLink(Descriptor(Field.LookProgram));
            if (_iteratorLink < 0)
                return $"bpf(2) BPF_LINK_CREATE of the task iterator: {Words(_iteratorLink)}";
            _descriptors.Add(_iteratorLink);
            Attach(fork, "sched_process_fork\0"u8);
            return null;
        }
        finally
        {
            // The links keep the programs, and those their maps.
            foreach (int fd in loaded)
                Linux.Bpf.Close(fd);
        }
    }

    private void Attach(int program, ReadOnlySpan<byte> tracepoint)
    {
        int link = Linux.Bpf.OpenTracepoint(program, tracepoint);
        if (link < 0)
            WithoutBirths = $"bpf(2) BPF_RAW_TRACEPOINT_OPEN: {Words(link)}";
        else
            _descriptors.Add(link);
    }

    private void* Map(int fd, long size, bool writable = false)
    {
        var mapping = new SharedMapping(fd, size, writable);
        _mappings.Add(mapping);
        return mapping.Address;
    }

    // struct bpf_loader_ctx { u32 sz, flags, log_level, log_size; u64 log_buf; }, then struct bpf_map_desc { int map_fd; u32 max_entries; u64 initial_value; } of each map,
    // then struct bpf_prog_desc { int prog_fd; } of each program: bpf/skel_internal.h of libbpf.
    private int RunLoader(BpfBlob blob, byte[] context, byte[]? log)
    {
        Write(0, context.Length);
        Write(blob[Field.PidMap] + 4, (Rooms.Pids + 1) / 2);
        Write(blob[Field.ProcessMap] + 4, Rooms.Processes);
        Write(blob[Field.TaskMap] + 4, Rooms.Tasks);
        Write(blob[Field.FdMap] + 4, Rooms.Fds);
        fixed (byte* logBytes = log)
        {
            if (log is not null)
            {
                Write(8, 1);
                Write(12, log.Length);
                BitConverter.TryWriteBytes(context.AsSpan(16), (ulong)logBytes);
            }
            int map = Linux.Bpf.CreateArray(blob.Data.Length);
            if (map < 0)
                return map;
            int result = Linux.Bpf.SetElement(map, 0, blob.Data);
            int program = result < 0 ? result : Linux.Bpf.LoadSyscallProgram(blob.Instructions, map);
            Linux.Bpf.Close(map);
            if (program < 0)
                return program;
            result = Linux.Bpf.Run(program, context);
            Linux.Bpf.Close(program);
            return result;
        }

        void Write(int offset, int value) => BitConverter.TryWriteBytes(context.AsSpan(offset), value);
    }

    private string WhyNot(BpfBlob blob, int error)
    {
        string kernel = Machine.Uname().Release;
        if (-error is NotPermitted || !MayLoad())
            return "not permitted: it needs CAP_BPF and CAP_PERFMON (setcap cap_bpf,cap_perfmon+ep, or root)";
        if (IsTooOld(kernel))
            return $"kernel {kernel} is too old: it needs 5.18 or later";
        byte[] log = new byte[LogSize];
        int again = RunLoader(blob, new byte[blob[Field.ContextSize]], log);
        string text = System.Text.Encoding.UTF8.GetString(log.AsSpan(0, Math.Max(0, log.AsSpan().IndexOf((byte)0)))).ReplaceLineEndings(" ").Trim();
        string tail = text.Length > LogTail ? string.Concat("... ", text.AsSpan(text.Length - LogTail)) : text;
        return tail.Length == 0 ? $"bpf(2): {Words(error)}" : $"the kernel refused the program ({Words(Math.Min(again, error))}): {tail}";
    }

    private static bool MayLoad()
    {
        using DirectoryHandle proc = DirectoryHandle.Open("/proc");
        if (proc.Read("thread-self/status"u8, new ReadBuffer(), out ReadOnlySpan<byte> text) != Shared.Snapshots.Sight.Seen || !CredentialsFile.TryParse(text, out CredentialsFile credentials))
            return true;
        var effective = new CapabilitySet(credentials.Effective);
        return effective.Has(CapabilitySet.SysAdmin) || (effective.Has(CapabilitySet.Bpf) && effective.Has(CapabilitySet.PerfMon));
    }

    /// <summary>bpf_loop() came with 5.17, what the loading program calls with 5.18.</summary>
    internal static bool IsTooOld(string release)
    {
        string[] parts = release.Split('.', '-');
        return parts.Length >= 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out int major)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minor)
            && (major, minor).CompareTo((5, 18)) < 0;
    }

    private static string Words(int error) => Marshal.GetPInvokeErrorMessage(-error);
}
