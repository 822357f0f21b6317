using System.Text.Json;
using OrphanBoard.Server.History;
using OrphanBoard.Shared.Text;
using OrphanBoard.Shared.Wire;

namespace OrphanBoard.Server.Alerts;

/// <summary>
/// Slack's incoming webhook: <c>text</c> as the fallback, and <c>blocks</c>. Limits kept: header 150 characters, section text 3,000, field 2,000, and with the
/// sentences already cut the whole stays below 8,000. Everything that came from a host is escaped, so that no name can call <c>&lt;!channel&gt;</c>.
/// </summary>
internal static class SlackMessage
{
    private const int MaxHeader = 150;
    private const int MaxSection = 3_000;
    private const int MaxField = 2_000;

    public static byte[] Of(AnnouncedHang hang, Uri link)
    {
        string host = Escape(hang.HostName, MaxField);
        string words = $"New {Word(hang.Class)}";
        object[] explanation = hang.Explanation.IsEmpty ? [] : [Section(Sentences(hang))];
        return JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                text = $"{words} on {host}: {Escape(hang.Title, MaxHeader)}. {Escape(hang.Summary, MaxHeader * 4)} {link.AbsoluteUri}",
                blocks = (object[])
                [
                    new { type = "header", text = new { type = "plain_text", text = Escape($"{words}: {hang.Title}", MaxHeader), emoji = false } },
                    Section(Escape(hang.Summary, MaxSection)),
                    new
                    {
                        type = "section",
                        fields = (object[])
                        [
                            Markdown($"*Host*\n{host}"),
                            Markdown($"*Confidence*\n{Word(hang.Confidence)}"),
                            Markdown($"*Rule*\n{Escape(hang.Rule, MaxField)}"),
                            Markdown($"*Since*\n{hang.FirstSeen.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC"),
                            .. hang.Guard is { } run ? Guarded(run) : [],
                        ],
                    },
                    .. explanation,
                    Section($"<{link.AbsoluteUri}|Open the finding>"),
                ],
            },
            HistoryJson.Options);
    }

    private static IEnumerable<object> Guarded(GuardedRun run)
    {
        yield return Markdown($"*Command*\n{Escape(string.Join(' ', run.Command), MaxField - 20)}");
        if (run.Job is { } job)
            yield return Markdown($"*Job*\n{Job(job)}");
        if (run.Commit is { } commit)
            yield return Markdown($"*Commit*\n{Escape(run.Branch is { } branch ? $"{commit} on {branch}" : commit, MaxField - 20)}");
    }

    /// <summary>A link where it has a page whose address cannot end the link early.</summary>
    private static string Job(GuardedJob job)
    {
        string name = Escape($"{job.System}, {job.Name}", MaxHeader * 2);
        return WebAddress.Of(job.Url)?.AbsoluteUri is { Length: < MaxField / 2 } page && page.AsSpan().IndexOfAny('|', '<', '>') < 0
            ? $"<{page.Replace("&", "&amp;", StringComparison.Ordinal)}|{name}>"
            : name;
    }

    /// <summary>Whole sentences, as many as fit into one section.</summary>
    private static string Sentences(AnnouncedHang hang)
    {
        string text = "";
        foreach (string sentence in hang.Explanation)
        {
            string line = $"• {Escape(sentence, MaxField)}\n";
            if (text.Length + line.Length > MaxSection)
                break;
            text += line;
        }
        return text;
    }

    private static object Section(string text) => new { type = "section", text = Markdown(text) };

    /// <summary><c>verbatim</c>: names of channels and people in it are no links.</summary>
    private static object Markdown(string text) => new { type = "mrkdwn", text, verbatim = true };

    private static string Word<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();

    /// <summary>Cut so that it fits when escaped; an escape is never cut.</summary>
    private static string Escape(string text, int max)
    {
        string visible = VisibleText.Of(text);
        for (int length = max; ; length = length * 3 / 4)
        {
            string escaped = TextLimit.Cut(visible, length).Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;");
            if (escaped.Length <= max)
                return escaped;
        }
    }
}
