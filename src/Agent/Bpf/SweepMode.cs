namespace OrphanBoard.Agent.Bpf;

/// <summary>Which processes a pass writes; the numbers are those of enum mode in rows.h.</summary>
public enum SweepMode
{
    /// <summary>Those of which a thread ran, runs or is ready to run, or is new; those whose parent, process group, session, tracer or pending signals have changed; the wanted ones and the slice.</summary>
    Incremental,

    /// <summary>All.</summary>
    Full,
}
