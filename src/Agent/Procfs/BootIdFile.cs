namespace OrphanBoard.Agent.Procfs;

/// <summary>/proc/sys/kernel/random/boot_id, random(4).</summary>
public static class BootIdFile
{
    // 5bd8a93b-6a32-4d0c-a2a1-04a7f1c2a6ee
    public static string? Parse(ReadOnlySpan<byte> text) =>
        Guid.TryParse(text.Trim(" \n"u8), out Guid id) ? id.ToString() : null;
}
