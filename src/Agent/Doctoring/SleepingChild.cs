using System.Diagnostics;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Agent.Procfs;
using OrphanBoard.Shared.Snapshots;
using OrphanBoard.Shared.Waits;

namespace OrphanBoard.Agent.Doctoring;

/// <summary>
/// A child that is known to sleep, to try on what can be read of one: this program's own <c>replay -</c>, which waits in read(2) for a capture
/// that never comes.
/// </summary>
internal static class SleepingChild
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3), BetweenLooks = TimeSpan.FromMilliseconds(5);

    /// <summary>Null: it could not be started, or did not come to sleep within three seconds.</summary>
    internal static async Task<ChildSight?> LookAtAsync(DirectoryHandle proc, TimeProvider time)
    {
        if (Environment.ProcessPath is not { } program)
            return null;
        using Process? child = Start(program);
        if (child is null)
            return null;
        try
        {
            long start = time.GetTimestamp();
            while (time.GetElapsedTime(start) < Patience && proc.OpenDirectory(new RelativePath(child.Id), out DirectoryHandle? directory) == Sight.Seen)
            {
                using (directory)
                {
                    if (LookAt(directory!, child.Id) is { } sight)
                        return sight;
                }
                await Task.Delay(BetweenLooks, time);
            }
            return null;
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync();
        }
    }

    private static Process? Start(string program)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, ["replay", "-"])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static bool IsRead(BlockedCall call) =>
        SystemCallTable.TryGet(Machine.Uname().Architecture, call.Number, out SystemCall name) && name == SystemCall.Read && call.Arguments[2] > 0;

    /// <summary>Null: it has not come to sleep yet.</summary>
    private static ChildSight? LookAt(DirectoryHandle directory, int pid)
    {
        var buffer = new ReadBuffer();
        if (directory.Read("stat"u8, buffer, out ReadOnlySpan<byte> text) != Sight.Seen || !StatFile.TryParse(text, out StatFile stat) || stat.State != 'S')
            return null;
        Sight sight = directory.Read("syscall"u8, buffer, out text);
        BlockedCall call = sight switch
        {
            Sight.Seen => SyscallFile.Parse(text),
            Sight.Denied => BlockedCall.Denied,
            _ => BlockedCall.Unreadable,
        };
        // In read(fd, buffer, size). While it starts it sleeps elsewhere for moments.
        if (call.Status == BlockedCallStatus.Running || call.Status == BlockedCallStatus.InCall && !IsRead(call))
            return null;
        string? wchan = directory.Read("wchan"u8, buffer, out text) == Sight.Seen ? WchanFile.Parse(text) is { IsEmpty: false } name ? System.Text.Encoding.UTF8.GetString(name) : null : null;
        return new ChildSight(
            call.Status,
            wchan,
            // Not by the helper: it is a child of our own that sleeps in read(2), so nobody holds its locks.
            call.Status == BlockedCallStatus.InCall ? TargetMemory.Read(pid, call.Arguments[1], stackalloc byte[1]) : null,
            directory.Read("schedstat"u8, buffer, out _),
            directory.Read("sched"u8, buffer, out _),
            directory.Read("timers"u8, buffer, out _));
    }
}
