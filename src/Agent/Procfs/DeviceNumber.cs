namespace OrphanBoard.Agent.Procfs;

/// <summary>A device as the kernel keeps it (dev_t, include/linux/kdev_t.h), and as <c>sdev:</c> of an epoll's fdinfo shows it. Not the packing of makedev(3).</summary>
internal static class DeviceNumber
{
    private const int MinorBits = 20;

    internal static uint Of(uint major, uint minor) => major << MinorBits | minor & ((1u << MinorBits) - 1);
}
