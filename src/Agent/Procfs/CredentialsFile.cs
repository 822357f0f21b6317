namespace OrphanBoard.Agent.Procfs;

/// <summary>What /proc/self/status says of the reader's own rights, proc_pid_status(5).</summary>
/// <param name="EffectiveUid">Second number of <c>Uid:</c>.</param>
/// <param name="Effective"><c>CapEff:</c>, bit n is capability n of capabilities(7).</param>
/// <param name="Bounding"><c>CapBnd:</c>: what no program that it starts can get beyond.</param>
public readonly record struct CredentialsFile(uint EffectiveUid, ulong Effective, ulong Bounding)
{
    /// <summary>CAP_SYS_PTRACE.</summary>
    public bool SeesAllProcesses => (Effective >> 19 & 1) != 0;

    // Uid:    1000    1000    1000    1000        real, effective, saved, file system
    // CapEff: 000001fffeffffff
    // CapBnd: 000001fffeffffff
    public static bool TryParse(ReadOnlySpan<byte> text, out CredentialsFile credentials)
    {
        credentials = default;
        int found = 0;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (Utf8Text.TakeKey(line, "Uid:"u8, out ReadOnlySpan<byte> value)
                && Utf8Text.NextULong(ref value, out _) && Utf8Text.NextULong(ref value, out ulong uid))
            {
                credentials = credentials with { EffectiveUid = (uint)uid };
                found++;
            }
            else if (Utf8Text.TakeKey(line, "CapEff:"u8, out value) && Utf8Text.NextHex(ref value, out ulong effective))
            {
                credentials = credentials with { Effective = effective };
                found++;
            }
            else if (Utf8Text.TakeKey(line, "CapBnd:"u8, out value) && Utf8Text.NextHex(ref value, out ulong bounding))
            {
                credentials = credentials with { Bounding = bounding };
                found++;
            }
        }
        return found == 3;
    }
}
