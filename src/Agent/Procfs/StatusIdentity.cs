namespace OrphanBoard.Agent.Procfs;

/// <summary>What /proc/PID/status, proc_pid_status(5), says of what else stat would say: for a process whose stat cannot be read.</summary>
/// <param name="State">First character of <c>State:</c>.</param>
/// <param name="Ppid"><c>PPid:</c>.</param>
/// <param name="Pgrp">First number of <c>NSpgid:</c>.</param>
/// <param name="Session">First number of <c>NSsid:</c>.</param>
public readonly record struct StatusIdentity(char State, int Ppid, int Pgrp, int Session)
{
    // State:  S (sleeping)
    // PPid:   4632
    // NSpgid: 6439    12                          outermost namespace first
    // NSsid:  4632    1
    public static bool TryParse(ReadOnlySpan<byte> text, out StatusIdentity identity)
    {
        identity = default;
        while (Utf8Text.NextLine(ref text, out ReadOnlySpan<byte> line))
        {
            if (Utf8Text.TakeKey(line, "State:"u8, out ReadOnlySpan<byte> value) && Utf8Text.NextField(ref value, out ReadOnlySpan<byte> state))
                identity = identity with { State = (char)state[0] };
            else if (Utf8Text.TakeKey(line, "PPid:"u8, out value) && Utf8Text.NextInt(ref value, out int ppid))
                identity = identity with { Ppid = ppid };
            else if (Utf8Text.TakeKey(line, "NSpgid:"u8, out value) && Utf8Text.NextInt(ref value, out int pgrp))
                identity = identity with { Pgrp = pgrp };
            else if (Utf8Text.TakeKey(line, "NSsid:"u8, out value) && Utf8Text.NextInt(ref value, out int session))
                identity = identity with { Session = session };
        }
        return identity.State != 0;
    }
}
