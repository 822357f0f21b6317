namespace OrphanBoard.Shared.Snapshots;

/// <summary>
/// Which process this is, within one boot. A bare pid is never an identity: the kernel gives it to another process later.
/// Together with <see cref="HostIdentity.BootId"/> it is unique for ever.
/// </summary>
/// <param name="Pid">As in proc(5).</param>
/// <param name="StartTimeTicks">starttime, field 22 of /proc/PID/stat: clock ticks since boot.</param>
public readonly record struct ProcessKey(int Pid, ulong StartTimeTicks) : IComparable<ProcessKey>
{
    public int CompareTo(ProcessKey other) =>
        Pid != other.Pid ? Pid.CompareTo(other.Pid) : StartTimeTicks.CompareTo(other.StartTimeTicks);

    public override string ToString() => $"{Pid}@{StartTimeTicks}";

    public static bool operator <(ProcessKey left, ProcessKey right) => left.CompareTo(right) < 0;
    public static bool operator >(ProcessKey left, ProcessKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(ProcessKey left, ProcessKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(ProcessKey left, ProcessKey right) => left.CompareTo(right) >= 0;
}
