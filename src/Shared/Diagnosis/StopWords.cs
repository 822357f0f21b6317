using OrphanBoard.Shared.Snapshots;

namespace OrphanBoard.Shared.Diagnosis;

/// <summary>How a stop by a signal is told. The signal is null where it is not known.</summary>
internal static class StopWords
{
    public const int TerminalInput = 21, TerminalOutput = 22;

    /// <summary><c> by SIGTTIN</c>; nothing where the signal is not known.</summary>
    public static string By(int? signal) => signal switch
    {
        19 => " by SIGSTOP",
        20 => " by SIGTSTP",
        TerminalInput => " by SIGTTIN",
        TerminalOutput => " by SIGTTOU",
        { } other => $" by signal {other}",
        null => "",
    };

    public static string Sentence(ProcessRecord process, int? signal) => signal switch
    {
        19 => $"{Narrator.Name(process)} is stopped by SIGSTOP: somebody sent it that.",
        20 => $"{Narrator.Name(process)} is stopped by SIGTSTP, as by Ctrl-Z.",
        TerminalInput => $"{Narrator.Name(process)} is stopped by SIGTTIN: it read from its terminal while another process group had it.",
        TerminalOutput => $"{Narrator.Name(process)} is stopped by SIGTTOU: it wrote to its terminal, or changed its settings, while another process group had it.",
        _ => $"{Narrator.Name(process)} is stopped{By(signal)}.",
    };

    public static string Remedy(ProcessRecord process, int? signal) => signal switch
    {
        TerminalInput => $"It goes on when {Narrator.Name(process)} is brought to the foreground, and not again if it is given another stdin than the terminal (</dev/null).",
        TerminalOutput => $"It goes on when {Narrator.Name(process)} is brought to the foreground, or after `stty -tostop` and SIGCONT.",
        _ => $"It goes on when {Narrator.Name(process)} is continued: kill -CONT {process.Pid}.",
    };
}
