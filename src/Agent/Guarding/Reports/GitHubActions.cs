using System.Text;
using OrphanBoard.Agent.Linux;
using OrphanBoard.Shared.Text;

namespace OrphanBoard.Agent.Guarding.Reports;

/// <summary>
/// What GitHub Actions shows beside the log. Its runner reads commands from both outputs of a step:
/// <code>
/// ::error title=orphan-agent guard::DEADLOCK in `cargo test`: ...
/// </code>
/// and Markdown from the file $GITHUB_STEP_SUMMARY.
/// </summary>
public static class GitHubActions
{
    /// <summary>A summary that is larger is dropped as a whole: 1 MiB for all that a step writes.</summary>
    internal const int MaxSummaryBytes = 1024 * 1024;

    private const string TooLong = "\n(cut here: a summary may have 1 MiB)\n";

    /// <param name="environment">Value of a variable, null where it is not set.</param>
    public static bool IsHere(Func<string, string?> environment) => environment("GITHUB_ACTIONS") is "true";

    /// <summary>One annotation, to stderr: stdout is the command's. Nothing where nothing is wrong.</summary>
    public static void Annotate(TextWriter error, GuardOutcome outcome)
    {
        if (GuardText.Title(outcome) is not { } title)
            return;
        string level = outcome.End == GuardEnd.Exited ? "warning" : "error";
        error.WriteLine($"::{level} title={Property("orphan-agent guard")}::{Data(title)}");
    }

    /// <summary>Adds to the job summary. Nothing where nothing is wrong, or where there is no such file; a failure is one line on <paramref name="error"/>.</summary>
    /// <param name="environment">Value of a variable, null where it is not set.</param>
    public static void Summarize(Func<string, string?> environment, GuardOutcome outcome, ReportContext context, TextWriter error)
    {
        if (environment("GITHUB_STEP_SUMMARY") is not { Length: > 0 } file || GuardText.Title(outcome) is null)
            return;
        try
        {
            long there = File.Exists(file) ? new FileInfo(file).Length : 0;
            byte[] summary = Encoding.UTF8.GetBytes(Summary(outcome, context, MaxSummaryBytes - there));
            if (summary.Length > 0)
                RegularFile.Append(file, summary);
        }
        catch (Exception e) when (StateDirectory.IsFailure(e))
        {
            error.WriteLine($"orphan-agent: guard: no job summary: {VisibleText.Of(e.Message)}");
        }
    }

    /// <summary>Markdown in which the report stands fenced: nothing in it is markup. Empty where <paramref name="most"/> bytes are too few to say anything.</summary>
    internal static string Summary(GuardOutcome outcome, ReportContext context, long most)
    {
        string text = GuardText.Of(outcome, context with { Style = TextStyle.File });
        string fence = new('`', Math.Max(3, LongestRun(text, '`') + 1));
        string what = outcome.End switch
        {
            GuardEnd.Deadlock => "a deadlock",
            GuardEnd.Timeout => "a timeout",
            _ when outcome.Left.IsEmpty => "a hang",
            _ => "processes left behind",
        };
        string before = $"\n### orphan-agent guard: {what}\n\n{fence}text\n", after = $"\n{fence}\n";
        long room = most - Encoding.UTF8.GetByteCount(before) - Encoding.UTF8.GetByteCount(after);
        if (room < 4096)
            return "";
        if (Encoding.UTF8.GetByteCount(text) > room)
            text = Cut(text, (int)room - TooLong.Length) + TooLong;
        return before + text.TrimEnd('\n') + after;
    }

    private static string Cut(string text, int bytes)
    {
        int length = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            bytes -= rune.Utf8SequenceLength;
            if (bytes < 0)
                break;
            length += rune.Utf16SequenceLength;
        }
        return text[..length];
    }

    private static int LongestRun(string text, char of)
    {
        int longest = 0, run = 0;
        foreach (char c in text)
            longest = Math.Max(longest, run = c == of ? run + 1 : 0);
        return longest;
    }

    private static string Data(string text) => text
        .Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
