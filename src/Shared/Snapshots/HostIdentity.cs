namespace OrphanBoard.Shared.Snapshots;

/// <summary>The machine and the boot that a look was taken on.</summary>
/// <param name="Id">Stable over boots and free of secrets: a hash of /etc/machine-id, or of the host name where there is none.</param>
/// <param name="Name">Node name, as in uname(2).</param>
/// <param name="BootId">/proc/sys/kernel/random/boot_id, a UUID in text form.</param>
/// <param name="Kernel">Release, as in uname(2): <c>6.18.44</c>.</param>
/// <param name="Architecture">Machine, as in uname(2): <c>x86_64</c>, <c>aarch64</c>. Names the system call table.</param>
/// <param name="ClockTicksPerSecond">sysconf(_SC_CLK_TCK): the unit of <c>starttime</c>.</param>
/// <param name="BootTime">When the kernel booted: wall clock less /proc/uptime.</param>
public sealed record HostIdentity(
    string Id,
    string Name,
    string BootId,
    string Kernel,
    string Architecture,
    int ClockTicksPerSecond,
    DateTimeOffset BootTime);
