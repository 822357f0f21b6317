using System.Globalization;

namespace OrphanBoard.Agent.Doctoring;

/// <summary>Whose fd tables and waits are hidden, and why.</summary>
internal static class HiddenProcesses
{
    private const string Name = "hidden";

    /// <summary>Why a process is hidden, ascending by how much can be done about it.</summary>
    internal enum Reason
    {
        /// <summary>Of another user, and the agent lacks the capabilities.</summary>
        OtherUser,

        /// <summary>Of the agent's own user, and only what needs attach rights is hidden: Yama.</summary>
        Yama,

        /// <summary>Of the agent's own user: it is not dumpable (prctl(2)), or has more capabilities than the agent.</summary>
        Protected,

        /// <summary>Denied although the agent has the capabilities.</summary>
        DeniedToPrivileged,
    }

    internal static Reason ReasonFor(HiddenProcess process, SightFacts facts)
    {
        bool attachOnly = !process.FdTable;
        if (attachOnly && (facts.YamaScope == 3 || facts.YamaScope > 0 && process.Uid == facts.Uid && !facts.Effective.Has(CapabilitySet.SysPtrace)))
            return Reason.Yama;
        if (facts.Effective.SeesAllUsers)
            return Reason.DeniedToPrivileged;
        return process.Uid == facts.Uid ? Reason.Protected : Reason.OtherUser;
    }

    internal static IEnumerable<Check> Examine(SightFacts facts)
    {
        if (facts.Hidden.IsEmpty)
        {
            // Memory that is denied shows in no record: it is counted with the waits.
            yield return facts.Reads.WaitsDenied == 0
                ? new Check(Name, CheckLevel.Ok, "no fd table and no blocked call is hidden")
                : new Check(Name, CheckLevel.Partial, $"the memory of {Count(facts.Reads.WaitsDenied, "sleeping thread", "sleeping threads")} may not be read",
                    "What they poll, or their futex words, is not known.", facts.Effective.SeesAllUsers ? null : Mend.Rights(facts));
            yield break;
        }
        foreach (var group in facts.Hidden.GroupBy(process => (Reason: ReasonFor(process, facts), process.Uid)).OrderBy(group => group.Key))
        {
            int tables = group.Count(process => process.FdTable), waits = group.Sum(process => process.Waits);
            string says = $"{Whose(group.Key.Uid, facts)}: {Count(tables, "fd table", "fd tables")} and {Count(waits, "blocked call", "blocked calls")} hidden, of {List([.. group])}";
            yield return new Check(Name, CheckLevel.Partial, says, Why(group.Key.Reason, facts), MendOf(group.Key.Reason, facts));
        }
    }

    private static string Why(Reason reason, SightFacts facts) => reason switch
    {
        Reason.OtherUser => "Another user's, and the agent lacks CAP_SYS_PTRACE or CAP_DAC_READ_SEARCH.",
        Reason.Yama => "Yama allows nobody what needs attach rights, or only parents; see yama.",
        Reason.Protected => "The agent's own user's, but not dumpable, or with capabilities that the agent has not got.",
        _ when facts.InitialUserNamespace == false =>
            "Denied although the agent has CAP_SYS_PTRACE: they belong to a user namespace above the agent's, where its capabilities do not count. Nothing mends it here: only who owns that namespace may look.",
        _ => "Denied although the agent has CAP_SYS_PTRACE: a security module or the kernel itself protects them. No capability and no command mends it short of owning the namespaces that they are in, or changing that protection.",
    };

    private static string? MendOf(Reason reason, SightFacts facts) => reason switch
    {
        Reason.DeniedToPrivileged => null,
        Reason.Yama when facts.YamaScope == 3 => null,
        _ => Mend.Rights(facts),
    };

    private static string Whose(uint uid, SightFacts facts) => uid switch
    {
        _ when uid == facts.Uid => $"own uid {uid}",
        uint.MaxValue => "uid not known",
        _ => $"uid {uid}",
    };

    private static string List(HiddenProcess[] processes)
    {
        const int Shown = 5;
        string names = string.Join(", ", processes.Take(Shown).Select(process => $"pid {process.Pid} ({process.Comm})"));
        return processes.Length > Shown ? $"{names} and {Count(processes.Length - Shown, "other", "others")}" : names;
    }

    private static string Count(int number, string one, string many) =>
        number == 1 ? $"1 {one}" : $"{number.ToString("N0", CultureInfo.InvariantCulture)} {many}";
}
