namespace OrphanBoard.Agent.Looking;

/// <summary>How the host is read. All three give the same snapshot; they differ in cost, and in what they can see beyond it.</summary>
public enum BackendKind
{
    /// <summary>A: one pass of a BPF task iterator. Needs CAP_BPF, CAP_PERFMON and a kernel with BTF.</summary>
    Ebpf,

    /// <summary>B: /proc, and taskstats (netlink) to know who has run. Needs CAP_NET_ADMIN and the first network and pid namespaces.</summary>
    Taskstats,

    /// <summary>C: /proc alone. Needs nothing.</summary>
    Proc,
}

/// <summary>How much of what is known is to be believed.</summary>
public enum LookDepth
{
    /// <summary>A process none of whose threads has run since it was read has the fd table that was read, and waits where it waited.</summary>
    Incremental,

    /// <summary>Everything is read again.</summary>
    Full,
}
